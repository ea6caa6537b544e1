import { outputOf } from '../../support/execution.mts';
import { byAddress, byId } from '../../support/operations.mts';
import { pollUntil } from '../../support/poll.mts';
import { chainOf, manualTrigger } from '../../support/workflow.mts';
import { alimailNode, deploy, resultOf, type Lab } from '../lab.mts';
import { watchMemory } from '../memory.mts';
import type { Section } from '../report.mts';

const MAILBOX = 'alice@example.com';
const MESSAGES = 10_000;
const PAGES_BEFORE_CANCEL = 5;
const STOP_TIMEOUT_MS = 60_000;

/** All messages of a folder. */
export async function returnAllTable(lab: Lab): Promise<Section> {
	const { simulator } = lab;
	const bench = await lab.bench();
	simulator.reset();
	simulator.settings.rateLimit = Infinity;
	const folder = simulator.state.addFolder(simulator.state.mailbox(MAILBOX), {
		displayName: 'Large',
	});
	simulator.state.addMessages(MAILBOX, MESSAGES, { folderId: folder.id });
	const node = alimailNode(bench, {
		resource: 'message',
		operation: 'getAll',
		mailbox: byAddress(MAILBOX),
		getFrom: 'folder',
		folder: byId(folder.id),
		returnAll: true,
	});
	const workflow = await deploy(bench, node, []);
	simulator.clearRequests();
	const { result, growthMiB } = await watchMemory(bench.n8n.pid!, () =>
		resultOf(bench, workflow, { body: {} }),
	);
	if (result.answers !== MESSAGES) throw new Error(`${result.answers} messages came`);
	const ids = outputOf(result.execution, 'Measured').map(({ json }) => json.id);

	simulator.clearRequests();
	simulator.settings.latencyMs = 200;
	const trigger = manualTrigger();
	const stored = await bench.n8n.createWorkflow(chainOf([trigger, node]));
	const { executionId } = await bench.n8n.execute(stored, trigger.name);
	await pollUntil(
		async () => simulator.apiRequests.length >= PAGES_BEFORE_CANCEL || undefined,
		STOP_TIMEOUT_MS,
		() => 'The pages did not come',
	);
	await bench.n8n.stopExecution(executionId);
	const atCancel = simulator.apiRequests.length;
	await new Promise((resolve) => setTimeout(resolve, 2000));
	const after = simulator.apiRequests.length - atCancel;

	return {
		number: 4,
		title: `Return All over ${MESSAGES.toLocaleString('en')} messages`,
		columns: [
			'messages',
			'different ones',
			'requests',
			'memory grew by',
			'requests after a cancel',
		],
		rows: [
			[
				String(result.answers),
				String(new Set(ids).size),
				String(result.requests.length),
				`${Math.round(growthMiB)} MiB`,
				String(after),
			],
		],
		text: `*Message: Get Many* with *Return All*, pages of 100. The memory is that of the whole n8n process from the start of the execution to its end, the items themselves and the saving of the execution included. The cancel comes after page ${PAGES_BEFORE_CANCEL} of a run in which each answer takes 200 ms; counted is what arrives in the two seconds after it.`,
	};
}
