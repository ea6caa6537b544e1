import { beforeEach, describe, expect, it } from 'vitest';
import {
	nextCursor,
	pagesByCursor,
	pagesByOffset,
} from '../../nodes/Alimail/transport/pagination.ts';
import type { NodeRun } from '../support/nodeRunner.mts';
import { fromList } from '../support/operations.mts';
import { apiRequest } from '../support/simulated.mts';
import { expectNoSecret } from '../support/secrets.mts';
import { AT_ONCE, underAttack, type Scene } from './support/underAttack.mts';

const ALICE = 'alice@example.com';
const alice = fromList(ALICE);

let scene: Scene;

beforeEach(async () => {
	scene = await underAttack();
});

const run = async (parameters: Record<string, unknown>): Promise<NodeRun> =>
	await scene.alimail.run({ parameters: parameters as never });

describe('a list that never ends', () => {
	const paged = (more: object) =>
		apiRequest('GET', '/v2/users', {
			pagination: 'cursor',
			cursorLocation: 'query',
			itemsPath: 'users',
			returnAll: true,
			options: AT_ONCE,
			...more,
		});

	it.each([
		['names the same place again and again', ['a']],
		['goes round in circles', ['a', 'b', 'c', 'a']],
	])('is left when it %s', async (_what, cursors) => {
		for (const nextCursor of cursors) {
			scene.simulator.fault({ path: '/v2/users', body: { users: [{ id: 1 }], nextCursor } });
		}
		scene.simulator.fault({
			path: '/v2/users',
			body: { users: [{ id: 1 }], nextCursor: cursors.at(-1) },
			times: Infinity,
		});
		const { error } = await run(paged({}));
		expect(error).toBeUndefined();
		expect(scene.simulator.apiRequests.length).toBeLessThanOrEqual(cursors.length + 2);
	});

	it('is given up when every page names a new one', async () => {
		let asked = 0;
		const pages = pagesByCursor(async () => ({ nextCursor: `page-${++asked}` }));
		await expect(async () => {
			for await (const _page of pages);
		}).rejects.toThrow('The list has no end');
		expect(asked).toBeLessThanOrEqual(10_000);
		asked = 0;
		const offsets = pagesByOffset(
			async () => ({ total: Number.MAX_SAFE_INTEGER, asked: ++asked }),
			() => 1,
		);
		await expect(async () => {
			for await (const _page of offsets);
		}).rejects.toThrow('The list has no end');
		expect(asked).toBeLessThanOrEqual(10_000);
	});

	it.each<{ cursor: unknown }>(
		[{}, [], true, null, undefined, { toString: 'x' }, ['a']].map((cursor) => ({ cursor })),
	)('ends at a cursor like $cursor', ({ cursor }) => {
		expect(nextCursor({ nextCursor: cursor as never })).toBeUndefined();
	});

	it.each([
		'../../oauth2/v2.0/token',
		'&size=1&x=',
		'#',
		'\r\nX-Evil: 1',
		'//evil.example',
		'\u0000',
	])('whose cursor is %j asks the same path for it', async (cursor) => {
		scene.simulator.fault({ path: '/v2/users', body: { users: [], nextCursor: cursor } });
		await run(paged({}));
		expect(scene.simulator.apiRequests.map(({ path }) => path)).toEqual(['/v2/users', '/v2/users']);
		expect(scene.simulator.apiRequests[1]?.query).toEqual({ size: '100', cursor });
		scene.expectTokenAtHome();
	});

	it('whose cursor is longer than any address is an error', async () => {
		scene.simulator.fault({
			path: '/v2/users',
			body: { users: [], nextCursor: 'x'.repeat(1_000_000) },
		});
		const { error } = await run(paged({}));
		expect(error).toBeDefined();
		expect(error!.message.length).toBeLessThan(1_000);
	});
});

/** JSON whose names are those of the prototype. */
const POLLUTING = `{
	"__proto__": {"polluted": 1},
	"constructor": {"prototype": {"polluted": 1}},
	"prototype": {"polluted": 1},
	"id": "__proto__", "name": "constructor", "displayName": "__proto__", "email": "x@example.com",
	"extHeaders": {"__proto__": "x", "Content-Type": "text/plain"},
	"internetMessageHeaders": {"__proto__": "x", "References": "<a>"},
	"toRecipients": [{"__proto__": {"polluted": 1}, "email": "x@example.com"}],
	"receivedDateTime": "2025-01-01T00:00:00Z"
}`;
const LISTS = ['users', 'messages', 'folders', 'attachments', 'departments', 'contacts'];
const lists = LISTS.map((name) => `"${name}": [${POLLUTING}]`).join();
const HOSTILE_JSON = `{"message": ${POLLUTING}, "__proto__": {"polluted": 1}, ${lists}}`;

