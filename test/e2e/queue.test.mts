import { createHash, randomBytes } from 'node:crypto';
import {
	afterAll,
	beforeAll,
	beforeEach,
	describe,
	expect,
	inject,
	onTestFailed,
	test,
} from 'vitest';
import { startSimulator, type Simulator } from '../simulator/index.mts';
import { errorOf, type ExecutionSummary, outputOf } from '../support/execution.mts';
import { secretsLeftBy } from '../support/leftovers.mts';
import { credentialOf, type DeployedWorkflow, type StoredCredential } from '../support/n8nApi.mts';
import { byAddress } from '../support/operations.mts';
import { pollUntil } from '../support/poll.mts';
import { QueueModeN8n, workOf } from '../support/queueModeN8n.mts';
import type { NodeSketch } from '../support/workflow.mts';

const VERSION = '2.41.1';
const WORKERS = 3;
const TOKEN_LIFETIME_SECONDS = 5;
const EXECUTION_TIMEOUT_MS = 120_000;
const LOST_JOBS_TIMEOUT_MS = 60_000;
/** n8n's standard. */
const JOBS_PER_WORKER = 10;
const CALLS_AT_ONCE = 15;
/** What n8n says of an execution whose worker was not heard of again. */
const LOST_JOB = /failed to be processed too many times/;
const SHOWN_LOG_LENGTH = 8000;

/** How n8n finds out that a worker is gone; much shorter than its standard, which takes minutes. */
const stalledJobs = {
	QUEUE_WORKER_LOCK_DURATION: '10000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '2000',
	QUEUE_WORKER_STALLED_INTERVAL: '5000',
};

const installation = inject('n8nInstallations').find((one) => one.version === VERSION);

