import { describe, expect, it } from 'vitest';
import { apiRequest, jsonRequest, simulated } from '../../support/simulated.mts';

const USER = '/v2/users/alice@example.com';
const INBOX = `${USER}/mailFolders/2/messages`;

/** Runs a GET that is answered with this. */
async function answered(
	answer: { body?: unknown; headers?: Record<string, string>; status?: number },
	options: object = {},
) {
	const { simulator, alimail } = await simulated();
	simulator.fault({ path: USER, status: 200, times: Infinity, ...answer } as never);
	return { alimail, ...(await alimail.run({ parameters: apiRequest('GET', USER, { options }) })) };
}

describe('a response', () => {
	it.each<[string, unknown, unknown[]]>([
		['an object is one item', { a: 1 }, [{ a: 1 }]],
		['a list is an item for every entry', [{ a: 1 }, 2], [{ a: 1 }, { data: 2 }]],
		['an empty body is an empty item', 'empty', [{}]],
	])('of which %s', async (_what, body, expected) => {
		expect((await answered({ body })).json).toEqual(expected);
	});

	it('of text is put into a field', async () => {
		const text = { body: 'hello', headers: { 'content-type': 'text/plain' } };
		expect((await answered(text)).json).toEqual([{ data: 'hello' }]);
		expect((await answered(text, { outputPropertyName: 'answer' })).json).toEqual([
			{ answer: 'hello' },
		]);
	});

	it('keeps JSON as text when text is asked for', async () => {
		const { json } = await answered({ body: { a: 1 } }, { responseFormat: 'text' });
		expect(json).toEqual([{ data: '{"a":1}' }]);
	});

	it('that is no JSON is an error when JSON is asked for', async () => {
		const { error } = await answered({ body: 'html' }, { responseFormat: 'json' });
		expect(error?.message).toContain('something other than JSON');
	});

	it('comes with status and headers when they are asked for', async () => {
		const { json } = await answered(
			{ body: { a: 1 }, headers: { 'x-a': 'b' } },
			{ fullResponse: true },
		);
		expect(json).toMatchObject([{ statusCode: 200, headers: { 'x-a': 'b' }, body: { a: 1 } }]);
	});

	it('with an error status is a result when errors are ignored', async () => {
		const { json } = await answered(
			{ status: 404, body: { detailErrorCode: 'x' } },
			{ neverError: true, fullResponse: true },
		);
		expect(json).toMatchObject([{ statusCode: 404, body: { detailErrorCode: 'x' } }]);
	});

	it('is split into an item for every entry of a list in it', async () => {
		const body = { data: { messages: [{ id: 1 }, { id: 2 }] }, total: 2 };
		const { items } = await answered({ body }, { splitIntoItems: 'data.messages' });
		expect(items).toMatchObject([
			{ json: { id: 1 }, pairedItem: { item: 0 } },
			{ json: { id: 2 }, pairedItem: { item: 0 } },
		]);
	});

	it('without the list that it is to be split by is an error that names what there is', async () => {
		const { error } = await answered({ body: { users: [] } }, { splitIntoItems: 'messages' });
		expect(error?.message).toContain("'Split Into Items' is 'messages'");
		expect(error?.message).toContain('users');
	});
});

describe('a response that is a file', () => {
	it.each<[string, Record<string, string>, string]>([
		['by its content type', { 'content-type': 'application/pdf' }, 'alice@example.com'],
		[
			'by its disposition',
			{ 'content-type': 'text/csv', 'content-disposition': 'attachment; filename="报表.csv"' },
			'报表.csv',
		],
		[
			'with an encoded name',
			{
				'content-type': 'image/png',
				'content-disposition': "inline; filename*=UTF-8''%E5%8F%91%E7%A5%A8.png",
			},
			'发票.png',
		],
		[
			'with a name that tries to leave its folder',
			{
				'content-type': 'image/png',
				'content-disposition': 'attachment; filename="../../etc/passwd"',
			},
			'passwd',
		],
	])('%s goes into a binary field', async (_what, headers, fileName) => {
		const { alimail, items } = await answered({ body: 'bytes', headers: encoded(headers) });
		const binary = items[0]?.binary?.data;
		expect(binary).toMatchObject({ mimeType: headers['content-type'] });
		expect(binary?.fileName).toSatisfy(
			(name: string) => name.endsWith(fileName),
			`${binary?.fileName} is not ${fileName}`,
		);
		expect(binary?.fileName).not.toMatch(/[/\\]/);
		expect((await alimail.read(binary!)).toString()).toBe('bytes');
	});

	it('goes into the field that is named', async () => {
		const { items } = await answered(
			{ body: { a: 1 } },
			{ responseFormat: 'file', outputPropertyName: 'attachment' },
		);
		expect(items[0]?.binary?.attachment).toMatchObject({ mimeType: 'application/json' });
	});
});

