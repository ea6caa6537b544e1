import { setTimeout as sleep } from 'node:timers/promises';
import type { INodeParameters } from 'n8n-workflow';
import { describe, expect, test } from 'vitest';
import { bearerPattern } from '../simulator/index.mts';
import { errorOf, outputOf } from '../support/execution.mts';
import type { StoredCredential } from '../support/n8nApi.mts';
import { chainOf, type NodeSketch } from '../support/workflow.mts';
import { describeN8n } from './support/describeN8n.mts';
import {
	alimailCredential,
	alimailNode,
	apiRequestNode,
	httpRequestNode,
	jsonBody,
	NODE,
	runOf,
	simulated,
	USER,
} from './support/alimail.mts';

const DRAFTS = '/v2/users/alice@example.com/messages';

const everySecond: NodeSketch = {
	name: 'Every Second',
	type: 'n8n-nodes-base.scheduleTrigger',
	typeVersion: 1.2,
	parameters: { rule: { interval: [{ field: 'seconds', secondsInterval: 1 }] } },
};

describeN8n("the credential in n8n's HTTP Request node", (n8n) => {
	const request = (credential: StoredCredential, url: string, parameters: INodeParameters = {}) =>
		httpRequestNode(n8n, credential, { url, ...parameters });

	test('signs a GET', async () => {
		const simulator = await simulated();
		const credential = await alimailCredential(n8n, simulator);
		const { body } = await n8n.runWorkflow([request(credential, simulator.url + USER)]);
		expect(body).toMatchObject([{ email: 'alice@example.com' }]);
		expect(simulator.apiRequests).toMatchObject([
			{ path: USER, authorization: expect.stringMatching(bearerPattern) },
		]);
		expect(simulator.tokenRequests).toHaveLength(1);
	});

	test('signs a POST, and keeps its body and headers', async () => {
		const simulator = await simulated();
		const credential = await alimailCredential(n8n, simulator);
		const { body } = await n8n.runWorkflow([
			request(credential, simulator.url + DRAFTS, {
				method: 'POST',
				...jsonBody({ message: { subject: '你好' } }),
				sendHeaders: true,
				headerParameters: { parameters: [{ name: 'X-Trace', value: '7' }] },
			}),
		]);
		expect(body).toMatchObject([{ message: { subject: '你好' } }]);
		expect(simulator.apiRequests).toMatchObject([
			{ body: { message: { subject: '你好' } }, headers: { 'x-trace': '7' } },
		]);
	});

	test("takes the place of an Authorization that the node's headers hold", async () => {
		const simulator = await simulated();
		const credential = await alimailCredential(n8n, simulator);
		const { body } = await n8n.runWorkflow([
			request(credential, simulator.url + USER, {
				sendHeaders: true,
				headerParameters: { parameters: [{ name: 'Authorization', value: 'Bearer other' }] },
			}),
		]);
		expect(body).toMatchObject([{ email: 'alice@example.com' }]);
		expect(simulator.apiRequests).toHaveLength(1);
	});

	test('shares one exchange among many items, and with our own node', async () => {
		const simulator = await simulated();
		const credential = await alimailCredential(n8n, simulator);
		const { execution } = await n8n.runWithItems(
			Array.from({ length: 10 }, () => ({})),
			[
				request(credential, simulator.url + USER),
				apiRequestNode(credential, { path: USER }, { name: 'Own' }),
				alimailNode(credential, { resource: 'token', operation: 'get' }, { name: 'Token' }),
			],
		);
		expect(outputOf(execution, 'Own')).toHaveLength(10);
		expect(outputOf(execution, 'Token')).toHaveLength(10);
		expect(simulator.apiRequests).toHaveLength(20);
		expect(simulator.tokenRequests).toHaveLength(1);
	});

	test('pages', async () => {
		const simulator = await simulated();
		const credential = await alimailCredential(n8n, simulator);
		const { execution } = await n8n.runWorkflow([
			request(credential, `${simulator.url}/v2/users?size=3`, {
				options: {
					pagination: {
						pagination: {
							paginationMode: 'updateAParameterInEachRequest',
							parameters: {
								parameters: [
									{ type: 'qs', name: 'cursor', value: '={{ $response.body.nextCursor }}' },
								],
							},
							paginationCompleteWhen: 'other',
							completeExpression: '={{ !$response.body.hasMore }}',
						},
					},
				},
			}),
		]);
		const emails = runOf(execution).json.flatMap(({ users }) =>
			(users as Array<{ email: string }>).map(({ email }) => email),
		);
		expect(emails).toEqual([...simulator.state.users.values()].map(({ email }) => email));
		expect(simulator.apiRequests).toHaveLength(3);
	});

	test('sends the file of an upload once, although the token had expired', async () => {
		const simulator = await simulated({ tokenLifetimeSeconds: 1 });
		const credential = await alimailCredential(n8n, simulator);
		await n8n.runWorkflow([request(credential, simulator.url + USER)]);
		await sleep(1000);
		simulator.settings.tokenLifetimeSeconds = 3600;
		simulator.clearRequests();
		simulator.fault({ path: '/v2/echo', body: { ok: true } });

		const form = new FormData();
		form.set('file', new Blob(['content of a file']), 'file.txt');
		const { body } = await n8n.runWorkflow(
			[
				request(credential, `${simulator.url}/v2/echo`, {
					method: 'POST',
					sendBody: true,
					contentType: 'binaryData',
					inputDataFieldName: 'file',
				}),
			],
			{ body: form },
		);
		expect(body).toEqual([{ ok: true }]);
		expect(simulator.apiRequests).toMatchObject([{ bodyText: 'content of a file', status: 200 }]);
		expect(simulator.tokenRequests).toHaveLength(1);
	});

	test('keeps to the domains that the credential is allowed', async () => {
		const simulator = await simulated();
		const credential = await alimailCredential(n8n, simulator, {
			allowedHttpRequestDomains: 'domains',
			allowedDomains: 'other.example.com',
		});
		const nodes = [
			apiRequestNode(credential, { path: USER }),
			// In the HTTP Request node, n8n 1.x asks for that setting on redirects alone.
			...(n8n.version.startsWith('1.') ? [] : [request(credential, simulator.url + USER)]),
		];
		for (const node of nodes) {
			const { execution } = await n8n.runWorkflow([node]);
			expect(errorOf(execution)?.message).toMatch(/domain/i);
		}
		expect(simulator.apiRequests).toEqual([]);
	});

	describe('in an execution that a schedule starts', () => {
		const variants: Array<[string, (credential: StoredCredential, url: string) => NodeSketch]> = [
			['the HTTP Request node', (credential, url) => request(credential, url + USER)],
			['our own node', (credential) => apiRequestNode(credential, { path: USER })],
		];

		test.each(variants)('renews a token that has expired: %s', async (_title, nodeFor) => {
			const simulator = await simulated({ tokenLifetimeSeconds: 2, expiredStatus: 403 });
			const credential = await alimailCredential(n8n, simulator);
			const { id } = await n8n.createWorkflow(
				chainOf([everySecond, nodeFor(credential, simulator.url)]),
			);
			await n8n.activate(id);
			while (simulator.tokenRequests.length < 3) await sleep(100);
			await n8n.deactivate(id);

			const executions = await n8n.executionsOf(id);
			expect(executions.length).toBeGreaterThanOrEqual(3);
			for (const { id: executionId } of executions) {
				const { mode, status, data } = await n8n.waitForExecution(executionId);
				expect({ mode, status, error: data.resultData.error?.message }).toEqual({
					mode: 'trigger',
					status: 'success',
					error: undefined,
				});
			}
			expect(new Set(simulator.apiRequests.map(({ status }) => status))).toEqual(new Set([200]));
			expect(outputOf(await n8n.getExecution(executions[0]!.id), NODE)).toMatchObject([
				{ json: { email: 'alice@example.com' } },
			]);
		});
	});
});
