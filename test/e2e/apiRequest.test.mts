import type { INodeParameters } from 'n8n-workflow';
import { describe, expect, test } from 'vitest';
import { bearerPattern, type RecordedRequest } from '../simulator/index.mts';
import { describeN8n } from './support/describeN8n.mts';
import { jsonBody, pairs, PROBE, sendRequests, simulated, USER } from './support/alimail.mts';

const ECHO = '/v2/echo';
const SEARCH = '/v2/users/alice@example.com/messages/query';

const oneByOne = { batching: { batch: { batchSize: 1, batchInterval: 0 } } };

/** As Alimail makes them: with what a path has to encode. */
const MESSAGE_ID = 'DzzzzzzNpNq$---.a/b_c?d=é';

describeN8n('API Request', (n8n) => {
	describe('what is sent', () => {
		/** Sends one request and gives what arrived. */
		async function received(parameters: INodeParameters): Promise<RecordedRequest> {
			const simulator = await simulated();
			simulator.fault({ path: /^\/v2\/echo/, body: { ok: true }, times: 10 });
			const { json, error } = await sendRequests(n8n, simulator, { path: ECHO, ...parameters });
			expect(error).toBeUndefined();
			expect(json).toEqual([{ ok: true }]);
			expect(simulator.apiRequests).toHaveLength(1);
			expect(simulator.apiRequests[0]!.authorization).toMatch(bearerPattern);
			return simulator.apiRequests[0]!;
		}

		test('a path with parameters, each encoded', async () => {
			const { url } = await received({
				path: `${ECHO}/{email}/messages/{id}`,
				pathParameters: pairs({ email: 'a+b@example.com', id: MESSAGE_ID }),
			});
			expect(url).toBe(
				`${ECHO}/${encodeURIComponent('a+b@example.com')}/messages/${encodeURIComponent(MESSAGE_ID)}`,
			);
		});

		test('a path with a `$` of its own', async () => {
			expect((await received({ path: `${ECHO}/$current` })).url).toBe(`${ECHO}/$current`);
		});

		test('query parameters from fields, repeated and empty ones too', async () => {
			const { query, url } = await received({
				path: `${ECHO}?fixed=1`,
				sendQuery: true,
				queryParameters: {
					parameters: [
						{ name: '$select', value: 'subject,from' },
						{ name: 'filter', value: '(name=张 & 李+)' },
						{ name: 'id', value: 'a' },
						{ name: 'id', value: 'b' },
						{ name: 'empty', value: '' },
						{ name: 'size', value: '={{ 25 }}' },
					],
				},
			});
			expect(query).toEqual({
				fixed: '1',
				$select: 'subject,from',
				filter: '(name=张 & 李+)',
				id: ['a', 'b'],
				empty: '',
				size: '25',
			});
			expect(url).not.toContain('+');
		});

		test('query parameters from JSON', async () => {
			const { query } = await received({
				sendQuery: true,
				specifyQuery: 'json',
				jsonQuery: '={{ { size: 50, managed: true, id: ["a", "b"] } }}',
			});
			expect(query).toEqual({ size: '50', managed: 'true', id: ['a', 'b'] });
		});

		test('headers from fields and from JSON', async () => {
			const fields = await received({
				sendHeaders: true,
				headerParameters: pairs({ 'Accept-Language': 'zh-CN', Accept: 'text/plain' }),
			});
			expect(fields.headers).toMatchObject({ 'accept-language': 'zh-CN', accept: 'text/plain' });

			const json = await received({
				sendHeaders: true,
				specifyHeaders: 'json',
				jsonHeaders: '{ "X-Trace": 7 }',
			});
			expect(json.headers).toMatchObject({ 'x-trace': '7' });
		});

		test('methods without a body', async () => {
			const methods = ['GET', 'DELETE', 'POST', 'PUT', 'PATCH'];
			const simulator = await simulated();
			simulator.fault({ path: ECHO, body: {}, times: 10 });
			await sendRequests(
				n8n,
				simulator,
				{ method: '={{ $json.method }}', path: ECHO, options: oneByOne },
				{ items: methods.map((method) => ({ method })) },
			);
			expect(simulator.apiRequests).toMatchObject(
				methods.map((method) => ({ method, bodySize: 0 })),
			);
		});

		test('HEAD', async () => {
			const simulator = await simulated();
			const { error } = await sendRequests(n8n, simulator, { method: 'HEAD', path: PROBE });
			expect(error).toBeUndefined();
			expect(simulator.apiRequests).toMatchObject([{ method: 'HEAD', path: PROBE, status: 200 }]);
		});

		describe('a body', () => {
			const body = (contentType: string, parameters: INodeParameters): INodeParameters => ({
				method: 'POST',
				sendBody: true,
				contentType,
				...parameters,
			});

			test.each<[string, INodeParameters, string, unknown]>([
				[
					'of JSON from fields',
					body('json', {
						bodyParameters: pairs({ query: 'isRead:false', size: '={{ 5 }}', ids: '={{ ["a"] }}' }),
					}),
					'application/json',
					{ query: 'isRead:false', size: 5, ids: ['a'] },
				],
				[
					'of JSON as text',
					jsonBody({ message: { subject: '你好 "x"', tags: [] } }),
					'application/json',
					{ message: { subject: '你好 "x"', tags: [] } },
				],
				[
					'of JSON from an expression',
					body('json', { specifyBody: 'json', jsonBody: '={{ { deep: { value: 1 } } }}' }),
					'application/json',
					{ deep: { value: 1 } },
				],
				[
					'of form fields',
					body('form-urlencoded', { formParameters: pairs({ name: 'a+b=c&d %', text: '中文' }) }),
					'application/x-www-form-urlencoded',
					{ name: 'a+b=c&d %', text: '中文' },
				],
			])('%s', async (_title, parameters, contentType, expected) => {
				const request = await received({ method: 'POST', ...parameters });
				expect(request.headers['content-type']).toBe(contentType);
				expect(request.body).toEqual(expected);
			});

			test('of any text', async () => {
				const request = await received(
					body('raw', { rawContentType: 'text/csv', rawBody: 'a;b\n1;"二"\n' }),
				);
				expect(request.headers['content-type']).toBe('text/csv');
				expect(request.bodyText).toBe('a;b\n1;"二"\n');
			});
		});
	});

	describe('what comes back', () => {
		describe('an answer', () => {
			test.each<[string, { body: string | object; headers?: Record<string, string> }, unknown[]]>([
				['of an object is an item', { body: { a: 1, list: [1] } }, [{ a: 1, list: [1] }]],
				['of a list is an item each', { body: [{ a: 1 }, 'two'] }, [{ a: 1 }, { data: 'two' }]],
				['of text stands in a field', { body: 'plain words' }, [{ data: 'plain words' }]],
				['without content is an empty item', { body: 'empty' }, [{}]],
			])('%s', async (_title, fault, expected) => {
				const simulator = await simulated();
				simulator.fault({ path: ECHO, ...fault });
				const { json } = await sendRequests(n8n, simulator, { path: ECHO });
				expect(json).toEqual(expected);
			});

			test('can be kept as text, in a field of any name', async () => {
				const simulator = await simulated();
				const { json } = await sendRequests(n8n, simulator, {
					path: PROBE,
					options: { responseFormat: 'text', outputPropertyName: 'answer' },
				});
				expect(json).toEqual([{ answer: expect.stringMatching(/^\{.*"organization-0001"/) }]);
			});

			test('has to be JSON where JSON is asked for', async () => {
				const simulator = await simulated();
				simulator.fault({ path: ECHO, body: 'html', times: 2 });
				const parameters = { path: ECHO, options: { responseFormat: 'json' } };
				const { error } = await sendRequests(n8n, simulator, parameters);
				expect(error?.message).toBe(
					'Alimail answered GET /v2/echo with something other than JSON: Bad gateway Bad gateway',
				);
			});

			test('comes with status and headers where they are asked for', async () => {
				const simulator = await simulated();
				simulator.fault({
					path: ECHO,
					status: 201,
					body: { id: 1 },
					headers: { 'x-request': '7' },
				});
				const { json } = await sendRequests(n8n, simulator, {
					path: ECHO,
					options: { fullResponse: true },
				});
				expect(json).toMatchObject([
					{
						statusCode: 201,
						statusMessage: 'Created',
						headers: { 'x-request': '7' },
						body: { id: 1 },
					},
				]);
			});

			test('with an error status is a result where errors are ignored', async () => {
				const simulator = await simulated();
				const { json, error } = await sendRequests(n8n, simulator, {
					path: '/v2/users/nobody@example.com',
					options: { neverError: true, fullResponse: true },
				});
				expect(error).toBeUndefined();
				expect(json).toMatchObject([
					{ statusCode: 404, body: { detailErrorCode: expect.stringContaining('notFound') } },
				]);
			});

			test('is split into items by a list in it', async () => {
				const simulator = await simulated();
				const { output } = await sendRequests(
					n8n,
					simulator,
					{ path: '/v2/users', options: { splitIntoItems: 'users' } },
					{ items: [{}, {}] },
				);
				expect(output).toHaveLength(16);
				expect(output[7]).toMatchObject({
					json: { email: 'old.account@example.com' },
					pairedItem: { item: 0 },
				});
				expect(output[8]).toMatchObject({
					json: { email: 'alice@example.com' },
					pairedItem: { item: 1 },
				});
			});
		});

		describe('pages', () => {
			const bySearch: INodeParameters = {
				method: 'POST',
				path: SEARCH,
				...jsonBody({ query: 'folderId:2' }),
				pagination: 'cursor',
				cursorLocation: 'body',
				itemsPath: 'messages',
			};

			test('by cursor in the query', async () => {
				const simulator = await simulated();
				const { output, json } = await sendRequests(n8n, simulator, {
					path: '/v2/users?managed=true',
					pagination: 'cursor',
					returnAll: true,
					options: { pageSize: 3 },
				});
				expect(json.map(({ email }) => email)).toEqual(
					[...simulator.state.users.values()].map(({ email }) => email),
				);
				expect(output.map(({ pairedItem }) => pairedItem)).toEqual(Array(8).fill({ item: 0 }));
				expect(simulator.apiRequests.map(({ query }) => query)).toEqual([
					{ managed: 'true', size: '3' },
					{ managed: 'true', size: '3', cursor: expect.stringMatching(/./) },
					{ managed: 'true', size: '3', cursor: expect.stringMatching(/./) },
				]);
			});

			test.each(['dollar', 'empty', 'missing'] as const)(
				'by cursor in the body, when the end is marked so: %s',
				async (searchEnd) => {
					const simulator = await simulated({ searchEnd });
					const { json } = await sendRequests(n8n, simulator, {
						...bySearch,
						returnAll: true,
						options: { pageSize: 10 },
					});
					expect(new Set(json.map(({ id }) => id))).toHaveProperty('size', 25);
					expect(simulator.apiRequests.map(({ body }) => body)).toEqual([
						{ query: 'folderId:2', size: 10, cursor: '' },
						{ query: 'folderId:2', size: 10, cursor: expect.stringMatching(/./) },
						{ query: 'folderId:2', size: 10, cursor: expect.stringMatching(/./) },
					]);
				},
			);

			test('end when a cursor comes again', async () => {
				const simulator = await simulated();
				simulator.fault({
					path: '/v2/users',
					body: { users: [{ id: 1 }], nextCursor: 'same', hasMore: true },
					times: 10,
				});
				const { json } = await sendRequests(n8n, simulator, {
					path: '/v2/users',
					pagination: 'cursor',
					returnAll: true,
				});
				expect(json).toEqual([{ id: 1 }, { id: 1 }]);
				expect(simulator.apiRequests).toHaveLength(2);
			});

			test('by offset', async () => {
				const simulator = await simulated();
				const { json } = await sendRequests(n8n, simulator, {
					path: '/v2/departments/{id}/departments',
					pathParameters: pairs({ id: '$root' }),
					pagination: 'offset',
					returnAll: true,
					options: { pageSize: 2 },
				});
				expect(json.map(({ name }) => name)).toEqual([
					'技术部 Engineering',
					'销售部 Sales',
					'人力资源部 Human Resources',
				]);
				expect(simulator.apiRequests.map(({ query }) => query)).toEqual([
					{ offset: '0', limit: '2' },
					{ offset: '2', limit: '2' },
				]);
			});

			test('stop at a limit, and at a number of pages', async () => {
				const simulator = await simulated();
				const limited = await sendRequests(n8n, simulator, {
					...bySearch,
					limit: 4,
					options: { pageSize: 3 },
				});
				expect(limited.json).toHaveLength(4);
				expect(simulator.apiRequests).toHaveLength(2);

				simulator.clearRequests();
				const counted = await sendRequests(n8n, simulator, {
					...bySearch,
					returnAll: true,
					options: { pageSize: 3, maxPages: 3 },
				});
				expect(counted.json).toHaveLength(9);
				expect(simulator.apiRequests).toHaveLength(3);
			});
		});

		test('many items keep their order and their pairing, whichever answer comes first', async () => {
			const simulator = await simulated();
			const emails = [...simulator.state.users.values()].map(({ email }) => email);
			simulator.fault({ path: `/v2/users/${emails[0]}`, delayMs: 600 });
			simulator.fault({ path: `/v2/users/${emails[3]}`, delayMs: 300 });
			const { output } = await sendRequests(
				n8n,
				simulator,
				{ path: '/v2/users/{user}', pathParameters: pairs({ user: '={{ $json.email }}' }) },
				{ items: emails.map((email) => ({ email })) },
			);
			expect(output).toMatchObject(
				emails.map((email, item) => ({ json: { email }, pairedItem: { item } })),
			);
		});

		test('many items share one exchange', async () => {
			const simulator = await simulated();
			const { json } = await sendRequests(
				n8n,
				simulator,
				{ path: USER },
				{ items: Array.from({ length: 50 }, () => ({})) },
			);
			expect(json).toHaveLength(50);
			expect(simulator.tokenRequests).toHaveLength(1);
			expect(simulator.apiRequests).toHaveLength(50);
		});
	});
});