/** Header values as a server sends UTF-8. */
function encoded(headers: Record<string, string>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [
			name,
			Buffer.from(value, 'utf8').toString('latin1'),
		]),
	);
}

describe('an error response', () => {
	it('is reported with status, code, message, developer message and item', async () => {
		const { error } = await answered({
			status: 403,
			body: {
				detailErrorCode: 'scope.missing',
				message: '没有权限',
				developerMessage: 'Mail.Read.All',
			},
		});
		expect(error).toMatchObject({
			name: 'NodeApiError',
			httpCode: '403',
			message: expect.stringMatching(/scope\.missing.*没有权限.*Mail\.Read\.All/),
			description: expect.stringContaining('permission'),
			context: {
				itemIndex: 0,
				data: { statusCode: 403, code: 'scope.missing', developerMessage: 'Mail.Read.All' },
			},
		});
	});

	it.each(['code', 'oauth', 'text'] as const)(
		'in the shape %s is understood too',
		async (errorShape) => {
			const { alimail } = await simulated({ errorShape });
			const { error } = await alimail.run({
				parameters: apiRequest('GET', '/v2/users/nobody@example.com'),
			});
			expect(error?.message).toMatch(/404.*not found/i);
		},
	);

	it('holds neither token nor secret', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: apiRequest('GET', USER) });
		simulator.fault({ path: USER, status: 500, times: Infinity });
		const { run } = await alimail.run({
			parameters: apiRequest('GET', USER, { options: { maxRetries: 0 } }),
		});
		expect(JSON.stringify(run)).not.toContain(alimail.credentials.stored.accessToken);
		expect(JSON.stringify(run)).not.toContain(simulator.clientSecret);
	});

	it('inside status 200 is an error when pages are read', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: INBOX, status: 200, body: { detailErrorCode: '1001', message: 'no' } });
		const { error } = await alimail.run({
			parameters: apiRequest('GET', INBOX, { pagination: 'cursor', returnAll: true }),
		});
		expect(error?.message).toContain('1001');
	});
});

describe('a request that may be repeated', () => {
	it.each([
		['status 503', { status: 503 }],
		['a connection that breaks before', { reset: 'before' as const }],
		['a connection that breaks after', { reset: 'after' as const }],
		['half an answer', { half: true }],
	])('is a GET that met %s', async (_what, fault) => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: USER, ...fault });
		const { json, error } = await alimail.run({ parameters: apiRequest('GET', USER) });
		expect(error).toBeUndefined();
		expect(json).toMatchObject([{ email: 'alice@example.com' }]);
		expect(simulator.apiRequests).toHaveLength(2);
	});

	it('is any that met 429, after the time that the server names', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: `${USER}/messages`, method: 'POST', retryAfter: 1 });
		const { error } = await alimail.run({
			parameters: jsonRequest('POST', `${USER}/messages`, { message: { subject: 'x' } }),
		});
		expect(error).toBeUndefined();
		const [first, second] = simulator.apiRequests;
		expect(simulator.apiRequests).toHaveLength(2);
		expect(second!.at - first!.at).toBeGreaterThanOrEqual(950);
	});

	it('is not repeated for ever', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: USER, retryAfter: 0, times: Infinity });
		const { error } = await alimail.run({
			parameters: apiRequest('GET', USER, { options: { maxRetries: 2 } }),
		});
		expect(error).toMatchObject({ httpCode: '429' });
		expect(simulator.apiRequests).toHaveLength(3);
	});

	it.each([
		['status 500', { status: 500 }],
		['status 503', { status: 503 }],
		['a connection that breaks before', { reset: 'before' as const }],
		['a connection that breaks after', { reset: 'after' as const }],
		['half an answer', { half: true }],
		['no answer in time', { delayMs: 3000 }],
	])('is never a POST that met %s', async (_what, fault) => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: `${USER}/messages`, method: 'POST', ...fault });
		const { error } = await alimail.run({
			parameters: jsonRequest(
				'POST',
				`${USER}/messages`,
				{ message: {} },
				{ options: { timeout: 500 } },
			),
		});
		expect(error?.message).toBeDefined();
		expect(simulator.apiRequests).toHaveLength(1);
	});
});

