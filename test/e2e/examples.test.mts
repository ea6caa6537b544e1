import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { Simulator } from '../simulator/index.mts';
import { exampleNames, readExample } from '../support/examples.mts';
import { errorOf, type Execution, outputOf } from '../support/execution.mts';
import { credentialOf } from '../support/n8nApi.mts';
import type { N8nServer } from '../support/n8nServer.mts';
import { pollUntil } from '../support/poll.mts';
import type { WorkflowSketch } from '../support/workflow.mts';
import { alimailCredential, simulated } from './support/alimail.mts';
import { chatModelCredential, scriptedChatModel, toolAnswers } from './support/chatModel.mts';
import { describeN8n } from './support/describeN8n.mts';

const names = await exampleNames();
const ALICE = 'alice@example.com';
const BY_HAND = 'When clicking ‘Execute workflow’';

describeN8n('the example workflows', (n8n) => {
	test.each(names)('%s imports as it is', async (name) => {
		const workflow = await readExample(name);
		const stored = await n8n.createWorkflow(workflow);

		expect(stored.nodes.map((node) => node.name)).toEqual(workflow.nodes.map((node) => node.name));
		const known = await knownTypes(n8n);
		const types = stored.nodes.map(({ type }) => type.replace(/(?<=\.alimail)Tool$/, ''));
		expect(types.filter((type) => !known.has(type))).toEqual([]);
		expect(types).toContain('n8n-nodes-base.stickyNote');
	});

	test('token-and-request gets a token and lists the inbox', async () => {
		const simulator = await simulated();
		const execution = await run('token-and-request', simulator, BY_HAND);

		expect(outputOf(execution, 'Get Token')[0]?.json).toMatchObject({ token_type: 'bearer' });
		expect(outputOf(execution, 'List the inbox')).toHaveLength(5);
	});

	test('http-request-node lists the folders', async () => {
		const simulator = await simulated();
		const values = { server: simulator.url };
		const execution = await run('http-request-node', simulator, BY_HAND, values);

		expect(outputOf(execution, 'HTTP Request')[0]?.json.folders).toHaveLength(6);
	});

	test('invoices-to-files writes the PDF files of new mail, and only those', async () => {
		const simulator = await simulated();
		const folder = join(n8n.userFolder, '.n8n-files');
		await mkdir(folder, { recursive: true });
		const example = await filled('invoices-to-files', simulator, { folder });
		const id = await activated(example, simulator);
		simulator.state.addMessage(ALICE, {
			subject: 'Two invoices',
			attachments: [
				{ name: 'Invoice.PDF', content: '%PDF-1.4 one', contentType: 'application/pdf' },
				{ name: 'Invoice.PDF', content: '%PDF-1.4 two', contentType: 'application/pdf' },
				{ name: 'terms.txt', content: 'Terms', contentType: 'text/plain' },
			],
		});
		const execution = await n8n.waitForExecutionOf(id);

		expect(errorOf(execution)?.message).toBeUndefined();
		const files = await readdir(folder);
		const contents = await Promise.all(
			files.map(async (file) => await readFile(join(folder, file), 'utf8')),
		);
		expect(contents.sort()).toEqual(['%PDF-1.4 one', '%PDF-1.4 two']);
		expect(files.every((file) => file.endsWith('Invoice.PDF'))).toBe(true);
	});

	test('daily-report mails the unread messages as a table', async () => {
		const simulator = await simulated();
		const values = { recipient: 'grace@example.com' };
		await run('daily-report', simulator, BY_HAND, values);

		const [report] = simulator.state.messagesIn('grace@example.com', '2');
		expect(report).toMatchObject({
			subject: expect.stringMatching(/^Unread mail on \d{4}-\d\d-\d\d$/),
			from: { email: ALICE },
			body: { bodyText: expect.stringMatching(/^7 messages in the inbox of alice@/) },
		});
		const [file] = report?.attachments ?? [];
		expect(file?.name).toMatch(/^unread-\d{4}-\d\d-\d\d\.csv$/);
		const lines = (await text(file!.content.open())).trim().split('\n');
		expect(lines).toHaveLength(8);
		expect(lines[0]).toContain('received,from,subject');
		expect(lines[1]).toContain('Weekly report 24');
	});

	test('off-boarding freezes the account, and reports its folders and messages', async () => {
		const simulator = await simulated();
		const bob = simulator.state.user('bob@example.com');
		bob.name = 'Bob <i>Fischer</i>';
		const messages = 120;
		simulator.state.addMessages('bob@example.com', messages);
		await run('off-boarding', simulator, BY_HAND);

		expect(bob.status).toBe('FREEZE');
		const [report] = simulator.state.messagesIn('grace@example.com', '2');
		expect(report?.subject).toBe('Off-boarding: Bob <i>Fischer</i>');
		expect(report?.body.bodyHtml).toContain('Bob &#60;i&#62;Fischer');
		expect(report?.body.bodyHtml).toContain('<td>Inbox</td>');
		const [file] = report?.attachments ?? [];
		expect(file?.name).toBe('messages-of-bob@example.com.csv');
		const lines = (await text(file!.content.open())).trim().split('\n');
		expect(lines[0]).toMatch(/^\W*id,receivedAt,from,fromName,to,subject,sizeBytes,folderId\s*$/);
		expect(lines).toHaveLength(1 + messages);
	});

	test('answer-with-ai-agent drafts a reply to new mail and sends nothing', async () => {
		const simulator = await simulated();
		const model = await scriptedChatModel((request) =>
			toolAnswers(request).length === 0
				? { tool: 'Search_mail', input: { words: 'report 24' } }
				: { text: 'The report is from Monday.' },
		);
		const example = await filled('answer-with-ai-agent', simulator);
		const openAi = credentialOf(await chatModelCredential(n8n, model.url));
		const nodes = example.nodes.map((node) =>
			node.credentials?.openAiApi ? { ...node, credentials: openAi } : node,
		);
		const id = await activated({ ...example, nodes }, simulator);
		simulator.state.addMessage(ALICE, {
			subject: 'When was the report?',
			from: { email: 'bob@example.com', name: 'Bob Fischer' },
			body: { bodyText: 'When did report 24 arrive?' },
		});
		const execution = await n8n.waitForExecutionOf(id);

		expect(errorOf(execution)?.message).toBeUndefined();
		expect(JSON.stringify(model.requests[0]?.messages)).toContain('When did report 24 arrive?');
		expect(JSON.stringify(toolAnswers(model.requests.at(-1)!))).toContain('Weekly report 24');
		const [draft] = simulator.state.messagesIn(ALICE, '5');
		expect(draft).toMatchObject({
			subject: 'Re: When was the report?',
			toRecipients: [{ email: 'bob@example.com' }],
			body: { bodyText: expect.stringMatching(/^The report is from Monday\./) },
		});
		expect(simulator.apiRequests.filter(({ path }) => path.endsWith('/send'))).toEqual([]);
	});

	/** An example as its reader has it after filling it in. */
	async function filled(name: string, simulator: Simulator, values: Record<string, string> = {}) {
		const credential = await alimailCredential(n8n, simulator);
		return await readExample(name, { credential, values });
	}

	/** Activates an example with a trigger, and waits for its first look: what is there before it counts as old. */
	async function activated(workflow: WorkflowSketch, simulator: Simulator): Promise<string> {
		const { id } = await n8n.createWorkflow(everyFewSeconds(workflow));
		await n8n.activate(id);
		onTestFinished(async () => await n8n.deactivate(id));
		await pollUntil(
			async () => (simulator.apiRequests.some(({ status }) => status === 200) ? true : undefined),
			60_000,
			() => 'The trigger did not look',
		);
		return id;
	}

	/** Runs an example by hand; it has to succeed. */
	async function run(
		name: string,
		simulator: Simulator,
		trigger: string,
		values: Record<string, string> = {},
	): Promise<Execution> {
		const workflow = await n8n.createWorkflow(await filled(name, simulator, values));
		const { executionId } = await n8n.execute(workflow, trigger);
		const execution = await n8n.waitForExecution(executionId);
		expect(errorOf(execution)?.message).toBeUndefined();
		return execution;
	}
});

/** The same workflow, with a trigger that does not let a test wait for a minute: n8n allows no single rule that is as quick. */
function everyFewSeconds(workflow: WorkflowSketch): WorkflowSketch {
	const rules = Array.from({ length: 12 }, (_, i) => `${i * 5} * * * * *`);
	const pollTimes = {
		item: rules.map((cronExpression) => ({ mode: 'custom', cronExpression })),
	};
	return {
		...workflow,
		nodes: workflow.nodes.map((node) =>
			node.type === 'n8n-nodes-alimail.alimailTrigger'
				? { ...node, parameters: { ...node.parameters, pollTimes } }
				: node,
		),
	};
}

async function knownTypes(n8n: N8nServer): Promise<Set<string>> {
	const { body } = await n8n.restRaw('GET', '/types/nodes.json');
	return new Set((body as Array<{ name: string }>).map(({ name }) => name));
}