describe.skipIf(installation === undefined)(`n8n ${VERSION} in queue mode`, () => {
	let n8n: QueueModeN8n;
	let simulator: Simulator;
	let credential: StoredCredential;

	beforeAll(async () => {
		const tarball = inject('tarball');
		if (tarball === null) throw new Error('The package has not been built: run "npm run build".');
		simulator = await startSimulator();
		n8n = new QueueModeN8n({
			installation: installation!,
			tarball,
			workers: WORKERS,
			env: stalledJobs,
		});
		await n8n.start();
		const { url, clientId, clientSecret } = simulator;
		credential = await n8n.createCredential('alimailApi', {
			region: 'custom',
			baseUrl: url,
			clientId,
			clientSecret,
		});
	});

	afterAll(async () => {
		await n8n?.stop();
		await simulator?.close();
	});

	beforeEach(() => {
		simulator.reset();
		const from = n8n.logs.length;
		onTestFailed(() =>
			console.error(`n8n wrote:\n${n8n.logs.slice(from).slice(-SHOWN_LOG_LENGTH)}`),
		);
	});

	/** A workflow that makes one request for each call of its webhook, which does not wait for it. */
	const oneRequest = async (): Promise<DeployedWorkflow> => {
		const node = alimail(credential, {
			resource: 'apiRequest',
			operation: 'send',
			method: 'GET',
			path: '=/v2/users/alice@example.com?call={{ $json.body.call }}',
		});
		return await n8n.deploy([node], { webhook: { responseMode: 'onReceived' } });
	};

	/** How often the API has answered each call that a workflow was started with. */
	const answersPerCall = (): Map<number, number> => {
		const answers = new Map<number, number>();
		for (const { query, status } of simulator.apiRequests) {
			if (query.call === undefined || status !== 200) continue;
			const call = Number(query.call);
			answers.set(call, (answers.get(call) ?? 0) + 1);
		}
		return answers;
	};

	/** What went wrong in the executions that did not succeed. */
	const failuresOf = async (executions: ExecutionSummary[]): Promise<string[]> =>
		await Promise.all(
			executions
				.filter(({ status }) => status !== 'success')
				.map(async ({ id, status }) => {
					const error = errorOf(await n8n.getExecution(id));
					return `${status}: ${error?.message} ${error?.description ?? ''}`;
				}),
		);

	const answered = async (count: number) =>
		await pollUntil(
			async () => answersPerCall().size >= count || undefined,
			EXECUTION_TIMEOUT_MS,
			() => `The API did not answer ${count} calls`,
		);

	/** Three hundred executions while tokens live for five seconds; all of them succeed, each with one answer. */
	const runManyOnShortTokens = async (): Promise<void> => {
		const executions = 300;
		simulator.settings.tokenLifetimeSeconds = TOKEN_LIFETIME_SECONDS;
		const workflow = await oneRequest();
		expect(await callMany(workflow, executions)).toBe(executions);
		const ended = await n8n.waitForExecutionsOf(workflow.id, executions, EXECUTION_TIMEOUT_MS);

		expect(await failuresOf(ended)).toEqual([]);
		expect(answersPerCall().size).toBe(executions);
		expect(Math.max(...answersPerCall().values())).toBe(1);
		for (const worker of n8n.workers) expect(workOf(worker).finished).not.toEqual([]);
		// Tokens did run out: otherwise this would show nothing.
		expect(simulator.tokenRequests.length).toBeGreaterThan(1);
	};

	test('300 executions over three workers all succeed while tokens live for five seconds', async () => {
		const startedAt = Date.now();
		await runManyOnShortTokens();
		const elapsedSeconds = (Date.now() - startedAt) / 1000;

		// A process asks for a token at most once per usable life: the five seconds less two margins of a tenth, the time
		// for which it hands a token out. A run of `elapsed` seconds touches at most that many lives and one that it begins
		// in the middle of.
		const lives = Math.ceil(elapsedSeconds / (TOKEN_LIFETIME_SECONDS * 0.8)) + 1;
		expect(simulator.tokenRequests.length).toBeLessThanOrEqual(WORKERS * lives);
	});

	test('300 executions over three workers all succeed on a server where a new token ends the older ones', async () => {
		simulator.settings.newTokenEndsOlder = true;
		await runManyOnShortTokens();
		// And some requests did meet a token that had been ended.
		expect(simulator.apiRequests.some(({ status }) => status === 401)).toBe(true);
	});

	test('a killed worker harms no execution but those that it was running', async () => {
		const executions = 150;
		simulator.settings.latencyMs = 300;
		const workflow = await oneRequest();
		const victim = n8n.workers[0]!;
		const before = new Set(workOf(victim).started);
		const calling = callMany(workflow, executions);
		await answered(executions / 4);
		await n8n.killWorker(victim);
		expect(await calling).toBe(executions);

		const ended = await n8n.waitForExecutionsOf(workflow.id, executions, EXECUTION_TIMEOUT_MS);
		const lost = ended.filter(({ status }) => status !== 'success').map(({ id }) => id);
		const survivors = n8n.workers.filter((worker) => worker !== victim);
		const finishedByOthers = new Set(survivors.flatMap((worker) => workOf(worker).finished));

		// The killed worker was running some, no more than n8n gives to one worker at a time.
		expect(workOf(victim).started.some((id) => !before.has(id))).toBe(true);
		expect(lost.length).toBeLessThanOrEqual(JOBS_PER_WORKER);
		expect(lost.filter((id) => finishedByOthers.has(id))).toEqual([]);
		// n8n does not run them again, because it can not know how far they came: it ends them with this error.
		for (const id of lost) {
			const execution = await n8n.getExecution(id);
			expect(execution.status).toBe('error');
			expect(errorOf(execution)?.message).toMatch(LOST_JOB);
		}
		expect(Math.max(...answersPerCall().values())).toBe(1);

		await n8n.addWorker();
	});

	test('a restart of Redis harms no execution', async () => {
		const executions = 150;
		simulator.settings.latencyMs = 100;
		const workflow = await oneRequest();
		const calling = callMany(workflow, executions);
		await answered(executions / 4);
		await n8n.restartRedis(500);
		const accepted = await calling;

		// What a worker has begun needs no Redis. But while there is none, n8n's webhooks may answer 5xx, and a job that
		// Redis was handing out as it ended may be lost: n8n ends it with an error, or leaves it to its recovery. The node
		// has not run then, so nothing is done twice and nothing fails in the node.
		await n8n
			.waitForExecutionsOf(workflow.id, accepted, LOST_JOBS_TIMEOUT_MS)
			.catch(() => undefined);
		const all = await n8n.executionsOf(workflow.id);
		const lost = all.filter(({ status }) => status !== 'success');
		for (const { id } of lost) {
			const execution = await n8n.getExecution(id);
			expect(execution.data.resultData.runData.Alimail ?? []).toEqual([]);
		}
		expect(lost.length).toBeLessThanOrEqual(WORKERS * JOBS_PER_WORKER);
		expect(answersPerCall().size).toBe(all.length - lost.length);
		expect(Math.max(...answersPerCall().values())).toBe(1);

		// And it goes on as before.
		simulator.clearRequests();
		const next = await oneRequest();
		expect(await callMany(next, 30)).toBe(30);
		const ended = await n8n.waitForExecutionsOf(next.id, 30, EXECUTION_TIMEOUT_MS);
		expect(await failuresOf(ended)).toEqual([]);
	});

	test('a file that a worker has downloaded can be read elsewhere', async () => {
		// In queue mode n8n keeps files in the database, unless told otherwise.
		const content = randomBytes(3 * 1024 * 1024);
		const mailbox = 'alice@example.com';
		const message = simulator.state.addMessage(mailbox, {
			attachments: [{ name: 'random.bin', content }],
		});
		const [attachment] = message.attachments;
		const download = alimail(credential, {
			resource: 'attachment',
			operation: 'download',
			mailbox: byAddress(mailbox),
			messageId: message.id,
			attachmentId: attachment!.id,
			binaryPropertyName: 'data',
		});
		const { execution } = await n8n.runWorkflow([download]);

		const file = outputOf(execution, download.name)[0]?.binary?.data;
		expect(file?.id).toMatch(/^database:/);
		expect(sha256(await n8n.readBinary(file!))).toBe(sha256(content));
	});

	test('no process, database or queue keeps a secret or a token', async () => {
		expect(await secretsLeftBy(n8n)).toEqual([]);
	});
});

function alimail(credential: StoredCredential, parameters: NodeSketch['parameters']): NodeSketch {
	return {
		name: 'Alimail',
		type: 'n8n-nodes-alimail.alimail',
		credentials: credentialOf(credential),
		parameters,
	};
}

/** Starts a workflow many times, some at once; each call has a number of its own. Returns how many n8n has accepted. */
async function callMany(workflow: DeployedWorkflow, count: number): Promise<number> {
	const calls = Array.from({ length: count }, (_, call) => call)[Symbol.iterator]();
	let accepted = 0;
	const caller = async () => {
		for (const call of calls) {
			const { status } = await workflow.call({ body: { call } });
			if (status === 200) accepted++;
		}
	};
	await Promise.all(Array.from({ length: CALLS_AT_ONCE }, caller));
	return accepted;
}

function sha256(content: Buffer): string {
	return createHash('sha256').update(content).digest('hex');
}