describe('a redirect', () => {
	it('on the same server is followed with the token', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: '/v2/old', redirect: USER });
		const { json } = await alimail.run({ parameters: apiRequest('GET', '/v2/old') });
		expect(json).toMatchObject([{ email: 'alice@example.com' }]);
		expect(simulator.apiRequests.map(({ authorization }) => authorization !== undefined)).toEqual([
			true,
			true,
		]);
	});

	it('to another server is followed without the token and without our headers', async () => {
		const { simulator, alimail } = await simulated();
		const { simulator: other } = await simulated();
		simulator.fault({ path: '/v2/old', redirect: `${other.url}/v2/users` });
		await alimail.run({
			parameters: apiRequest('GET', '/v2/old', {
				sendHeaders: true,
				specifyHeaders: 'keypair',
				headerParameters: { parameters: [{ name: 'x-mine', value: '1' }] },
				options: { neverError: true },
			}),
		});
		expect(other.apiRequests).toHaveLength(1);
		expect(other.apiRequests[0]?.authorization).toBeUndefined();
		expect(other.apiRequests[0]?.headers).not.toHaveProperty('x-mine');
	});

	it('back to the own server from another one gets no token', async () => {
		const { simulator, alimail } = await simulated();
		const { simulator: other } = await simulated();
		simulator.fault({ path: '/v2/old', redirect: `${other.url}/v2/hop` });
		other.fault({ path: '/v2/hop', redirect: `${simulator.url}${USER}` });
		await alimail.run({
			parameters: apiRequest('GET', '/v2/old', { options: { neverError: true } }),
		});
		expect(
			simulator.apiRequests.map(({ path, authorization }) => [path, authorization !== undefined]),
		).toEqual([
			['/v2/old', true],
			[USER, false],
		]);
	});

	it('of a POST is not followed', async () => {
		const { simulator, alimail } = await simulated();
		const { simulator: other } = await simulated();
		simulator.fault({ path: '/v2/old', redirect: `${other.url}/v2/users`, status: 307 });
		const { error } = await alimail.run({ parameters: jsonRequest('POST', '/v2/old', { a: 1 }) });
		expect(error).toMatchObject({ httpCode: '307' });
		expect(other.requests).toHaveLength(0);
	});

	it('is handed over when redirects are not to be followed', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: '/v2/old', redirect: USER });
		const { json } = await alimail.run({
			parameters: apiRequest('GET', '/v2/old', {
				options: { followRedirects: false, neverError: true, fullResponse: true },
			}),
		});
		expect(json).toMatchObject([{ statusCode: 302, headers: { location: USER } }]);
	});

	it('that goes in circles ends', async () => {
		const { simulator, alimail } = await simulated({ rateLimit: Infinity });
		simulator.fault({ path: '/v2/old', redirect: '/v2/old', times: Infinity });
		const { error } = await alimail.run({ parameters: apiRequest('GET', '/v2/old') });
		expect(error).toMatchObject({ httpCode: '302' });
		expect(simulator.apiRequests.length).toBeLessThan(20);
	});
});