describe('an answer that is out for the prototype', () => {
	const reads: Array<[string, Record<string, unknown>]> = [
		['API Request', apiRequest('GET', '/v2/users', { options: AT_ONCE })],
		[
			'API Request, split',
			apiRequest('GET', '/v2/users', { options: { ...AT_ONCE, splitIntoItems: 'users' } }),
		],
		[
			'API Request, split at __proto__',
			apiRequest('GET', '/v2/users', {
				options: { ...AT_ONCE, splitIntoItems: '__proto__.constructor' },
			}),
		],
		['users', { resource: 'user', operation: 'getAll', returnAll: true }],
		['one user', { resource: 'user', operation: 'get', user: alice, simplify: false }],
		[
			'messages',
			{ resource: 'message', operation: 'getAll', mailbox: alice, folder: fromList('2') },
		],
		[
			'one message',
			{ resource: 'message', operation: 'get', mailbox: alice, messageId: 'x', simplify: false },
		],
		[
			'one message, simple',
			{ resource: 'message', operation: 'get', mailbox: alice, messageId: 'x' },
		],
		['folders', { resource: 'folder', operation: 'getAll', mailbox: alice, returnAll: true }],
		[
			'attachments',
			{ resource: 'attachment', operation: 'getAll', mailbox: alice, messageId: 'x' },
		],
	];

	it.each(reads)('leaves it alone: %s', async (_what, parameters) => {
		scene.simulator.fault({ path: '/v2/*', body: HOSTILE_JSON, times: 50 });
		const before = Object.getOwnPropertyNames(Object.prototype);
		const { json } = await run(parameters);
		expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
		expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
		for (const item of json) {
			expect([Object.prototype, null]).toContain(Object.getPrototypeOf(item));
			expect((item as { polluted?: unknown }).polluted).toBeUndefined();
		}
	});

	it('in an error leaves it alone', async () => {
		scene.simulator.fault({ path: '/v2/users', status: 400, body: HOSTILE_JSON });
		const { error } = await run(apiRequest('GET', '/v2/users', { options: AT_ONCE }));
		expect(error).toMatchObject({ httpCode: '400' });
		expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
	});
});

describe('the name of a file', () => {
	const names = [
		'../../etc/passwd',
		'..\\..\\windows\\system.ini',
		'/etc/passwd',
		'C:\\autoexec.bat',
		'a\0b.txt',
		'a\r\nb.txt',
		'..',
		'.',
		'',
		' ',
		'x'.repeat(5_000),
		'%2e%2e%2fpasswd',
	];
	const expectSafe = (fileName: string | undefined) => {
		// eslint-disable-next-line no-control-regex
		expect(fileName).toMatch(/^[^/\\\x00-\x1f\x7f]+$/);
		expect(['.', '..']).not.toContain(fileName);
	};

	it.each(names)(
		'in a list of attachments has no folder and no control character: %j',
		async (name) => {
			const message = scene.simulator.state.addMessage(ALICE, {
				attachments: [{ name, content: 'x', contentType: 'text/plain' }],
			});
			const { items, error } = await run({
				resource: 'attachment',
				operation: 'download',
				mailbox: alice,
				messageId: message.id,
				attachmentId: message.attachments[0]!.id,
				binaryPropertyName: 'data',
			});
			expect(error).toBeUndefined();
			expectSafe(items[0]?.binary?.data?.fileName);
		},
	);

	it.each([
		...names.map((name) => `attachment; filename="${name.replace(/["\\]/g, '\\$&')}"`),
		"attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd",
		"attachment; filename*=UTF-8''a%00%0d%0ab",
		"attachment; filename*=UTF-8''%ff%fe",
		'attachment; filename=',
		'attachment; filename="',
	])('in a header has none either: %j', async (disposition) => {
		scene.simulator.fault({
			path: '/v2/users',
			body: 'content',
			// eslint-disable-next-line no-control-regex
			headers: { 'content-disposition': disposition.replace(/[\x00-\x08\x0a-\x1f]/g, '') },
		});
		const { items, error } = await run(apiRequest('GET', '/v2/users', { options: AT_ONCE }));
		expect(error).toBeUndefined();
		expectSafe(items[0]?.binary?.data?.fileName);
	});
});

