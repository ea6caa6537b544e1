import { describe, expect, test } from 'vitest';
import { tokenPattern } from '../simulator/index.mts';
import { errorOf, outputOf } from '../support/execution.mts';
import type { StoredCredential } from '../support/n8nApi.mts';
import { secretsLeftBy } from '../support/leftovers.mts';
import { describeN8n } from './support/describeN8n.mts';
import {
	alimailCredential,
	apiRequestNode,
	getTokenNode,
	NODE,
	runOf,
	simulated,
	USER,
} from './support/alimail.mts';

const threeItems = [{ number: 1 }, { number: 2 }, { number: 3 }];

const REFUSAL =
	"Alimail gave no access token: HTTP 400, code 1003, 请求参数异常. Check the Application ID and the Application Secret, that the region is the application's own, that the application's IP restriction admits this server, and that the edition of Alimail is a paid one.";

/** A busy machine takes its time to start n8n. */
const RESTART_TIMEOUT_MS = 300_000;

describeN8n('Get Token', (n8n) => {
	/** Runs Get Token once, as the first and only node. */
	async function getToken(credential: StoredCredential, options = {}) {
		const { execution } = await n8n.runWithItems([{}], [getTokenNode(credential, options)]);
		return runOf(execution).json[0] as Record<string, unknown>;
	}

	test('gives a token that works, with what the token endpoint says of it', async () => {
		const simulator = await simulated({ tokenType: 'Bearer', tokenLifetimeSeconds: 7200 });
		const credential = await alimailCredential(n8n, simulator);
		const askedAt = Date.now();
		const token = await getToken(credential);

		expect(token).toEqual({
			access_token: expect.stringMatching(tokenPattern),
			token_type: 'Bearer',
			expires_in: expect.toSatisfy((seconds: number) => seconds > 7100 && seconds <= 7200),
			expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
		});
		const lifetimeMs = Date.parse(String(token.expires_at)) - askedAt;
		expect(lifetimeMs).toBeGreaterThan(7_190_000);
		expect(lifetimeMs).toBeLessThan(7_260_000);

		const answer = await fetch(simulator.url + USER, {
			headers: { authorization: `${String(token.token_type)} ${String(token.access_token)}` },
		});
		expect(answer.status).toBe(200);
	});

	test.each([
		['a string', 'string', { expires_in: expect.closeTo(3600, -2) }],
		['missing', 'missing', { expires_in: expect.closeTo(300, -2), expires_in_assumed: true }],
	] as const)('works when the lifetime is %s', async (_title, expiresInShape, expected) => {
		const simulator = await simulated({ expiresInShape });
		const token = await getToken(await alimailCredential(n8n, simulator));
		expect(token).toMatchObject(expected);
		expect('expires_in_assumed' in token).toBe(expiresInShape === 'missing');
	});

	test('leaves the token in the data of the execution, as its notice says', async () => {
		const simulator = await simulated();
		const token = await getToken(await alimailCredential(n8n, simulator));

		const leaks = await secretsLeftBy(n8n);
		expect(leaks).toContainEqual(
			// What is found is shown with its surroundings only.
			expect.objectContaining({
				found: expect.stringContaining(String(token.access_token).slice(0, 55)),
			}),
		);
	});

	test('asks once for many items, each with a result of its own', async () => {
		const simulator = await simulated();
		const node = getTokenNode(await alimailCredential(n8n, simulator));
		const { execution } = await n8n.runWithItems(threeItems, [node]);

		const { output } = runOf(execution);
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual([
			{ item: 0 },
			{ item: 1 },
			{ item: 2 },
		]);
		expect(new Set(output.map(({ json }) => json.access_token)).size).toBe(1);
		expect(simulator.requests).toHaveLength(1);
	});

	test('gives the stored token, after a request and in the next execution', async () => {
		const simulator = await simulated();
		const credential = await alimailCredential(n8n, simulator);
		const { execution } = await n8n.runWorkflow([
			apiRequestNode(credential, { path: USER }, { name: 'Request' }),
			getTokenNode(credential),
		]);
		const [first] = outputOf(execution, NODE);
		const second = await getToken(credential);

		expect(first!.json.access_token).toBe(second.access_token);
		expect(simulator.apiRequests[0]!.authorization).toBe(`bearer ${String(second.access_token)}`);
		expect(simulator.tokenRequests).toHaveLength(1);
	});

	test(
		'gives the stored token after a restart of n8n',
		{ timeout: RESTART_TIMEOUT_MS },
		async () => {
			const simulator = await simulated();
			const credential = await alimailCredential(n8n, simulator);
			await n8n.runWorkflow([apiRequestNode(credential, { path: USER })]);
			await n8n.restart();

			const token = await getToken(credential);
			expect(simulator.apiRequests[0]!.authorization).toBe(`bearer ${String(token.access_token)}`);
			expect(simulator.tokenRequests).toHaveLength(1);
		},
	);

	test('gives a new one when that is asked for, once for all items', async () => {
		const simulator = await simulated();
		const credential = await alimailCredential(n8n, simulator);
		const stored = await getToken(credential);
		const node = getTokenNode(credential, { forceNewToken: true });
		const { execution } = await n8n.runWithItems(threeItems, [node]);

		const { json } = runOf(execution);
		expect(json).toHaveLength(3);
		expect(json[0]!.access_token).not.toBe(stored.access_token);
		expect(simulator.tokenRequests).toHaveLength(2);
	});

	test('gives a new one when the stored one is about to expire', async () => {
		const simulator = await simulated({ tokenLifetimeSeconds: 1 });
		const credential = await alimailCredential(n8n, simulator);
		const first = await getToken(credential);
		await new Promise((resolve) => setTimeout(resolve, 1000));
		const second = await getToken(credential);
		expect(second.access_token).not.toBe(first.access_token);
	});

	describe('with a wrong secret', () => {
		async function refused(onError?: 'continueRegularOutput' | 'continueErrorOutput') {
			const simulator = await simulated();
			const credential = await alimailCredential(n8n, simulator, { clientSecret: 'mistyped' });
			const node = getTokenNode(credential, {}, { onError });
			const { execution } = await n8n.runWithItems(threeItems, [node]);
			expect(simulator.tokenRequests).toHaveLength(1);
			expect(JSON.stringify(execution)).not.toContain('mistyped');
			return execution;
		}
		const failedItems = [0, 1, 2].map((item) => ({
			json: { error: REFUSAL },
			pairedItem: { item },
		}));

		test('ends the execution', async () => {
			expect(errorOf(await refused())).toMatchObject({
				name: 'NodeOperationError',
				message: REFUSAL,
				context: { itemIndex: 0 },
			});
		});

		test('gives an error for each item where the workflow goes on', async () => {
			const execution = await refused('continueRegularOutput');
			expect(execution.status).toBe('success');
			expect(outputOf(execution, NODE)).toMatchObject(failedItems);
		});

		test('gives them to the error output where there is one', async () => {
			const execution = await refused('continueErrorOutput');
			expect(execution.status).toBe('success');
			expect(outputOf(execution, NODE, 0)).toEqual([]);
			expect(outputOf(execution, NODE, 1)).toMatchObject(failedItems);
		});
	});
});