describe('pages', () => {
	it.each([
		['everything', { returnAll: true }, 250, 3],
		['a limit within the first page', { limit: 7 }, 7, 1],
		['a limit at the end of a page', { limit: 100 }, 100, 1],
		['a limit on the third page', { limit: 201 }, 201, 3],
		['a bound of pages', { returnAll: true, options: { maxPages: 2 } }, 200, 2],
		['pages of another size', { returnAll: true, options: { pageSize: 50 } }, 250, 5],
	])('are followed by cursor: %s', async (_what, parameters, count, requests) => {
		const { simulator, alimail } = await simulated();
		simulator.state.addMessages('bob@example.com', 250 - inboxSize(simulator, 'bob@example.com'));
		const { items, error } = await alimail.run({
			parameters: apiRequest('GET', '/v2/users/bob@example.com/mailFolders/2/messages', {
				pagination: 'cursor',
				cursorLocation: 'query',
				itemsPath: 'messages',
				...parameters,
			}),
		});
		expect(error).toBeUndefined();
		expect(items).toHaveLength(count);
		expect(new Set(items.map(({ json }) => json.id)).size).toBe(count);
		expect(simulator.apiRequests).toHaveLength(requests);
	});

	it.each(['dollar', 'empty', 'missing'] as const)(
		'of a search are followed in the body, to an end that is %s',
		async (searchEnd) => {
			const { simulator, alimail } = await simulated({ searchEnd });
			simulator.state.addMessages('bob@example.com', 130);
			const { items, error } = await alimail.run({
				parameters: jsonRequest(
					'POST',
					'/v2/users/bob@example.com/messages/query',
					{ query: 'folderId:2' },
					{ pagination: 'cursor', cursorLocation: 'body', returnAll: true },
				),
			});
			expect(error).toBeUndefined();
			expect(items).toHaveLength(inboxSize(simulator, 'bob@example.com'));
			expect(simulator.apiRequests.map(({ body }) => (body as { query: string }).query)).toEqual([
				'folderId:2',
				'folderId:2',
			]);
		},
	);

	it.each([
		[{ query: 'folderId:2' }, ''],
		[{ query: 'folderId:2', cursor: 'c7' }, 'c7'],
	])(
		'begin in the body with an empty cursor, or with that of the body: %j',
		async (body, begin) => {
			const { simulator, alimail } = await simulated();
			const path = '/v2/users/bob@example.com/messages/query';
			simulator.fault({ path, body: { messages: [{ id: 1 }], nextCursor: 'c8' } });
			simulator.fault({ path, body: { messages: [{ id: 2 }], nextCursor: '' } });
			const { json, error } = await alimail.run({
				parameters: jsonRequest('POST', path, body, {
					pagination: 'cursor',
					cursorLocation: 'body',
					itemsPath: 'messages',
					returnAll: true,
				}),
			});
			expect(error).toBeUndefined();
			expect(json).toEqual([{ id: 1 }, { id: 2 }]);
			expect(simulator.apiRequests.map((request) => request.body)).toEqual([
				{ query: 'folderId:2', size: 100, cursor: begin },
				{ query: 'folderId:2', size: 100, cursor: 'c8' },
			]);
		},
	);

	const query = 'filter=(name=*a%20b*)&plus=%2B&$select=id,name&flag';

	it.each<[string, object, string, string]>([
		['offset', { pagination: 'offset' }, '&offset=0&limit=1', '&offset=1&limit=1'],
		[
			'cursor',
			{ pagination: 'cursor', cursorLocation: 'query' },
			'&size=1',
			'&size=1&cursor=a%20b%2B',
		],
	])('leave the rest of the query as it is, by %s', async (_way, parameters, first, second) => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: '/v2/list', body: { users: [{ id: 1 }], nextCursor: 'a b+' } });
		simulator.fault({ path: '/v2/list', body: { users: [{ id: 2 }], total: 2 } });
		const { json, error } = await alimail.run({
			parameters: apiRequest('GET', `/v2/list?${query}`, {
				itemsPath: 'users',
				returnAll: true,
				options: { pageSize: 1 },
				...parameters,
			}),
		});
		expect(error).toBeUndefined();
		expect(json).toEqual([{ id: 1 }, { id: 2 }]);
		expect(simulator.apiRequests.map(({ url }) => url)).toEqual([
			`/v2/list?${query}${first}`,
			`/v2/list?${query}${second}`,
		]);
	});

	it('take the place of what the query says about pages', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: '/v2/list', body: { users: [{ id: 1 }], total: 1 } });
		await alimail.run({
			parameters: apiRequest('GET', '/v2/list?limit=7&%6Fffset=7&a=%20', {
				pagination: 'offset',
				itemsPath: 'users',
				returnAll: true,
			}),
		});
		expect(simulator.apiRequests[0]?.url).toBe('/v2/list?a=%20&offset=0&limit=100');
	});

	it('are counted by offset and total', async () => {
		const { simulator, alimail } = await simulated();
		const { items, error } = await alimail.run({
			parameters: apiRequest('GET', '/v2/departments/$root/users', {
				pagination: 'offset',
				itemsPath: 'users',
				returnAll: true,
				options: { pageSize: 2 },
			}),
		});
		expect(error).toBeUndefined();
		const { query } = simulator.apiRequests[0]!;
		expect(query).toEqual({ offset: '0', limit: '2' });
		expect(new Set(items.map(({ json }) => json.id)).size).toBe(items.length);
		expect(simulator.apiRequests).toHaveLength(Math.max(1, Math.ceil(items.length / 2)));
	});
});

function inboxSize(simulator: Awaited<ReturnType<typeof simulated>>['simulator'], mailbox: string) {
	return simulator.state.messagesIn(mailbox, '2').length;
}
