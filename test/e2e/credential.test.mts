import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { errorOf, type Execution } from '../support/execution.mts';
import type { N8nVersion } from '../support/n8nInstallation.mts';
import type { N8nServer } from '../support/n8nServer.mts';
import type { StoredCredential } from '../support/n8nApi.mts';
import type { RecordedRequest, Settings, Simulator } from '../simulator/index.mts';
import { describeN8n } from './support/describeN8n.mts';
import { jsonBody, PROBE, simulated, USER } from './support/alimail.mts';
import { Comparison } from './support/comparison.mts';
import { recorder } from './support/recorder.mts';
import { type Side, type SideRequest, sides } from './support/sides.mts';

const DRAFTS = '/v2/users/alice@example.com/messages';
const TOKEN = '/oauth2/v2.0/token';
const SHORT_LIFE_SECONDS = 1;

/** An error in Alimail's words, which OAuth2 does not know. */
const refusal = {
	detailErrorCode: '1003',
	message: '请求参数异常',
	developerMessage: 'bad client',
};

/** What n8n makes of a 403. */
const FORBIDDEN = 'Forbidden - perhaps check your credentials?';

/** What ours makes of a refusal. */
const refusedWith = (status: number) =>
	`Alimail gave no access token: HTTP ${status}, code 1003, 请求参数异常, bad client. Check the Application ID and the Application Secret, that the region is the application's own, that the application's IP restriction admits this server, and that the edition of Alimail is a paid one.`;

/** What was measured of a side, or what is expected: numbers that vary are given as matchers. */
type Outcome = Record<string, unknown>;
type Expected = Outcome | Record<N8nVersion, Outcome>;

/** One exchange for each of many executions, more or less: some meet a token that another one has stored. */
const several = expect.toSatisfy((count: number) => count > 2, 'several') as number;

const comparison = new Comparison('credential-comparison.md');

/** A side with a credential for a simulator of its own. */
class Trial {
	readonly n8n: N8nServer;
	readonly side: Side;
	readonly simulator: Simulator;
	readonly credential: StoredCredential;

	constructor(n8n: N8nServer, side: Side, simulator: Simulator, credential: StoredCredential) {
		this.n8n = n8n;
		this.side = side;
		this.simulator = simulator;
		this.credential = credential;
	}

	static async begin(n8n: N8nServer, side: Side, settings?: Partial<Settings>): Promise<Trial> {
		const simulator = await simulated(settings);
		return new Trial(n8n, side, simulator, await side.create(n8n, simulator));
	}

	/** A path on the simulator, or an address. */
	node(path: string, request: Partial<SideRequest> = {}) {
		const url = new URL(path, this.simulator.url).href;
		return this.side.node(this.n8n, this.credential, { url, ...request });
	}

	async run(path: string, request?: Partial<SideRequest>) {
		return await this.n8n.runWorkflow([this.node(path, request)]);
	}

	/** Uses the credential once, so that a token is stored, and forgets what was recorded. */
	async begun(): Promise<void> {
		const { execution } = await this.run(USER);
		expect(execution.status).toBe('success');
		this.simulator.clearRequests();
	}

	/** Lets the stored token expire; the next one lives long. */
	async outlive(): Promise<void> {
		await this.begun();
		await sleep(SHORT_LIFE_SECONDS * 1000 + 100);
		this.simulator.settings.tokenLifetimeSeconds = 3600;
	}

	/** Requests besides those that the credential makes for itself. */
	get calls(): RecordedRequest[] {
		return this.simulator.apiRequests.filter(({ path }) => path !== PROBE);
	}

	get exchanges(): number {
		return this.simulator.tokenRequests.length;
	}

	get refusedCalls(): number {
		return this.calls.filter(({ status }) => status === 401 || status === 403).length;
	}
}

/** Says `works`, or with which message an execution ended. */
function resultOf(execution: Execution): string {
	return execution.status === 'success' ? 'works' : (errorOf(execution)?.message ?? 'no message');
}

