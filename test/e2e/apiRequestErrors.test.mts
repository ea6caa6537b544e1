import { describe, expect, test } from 'vitest';
import { errorOf, outputOf } from '../support/execution.mts';
import { describeN8n } from './support/describeN8n.mts';
import {
	alimailCredential,
	apiRequestNode,
	jsonBody,
	NODE,
	pairs,
	sendRequests,
	simulated,
	USER,
} from './support/alimail.mts';
import { hangingServer } from './support/hangingServer.mts';
import { recorder } from './support/recorder.mts';

const DRAFTS = '/v2/users/alice@example.com/messages';

/** A user for each item; whoever is named nobody does not exist. */
const userOfItem = {
	path: '/v2/users/{user}',
	pathParameters: pairs({ user: '={{ $json.name + "@example.com" }}' }),
};
const threeItems = [{ name: 'alice' }, { name: 'nobody' }, { name: 'bob' }];

const NO_USER =
	'Alimail refused GET /v2/users/nobody%40example.com with status 404: code user.notFound, user not found';

describeN8n('API Request, when something goes wrong', (n8n) => {
	describe('a refused request', () => {
		test('ends the execution with what Alimail said, its status and the item', async () => {
			const simulator = await simulated();
			const { error, execution } = await sendRequests(n8n, simulator, userOfItem, {
				items: threeItems,
			});
			expect(execution.status).toBe('error');
			expect(error).toMatchObject({
				name: 'NodeApiError',
				message: NO_USER,
				description: expect.stringContaining('Check the mailbox address'),
				httpCode: '404',
				context: { itemIndex: 1 },
			});
		});

		test('says which permission may be missing', async () => {
			const simulator = await simulated({ permissions: ['Mail.Read.All'] });
			const { error } = await sendRequests(n8n, simulator, { path: USER });
			expect(error).toMatchObject({
				message: expect.stringContaining('status 403'),
				description: expect.stringContaining('permission'),
				httpCode: '403',
			});
		});

		test('is an item with its details where the workflow goes on', async () => {
			const simulator = await simulated();
			const { execution, output } = await sendRequests(n8n, simulator, userOfItem, {
				items: threeItems,
				onError: 'continueRegularOutput',
			});
			expect(execution.status).toBe('success');
			expect(output).toMatchObject([
				{ json: { email: 'alice@example.com' }, pairedItem: { item: 0 } },
				{
					json: {
						error: NO_USER,
						details: {
							statusCode: 404,
							code: 'user.notFound',
							message: 'user not found',
							developerMessage: 'user.notFound: user not found',
						},
					},
					pairedItem: { item: 1 },
				},
				{ json: { email: 'bob@example.com' }, pairedItem: { item: 2 } },
			]);
		});

		test('goes to the error output where there is one', async () => {
			const simulator = await simulated();
			const { execution, output } = await sendRequests(n8n, simulator, userOfItem, {
				items: threeItems,
				onError: 'continueErrorOutput',
			});
			expect(execution.status).toBe('success');
			expect(output).toMatchObject([
				{ json: { email: 'alice@example.com' }, pairedItem: { item: 0 } },
				{ json: { email: 'bob@example.com' }, pairedItem: { item: 2 } },
			]);
			const [failed, ...more] = outputOf(execution, NODE, 1);
			expect(failed).toMatchObject({ json: { error: NO_USER }, pairedItem: { item: 1 } });
			expect(more).toEqual([]);
			// Before 2.36, n8n takes what holds details for a result.
			const details = n8n.version.startsWith('1.')
				? undefined
				: expect.objectContaining({ statusCode: 404, code: 'user.notFound' });
			expect(failed!.json.details).toEqual(details);
		});

		test('is not sent at all when a parameter can not be used', async () => {
			const simulator = await simulated();
			const { error } = await sendRequests(
				n8n,
				simulator,
				{ path: '/v2/users/{user}', pathParameters: pairs({ user: '={{ $json.user }}' }) },
				{ items: [{ user: '' }] },
			);
			expect(error).toMatchObject({
				name: 'NodeOperationError',
				message: "'Path Parameters' has no usable value for {user}",
			});
			expect(simulator.requests).toEqual([]);
		});
	});

	describe('a busy server', () => {
		test('is asked again, whatever the method', async () => {
			const simulator = await simulated();
			simulator.fault({ path: DRAFTS, status: 429, times: 2 });
			const { error } = await sendRequests(n8n, simulator, {
				method: 'POST',
				path: DRAFTS,
				...jsonBody({ message: { subject: 'patient' } }),
			});
			expect(error).toBeUndefined();
			expect(simulator.apiRequests.map(({ status }) => status)).toEqual([429, 429, 200]);
		});

		test('is given the time that it asks for', async () => {
			const simulator = await simulated();
			simulator.fault({ path: USER, retryAfter: 2 });
			const { error } = await sendRequests(n8n, simulator, { path: USER });
			expect(error).toBeUndefined();
			const [first, second] = simulator.apiRequests;
			expect(second!.at - first!.at).toBeGreaterThanOrEqual(2000);
		});

		test('is not asked more often than Maximum Retries says', async () => {
			const simulator = await simulated();
			simulator.fault({ path: USER, status: 429, times: 10 });
			const { error } = await sendRequests(n8n, simulator, {
				path: USER,
				options: { maxRetries: 1 },
			});
			expect(error).toMatchObject({ httpCode: '429' });
			expect(simulator.apiRequests).toHaveLength(2);
		});
	});

	describe('a server that fails', () => {
		test.each([
			['answers 500', { status: 500 }],
			['breaks the connection', { reset: 'before' as const }],
		])('is asked again for what only reads, when it %s', async (_title, fault) => {
			const simulator = await simulated();
			simulator.fault({ path: USER, ...fault, times: 2 });
			const { json } = await sendRequests(n8n, simulator, { path: USER });
			expect(json).toMatchObject([{ email: 'alice@example.com' }]);
			expect(simulator.apiRequests).toHaveLength(3);
		});

		test.each([
			[
				'answers 500',
				{ status: 500 },
				'refused POST /v2/users/alice@example.com/messages with status 500',
			],
			['breaks the connection', { reset: 'after' as const }, 'the connection broke'],
		])('is not asked again for what changes something, when it %s', async (_title, fault, said) => {
			const simulator = await simulated();
			simulator.fault({ path: DRAFTS, ...fault, times: 2 });
			const { error } = await sendRequests(n8n, simulator, {
				method: 'POST',
				path: DRAFTS,
				...jsonBody({ message: { subject: 'once' } }),
			});
			expect(error?.message).toContain(said);
			expect(simulator.apiRequests).toHaveLength(1);
		});

		test('is not waited for longer than Timeout says', async () => {
			const server = await hangingServer();
			const credential = await alimailCredential(n8n, {
				...server,
				clientId: 'a',
				clientSecret: 'b',
			});
			const { execution } = await n8n.runWorkflow([
				apiRequestNode(credential, { path: USER, options: { timeout: 500, maxRetries: 0 } }),
			]);
			expect(errorOf(execution)).toMatchObject({
				message: 'No answer to GET /v2/users/alice@example.com: it took too long',
				description: expect.stringContaining("Raise 'Timeout'"),
			});
			await server.abandoned;
		});
	});

	describe('a redirect', () => {
		test('to another host is followed without token and headers', async () => {
			const other = await recorder();
			const simulator = await simulated();
			simulator.fault({ path: USER, redirect: `${other.url}/elsewhere` });
			const { json } = await sendRequests(n8n, simulator, {
				path: USER,
				sendHeaders: true,
				headerParameters: pairs({ 'X-Trace': 'ours' }),
			});
			expect(json).toEqual([{ from: 'another host' }]);
			expect(other.requests).toHaveLength(1);
			expect(other.requests[0]!.headers).not.toHaveProperty('authorization');
			expect(other.requests[0]!.headers).not.toHaveProperty('x-trace');
		});

		test.each([302, 307])('of a POST is an error: %i', async (status) => {
			const other = await recorder();
			const simulator = await simulated();
			simulator.fault({ path: DRAFTS, redirect: `${other.url}/elsewhere`, status });
			const { error } = await sendRequests(n8n, simulator, {
				method: 'POST',
				path: DRAFTS,
				...jsonBody({ message: { subject: 'once' } }),
			});
			expect(error).toMatchObject({ httpCode: String(status) });
			expect(other.requests).toEqual([]);
		});
	});

	test.each([
		['another host', 'https://example.com/v2/users'],
		['another host without a scheme', '//example.com/v2/users'],
		['a parent folder', '/v2/users/../domains'],
	])('a path to %s is refused, and nothing is sent', async (_title, path) => {
		const simulator = await simulated();
		const { error } = await sendRequests(n8n, simulator, { path });
		expect(error).toMatchObject({ name: 'NodeOperationError' });
		expect(error!.message).toMatch(/^'Path' /);
		expect(simulator.requests).toEqual([]);
	});

	test('stopping the execution closes the connection of a request under way', async () => {
		const server = await hangingServer();
		const credential = await alimailCredential(n8n, {
			...server,
			clientId: 'a',
			clientSecret: 'b',
		});
		const { executionId } = await n8n.runManually([apiRequestNode(credential, { path: USER })]);
		await server.arrived;
		await n8n.stopExecution(executionId);
		await server.abandoned;

		const { status } = await n8n.waitForExecution(executionId);
		expect(status).toBe('canceled');
	});
});