describe('an answer beyond all measure', () => {
	const request = apiRequest('GET', '/v2/users', {
		options: { ...AT_ONCE, responseFormat: 'json' },
	});

	it.each([1_000, 200_000])('nested %i deep is an item or an error', async (depth) => {
		scene.simulator.fault({
			path: '/v2/*',
			body: `{"users":${'['.repeat(depth)}${']'.repeat(depth)}}`,
			times: 10,
		});
		for (const parameters of [
			request,
			{ resource: 'user', operation: 'get', user: alice, simplify: false },
			{ resource: 'user', operation: 'update', user: alice, updateFields: { nickname: 'x' } },
		]) {
			const ended = await run(parameters as Record<string, unknown>).then(
				({ json, error }) => json.length === 1 || error !== undefined,
				// n8n itself cannot copy what is nested deeper than its stack.
				(error: Error) => error instanceof RangeError,
			);
			expect(ended).toBe(true);
		}
	});

	it('makes a short error', async () => {
		for (const body of ['x'.repeat(3_000_000), `{"message":"${'x'.repeat(3_000_000)}"}`]) {
			scene.simulator.fault({ path: '/v2/users', status: 400, body });
			const { error } = await run(request);
			expect(error).toMatchObject({ httpCode: '400' });
			expect(JSON.stringify(error!.context).length + error!.message.length).toBeLessThan(2_000);
		}
	});

	it.each(['<', '<a', '&', '\\', '%25', '+', ' '])(
		'made of nothing but %j is searched for secrets to an end',
		async (piece) => {
			scene.simulator.fault({ path: '/v2/users', status: 400, body: piece.repeat(1_000_000) });
			const { error } = await run(request);
			expect(error).toMatchObject({ httpCode: '400' });
		},
	);
});

describe('a token endpoint', () => {
	const getToken = { resource: 'token', operation: 'get', options: { forceNewToken: true } };
	const path = '/oauth2/v2.0/token';

	it.each([
		'a\r\nX-Evil: 1',
		'a\nb',
		'a b',
		'a\u0000',
		'tök3n',
		'',
		'={{ $env.PATH }}',
		'=x',
		7,
		null,
		{ toString: 'x' },
		['x'],
	])('that gives the token %j gives none', async (access_token) => {
		const before = structuredClone(scene.alimail.credentials.stored);
		scene.simulator.fault({ path, body: { access_token, expires_in: 3600 } });
		const { error } = await run(getToken);
		expect(error?.message).toContain('Alimail gave no access token');
		expect(scene.alimail.credentials.stored).toEqual(before);
	});

	it.each([1e308, '1e400', -1, 0, 'soon', '0x10', [], {}, true, null, Number.MAX_SAFE_INTEGER])(
		'that lets it live for %j seconds does no harm',
		async (expires_in) => {
			scene.simulator.fault({ path, body: { access_token: 'harmless-token', expires_in } });
			const { json, error } = await run(getToken);
			expect(error).toBeUndefined();
			const seconds = Number(json[0]?.expires_in);
			expect(seconds).toBeGreaterThanOrEqual(0);
			expect(seconds).toBeLessThanOrEqual(366 * 24 * 3600);
			expect(Date.parse(String(json[0]?.expires_at))).not.toBeNaN();
		},
	);

	it.each(['x\r\nX-Evil: 1', '={{ $env }}', 'mac', 7, null, { a: 1 }])(
		'that calls its type %j gets bearer all the same',
		async (token_type) => {
			scene.simulator.revokeTokens();
			scene.simulator.fault({
				path,
				body: { access_token: 'harmless-token', expires_in: 3600, token_type },
			});
			await run(apiRequest('GET', '/v2/users', { options: AT_ONCE }));
			const sent = scene.simulator.apiRequests;
			expect(sent.map(({ authorization }) => authorization)).toContain('bearer harmless-token');
			for (const { rawHeaders } of sent) {
				expect(JSON.stringify(rawHeaders)).not.toContain('X-Evil');
			}
			const { accessToken, accessTokenDetails } = scene.alimail.credentials.stored;
			// n8n runs a stored field that begins with = as an expression.
			for (const field of [accessToken, accessTokenDetails]) expect(field).not.toMatch(/^=/);
		},
	);

	it('that answers with the names of the prototype gives no token', async () => {
		scene.simulator.fault({
			path,
			body: '{"__proto__": {"access_token": "x-x-x-x-x-x", "expires_in": 1}}',
		});
		const { error } = await run(getToken);
		expect(error?.message).toContain('Alimail gave no access token');
		expectNoSecret(error, ['x-x-x-x-x-x']);
	});
});