describeN8n(
	'the credential beside what n8n offers',
	(n8n) => {
		/** Measures all sides in one situation, all at once unless they are to have n8n for themselves. */
		function compare(
			situation: string,
			measure: (side: Side) => Promise<Outcome>,
			expected: Partial<Record<Side['name'], Expected>>,
			{ inTurn = false } = {},
		): void {
			test(situation, async () => {
				const outcomes: Record<string, Outcome> = {};
				const measureSide = async (side: Side) => {
					outcomes[side.name] = await measure(side);
					comparison.note(situation, `${side.name} (${n8n.version})`, outcomes[side.name]!);
				};
				const chosen = sides.filter(({ name }) => name in expected);
				if (inTurn) for (const side of chosen) await measureSide(side);
				else await Promise.all(chosen.map(measureSide));

				const forVersion = Object.entries(expected).map(([name, outcome]) => [
					name,
					n8n.version in outcome ? outcome[n8n.version as never] : outcome,
				]);
				expect(outcomes).toEqual(Object.fromEntries(forVersion));
			});
		}

		for (const status of [500, 400]) {
			compare(
				`a POST is answered with ${status}`,
				async (side) => {
					const trial = await Trial.begin(n8n, side);
					await trial.begun();
					trial.simulator.fault({ path: DRAFTS, status, times: 10 });
					const { execution } = await trial.run(DRAFTS, {
						method: 'POST',
						parameters: jsonBody({ message: { subject: 'once' } }),
					});
					expect(execution.status).toBe('error');
					return { posts: trial.calls.length, exchanges: trial.exchanges };
				},
				{
					ours: { posts: 1, exchanges: 0 },
					'ours, own node': { posts: 1, exchanges: 0 },
					plain: { posts: 2, exchanges: 1 },
					oauth2: { posts: 1, exchanges: 0 },
				},
			);
		}

		compare(
			'the token has expired, and the server says 403',
			async (side) => {
				const trial = await Trial.begin(n8n, side, {
					tokenLifetimeSeconds: SHORT_LIFE_SECONDS,
					expiredStatus: 403,
				});
				await trial.outlive();
				const first = await trial.run(USER);
				const second = await trial.run(USER);
				return {
					runs: [resultOf(first.execution), resultOf(second.execution)],
					wasted: trial.refusedCalls,
					exchanges: trial.exchanges,
				};
			},
			{
				ours: { runs: ['works', 'works'], wasted: 0, exchanges: 1 },
				'ours, own node': { runs: ['works', 'works'], wasted: 0, exchanges: 1 },
				plain: { runs: ['works', 'works'], wasted: 1, exchanges: 1 },
				oauth2: { runs: [FORBIDDEN, FORBIDDEN], wasted: 2, exchanges: 0 },
			},
		);

		compare(
			'the token has expired, the server says 403, and errors are ignored (Never Error)',
			async (side) => {
				const trial = await Trial.begin(n8n, side, {
					tokenLifetimeSeconds: SHORT_LIFE_SECONDS,
					expiredStatus: 403,
				});
				await trial.outlive();
				const { body } = await trial.run(USER, { neverError: true });
				const [user] = body as Array<{ email?: string }>;
				return {
					gives: user?.email === 'alice@example.com' ? 'the user' : 'an error as data',
					exchanges: trial.exchanges,
				};
			},
			{
				ours: { gives: 'the user', exchanges: 1 },
				'ours, own node': { gives: 'the user', exchanges: 1 },
				plain: { gives: 'an error as data', exchanges: 0 },
				oauth2: { gives: 'an error as data', exchanges: 0 },
			},
		);

		for (const expiredStatus of [403, 401]) {
			compare(
				`the token has expired, the server says ${expiredStatus}, and a list is paged`,
				async (side) => {
					const trial = await Trial.begin(n8n, side, {
						tokenLifetimeSeconds: SHORT_LIFE_SECONDS,
						expiredStatus,
					});
					await trial.outlive();
					const { execution } = await trial.run('/v2/users', { paged: true });
					const pages = trial.calls.filter(({ status }) => status === 200).length;
					const result = resultOf(execution);
					return {
						gives: result !== 'works' ? result : pages > 0 ? `${pages} pages` : 'an error as data',
						exchanges: trial.exchanges,
					};
				},
				{
					ours: { gives: '4 pages', exchanges: 1 },
					'ours, own node': { gives: '4 pages', exchanges: 1 },
					plain: {
						'2.41.1': {
							gives:
								expiredStatus === 403
									? FORBIDDEN
									: 'Authorization failed - please check your credentials',
							exchanges: 0,
						},
						'1.123.50': { gives: 'an error as data', exchanges: 0 },
					},
					oauth2:
						expiredStatus === 401
							? { gives: '4 pages', exchanges: 1 }
							: {
									'2.41.1': { gives: FORBIDDEN, exchanges: 0 },
									'1.123.50': { gives: 'an error as data', exchanges: 0 },
								},
				},
			);
		}

		compare(
			'the token was revoked early, and the server says 401',
			async (side) => {
				const trial = await Trial.begin(n8n, side);
				await trial.begun();
				trial.simulator.revokeTokens();
				const { execution } = await trial.run(DRAFTS, {
					method: 'POST',
					parameters: jsonBody({ message: { subject: 'once' } }),
				});
				return {
					result: resultOf(execution),
					drafts: trial.calls.filter(({ status }) => status === 200).length,
					exchanges: trial.exchanges,
				};
			},
			{
				ours: { result: 'works', drafts: 1, exchanges: 1 },
				'ours, own node': { result: 'works', drafts: 1, exchanges: 1 },
				plain: { result: 'works', drafts: 1, exchanges: 1 },
				oauth2: { result: 'works', drafts: 1, exchanges: 1 },
			},
		);

		/** Twenty at once, against a server that takes its time, so that they really overlap. */
		async function runTwenty(trial: Trial) {
			const workflow = await n8n.deploy([trial.node(USER)]);
			trial.simulator.settings.latencyMs = 300;
			const answers = await Promise.all(Array.from({ length: 20 }, () => workflow.call()));
			return answers.filter(({ status }) => status === 200).length;
		}

		compare(
			'twenty executions just after the token was revoked',
			async (side) => {
				const trial = await Trial.begin(n8n, side);
				await trial.begun();
				trial.simulator.revokeTokens();
				const succeeded = await runTwenty(trial);
				return { succeeded, exchanges: trial.exchanges };
			},
			{
				ours: { succeeded: 20, exchanges: 1 },
				'ours, own node': { succeeded: 20, exchanges: 1 },
				plain: { succeeded: 20, exchanges: several },
				oauth2: {
					'2.41.1': { succeeded: 20, exchanges: 1 },
					'1.123.50': { succeeded: 20, exchanges: several },
				},
			},
			{ inTurn: true },
		);

		compare(
			'twenty executions on a token that has expired',
			async (side) => {
				const trial = await Trial.begin(n8n, side, {
					tokenLifetimeSeconds: SHORT_LIFE_SECONDS,
					expiredStatus: 401,
				});
				await trial.outlive();
				const succeeded = await runTwenty(trial);
				return { succeeded, wasted: trial.refusedCalls, exchanges: trial.exchanges };
			},
			{
				ours: { succeeded: 20, wasted: 0, exchanges: 1 },
				'ours, own node': { succeeded: 20, wasted: 0, exchanges: 1 },
				plain: { succeeded: 20, wasted: several, exchanges: several },
				oauth2: {
					'2.41.1': { succeeded: 20, wasted: several, exchanges: 1 },
					'1.123.50': { succeeded: 20, wasted: several, exchanges: several },
				},
			},
			{ inTurn: true },
		);

		// Since version 4.4 the HTTP Request node has it as an option, which is off.
		for (const { made, typeVersion } of [
			{ made: 'now', typeVersion: undefined },
			{ made: 'with version 4.2 of the node', typeVersion: 4.2 },
		]) {
			const token = typeVersion === undefined ? 'stays' : 'goes along';
			compare(
				`the API answers 302 to another host, in a workflow made ${made}`,
				async (side) => {
					const other = await recorder();
					const trial = await Trial.begin(n8n, side);
					await trial.begun();
					trial.simulator.fault({ path: USER, redirect: `${other.url}/elsewhere`, times: 10 });
					const { body } = await trial.run(USER, { typeVersion });
					expect(body).toEqual([{ from: 'another host' }]);
					expect(other.requests).toHaveLength(1);
					return { token: other.requests[0]!.headers.authorization ? 'goes along' : 'stays' };
				},
				{
					ours: { token: 'stays' },
					'ours, own node': { token: 'stays' },
					plain: { '2.41.1': { token }, '1.123.50': { token: 'goes along' } },
					oauth2: { '2.41.1': { token }, '1.123.50': { token: 'goes along' } },
				},
			);
		}

		compare(
			'the request is for another host',
			async (side) => {
				const other = await recorder();
				const trial = await Trial.begin(n8n, side);
				await trial.begun();
				const { execution } = await trial.run(`${other.url}/elsewhere`);
				return {
					result: resultOf(execution)
						.replace(trial.simulator.url, 'SERVER')
						.replace(other.url, 'OTHER'),
					sent: other.requests.length,
					token: other.requests.some(({ headers }) => headers.authorization)
						? 'goes along'
						: 'stays',
				};
			},
			{
				ours: {
					result:
						'The Alimail credential is for SERVER only, and this request goes to OTHER. Use another credential or none for it.',
					sent: 0,
					token: 'stays',
				},
				'ours, own node': {
					result: "'Path' leads to another server. The credential is for SERVER only",
					sent: 0,
					token: 'stays',
				},
				plain: { result: 'works', sent: 1, token: 'goes along' },
				oauth2: { result: 'works', sent: 1, token: 'goes along' },
			},
		);

		// In the HTTP Request node, n8n asks again after any error.
		compare(
			'the token endpoint refuses in a shape that OAuth2 does not know',
			async (side) => {
				const trial = await Trial.begin(n8n, side);
				trial.simulator.fault({ path: TOKEN, status: 400, body: refusal, times: 10 });
				const { execution } = await trial.run(USER);
				return {
					message: resultOf(execution),
					asked: trial.exchanges,
					calls: trial.calls.length,
				};
			},
			{
				ours: { message: refusedWith(400), asked: 2, calls: 0 },
				'ours, own node': { message: refusedWith(400), asked: 1, calls: 0 },
				plain: { message: 'Bad request - please check your parameters', asked: 2, calls: 0 },
				oauth2: {
					'2.41.1': {
						message: 'Failed to acquire OAuth2 access token: HTTP status 400',
						asked: 1,
						calls: 0,
					},
					'1.123.50': {
						message: 'Bad request - please check your parameters',
						asked: 1,
						calls: 0,
					},
				},
			},
		);

		compare(
			'the token endpoint answers 200 with an error in the body',
			async (side) => {
				const trial = await Trial.begin(n8n, side);
				trial.simulator.fault({ path: TOKEN, status: 200, body: refusal, times: 10 });
				const first = await trial.run(USER);
				const sent = trial.calls.map(({ authorization = 'none' }) => `'${authorization}'`);
				trial.simulator.clearFaults();
				const second = await trial.run(USER);
				return { first: resultOf(first.execution), sent, later: resultOf(second.execution) };
			},
			{
				ours: { first: refusedWith(200), sent: [], later: 'works' },
				'ours, own node': { first: refusedWith(200), sent: [], later: 'works' },
				plain: {
					first: 'Authorization failed - please check your credentials',
					sent: ["'bearer'"],
					later: 'works',
				},
				oauth2: {
					first: 'Unable to sign without access token',
					sent: [],
					later: 'Unable to sign without access token',
				},
			},
		);

		compare(
			'the token endpoint answers 200 with an error in the body, in a test of unsaved edits',
			async (side) => {
				const trial = await Trial.begin(n8n, side);
				await trial.begun();
				trial.simulator.fault({ path: TOKEN, status: 200, body: refusal, times: 10 });
				const result = await n8n.testCredential(trial.credential.id, { clientSecret: 'mistyped' });
				trial.simulator.clearFaults();
				trial.simulator.clearRequests();
				const { execution } = await trial.run(USER);
				return { test: result.message, later: resultOf(execution), exchanges: trial.exchanges };
			},
			{
				ours: { test: refusedWith(200), later: 'works', exchanges: 0 },
				plain: { test: 'Connection successful!', later: 'works', exchanges: 0 },
				oauth2: {
					'2.41.1': {
						test: 'Unable to sign without access token',
						later: 'Unable to sign without access token',
						exchanges: 0,
					},
					'1.123.50': { test: 'Connection successful!', later: 'works', exchanges: 0 },
				},
			},
			// Of two credential tests at once, n8n lets the one that ends first take the other's node away: 'Node not found'.
			{ inTurn: true },
		);

		compare(
			'somebody reads the stored credential through the REST API of n8n',
			async (side) => {
				const trial = await Trial.begin(n8n, side);
				await trial.run(USER);
				const [, token] = trial.calls[0]!.authorization!.split(' ');
				const stored = JSON.stringify(await n8n.getCredential(trial.credential.id));
				expect(stored).not.toContain(JSON.stringify(trial.simulator.clientSecret));
				return { token: stored.includes(token!) ? 'in clear text' : 'blanked' };
			},
			{
				ours: { token: 'blanked' },
				plain: { token: 'in clear text' },
				oauth2: { token: 'blanked' },
			},
		);
	},
	{ fixtures: [join(import.meta.dirname, 'fixtures', 'n8n-nodes-control')] },
);
