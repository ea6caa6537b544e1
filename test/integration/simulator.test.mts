import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { request, type Dispatcher } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
	defaultSettings,
	startSimulator,
	tokenPattern,
	type FaultRule,
	type Simulator,
} from '../simulator/index.mts';
import { RateLimiter } from '../simulator/rateLimit.mts';

/** One object of a list in an answer. */
interface Entry {
	id: string;
	email: string;
	path: string;
	subject: string;
	size: number | string;
	receivedDateTime: string;
	displayName: string;
}

/** The fields of answers that these tests read. */
interface Body extends Entry {
	access_token: string;
	expires_in: number | string;
	detailErrorCode: string;
	code: string;
	requestId: string;
	message: Entry & {
		message: string;
		internetMessageId: string;
		internetMessageHeaders: unknown;
	};
	domain: string;
	name: string;
	status: string;
	folder: Entry;
	folders: Entry[];
	messages: Entry[];
	users: Entry[];
	departments: Entry[];
	attachments: Entry[];
	contacts: Entry[];
	ids: string[];
	nextCursor: string;
	hasMore: boolean;
	total: number;
	location: string;
	uploadUrl: string;
}

interface Answer {
	path: string;
	status: number;
	headers: Dispatcher.ResponseData['headers'];
	text: string;
	json: Body;
}

interface CallOptions {
	method?: Dispatcher.HttpMethod;
	headers?: Record<string, string>;
	json?: unknown;
	body?: string | Buffer | Readable;
}

const alice = '/v2/users/alice@example.com';
const inbox = `${alice}/mailFolders/2/messages`;

let simulator: Simulator;
let token: string;

beforeAll(async () => {
	simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(async () => {
	token = (await exchange()).json.access_token;
});
afterEach(() => simulator.reset());

async function send(url: string, options: CallOptions = {}): Promise<Answer> {
	const { statusCode, headers, body } = await request(url, {
		method: options.method ?? (options.json === undefined ? 'GET' : 'POST'),
		headers: {
			...(options.json !== undefined && { 'content-type': 'application/json' }),
			...options.headers,
		},
		body: options.json === undefined ? (options.body ?? null) : JSON.stringify(options.json),
	});
	const text = await body.text();
	const { pathname } = new URL(url);
	return { path: pathname, status: statusCode, headers, text, json: parsed(text) };
}

function parsed(text: string): Body {
	try {
		return JSON.parse(text) as Body;
	} catch {
		// Not every answer is JSON.
		return {} as Body;
	}
}

function exchange(form: Record<string, string> = {}): Promise<Answer> {
	const fields = new URLSearchParams({
		grant_type: 'client_credentials',
		client_id: simulator.clientId,
		client_secret: simulator.clientSecret,
		...form,
	});
	return send(`${simulator.url}/oauth2/v2.0/token`, {
		method: 'POST',
		headers: { 'content-type': 'application/x-www-form-urlencoded' },
		body: fields.toString(),
	});
}

function call(path: string, options: CallOptions = {}): Promise<Answer> {
	const headers = { authorization: `Bearer ${token}`, ...options.headers };
	return send(simulator.url + path, { ...options, headers });
}

function encoded(id: string): string {
	return encodeURIComponent(id);
}

function expectAlimailError(answer: Answer, status: number, code?: string): void {
	expect(answer.status).toBe(status);
	const isMail = /^\/v2\/(users\/[^/]+\/(mailFolders|messages|calendars)|stream\/)/.test(
		answer.path,
	);
	const names = isMail
		? ['code', 'message', 'requestId']
		: ['detailErrorCode', 'developerMessage', 'message'];
	expect(Object.keys(answer.json).sort()).toEqual(names);
	if (code !== undefined) {
		expect(isMail ? answer.json.code : answer.json.detailErrorCode).toBe(code);
	}
}

describe('getting an access token', () => {
	it('answers a form with token_type, access_token and expires_in, and no refresh token', async () => {
		const answer = await exchange();
		expect(answer.status).toBe(200);
		expect(answer.json).toEqual({
			token_type: 'bearer',
			access_token: expect.stringMatching(new RegExp(`^${tokenPattern.source}$`)),
			expires_in: 3600,
		});
	});

	it('tolerates a scope', async () => {
		expect((await exchange({ scope: 'Mail.Read.All' })).status).toBe(200);
	});

	it.each([1200, 4000, 12_000])('gives a JWT of %i characters', async (tokenLength) => {
		simulator.settings.tokenLength = tokenLength;
		token = (await exchange()).json.access_token;
		expect(token).toHaveLength(tokenLength);
		const [header = '', payload = ''] = token.split('.');
		expect(header).toBe('eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9');
		expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toHaveProperty('jti');
		expect((await call('/v2/organization/$current')).status).toBe(200);
	});

	it('gives a UUID when set so', async () => {
		simulator.settings.tokenLength = 36;
		token = (await exchange()).json.access_token;
		expect(token).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
		expect((await call('/v2/organization/$current')).status).toBe(200);
	});

	it('gives tokens as long as the environment says, and otherwise of 1,200 characters', async () => {
		const length = Number(process.env.ALIMAIL_SIMULATOR_TOKEN_LENGTH || 1200);
		expect(defaultSettings.tokenLength).toBe(length);
		expect(token).toHaveLength(length);
	});

	it('gives another token each time and leaves the earlier one alive', async () => {
		const second = (await exchange()).json.access_token;
		expect(second).not.toBe(token);
		expect((await call('/v2/organization/$current')).status).toBe(200);
	});

	it('ends the earlier ones when set so, save for requests under way', async () => {
		simulator.settings.newTokenEndsOlder = true;
		const path = '/v2/organization/$current';
		simulator.fault({ path, delayMs: 300 });
		const underWay = call(path);
		await vi.waitUntil(() => simulator.apiRequests.length === 1);
		const next = (await exchange()).json.access_token;
		expect((await underWay).status).toBe(200);
		expectAlimailError(await call(path), 401);
		token = next;
		expect((await call(path)).status).toBe(200);
	});

	it.each([
		['a wrong id', { client_id: 'other' }],
		['a wrong secret', { client_secret: 's3cret' }],
		['another grant', { grant_type: 'password' }],
		['an empty secret', { client_secret: '' }],
	])('refuses %s without repeating what was sent', async (_case, form) => {
		const answer = await exchange(form);
		expectAlimailError(answer, 400, '1003');
		for (const value of Object.values(form)) {
			if (value !== '') expect(answer.text).not.toContain(value);
		}
	});

	it('refuses JSON with 1003 请求参数异常', async () => {
		const answer = await send(`${simulator.url}/oauth2/v2.0/token`, {
			json: {
				grant_type: 'client_credentials',
				client_id: simulator.clientId,
				client_secret: simulator.clientSecret,
			},
		});
		expectAlimailError(answer, 400, '1003');
		expect(answer.json.message).toBe('请求参数异常');
	});

	it('refuses credentials in the query string', async () => {
		const fields = new URLSearchParams({
			grant_type: 'client_credentials',
			client_id: simulator.clientId,
			client_secret: simulator.clientSecret,
		});
		const url = `${simulator.url}/oauth2/v2.0/token?${fields.toString()}`;
		expectAlimailError(await send(url, { method: 'POST' }), 400, '1003');
	});

	it('writes expires_in as the settings say', async () => {
		simulator.settings.expiresInShape = 'string';
		expect((await exchange()).json.expires_in).toBe('3600');
		simulator.settings.expiresInShape = 'missing';
		expect((await exchange()).json).not.toHaveProperty('expires_in');
	});
});

describe('calling with a token', () => {
	it.each(['Bearer', 'bearer', 'BEARER'])('takes the scheme %s', async (scheme) => {
		const headers = { authorization: `${scheme} ${token}` };
		expect((await call('/v2/organization/$current', { headers })).status).toBe(200);
	});

	it.each([
		['none', undefined],
		['an unknown one', 'Bearer unknown'],
		['another scheme', 'Basic abc'],
	])('answers 401 to %s', async (_case, authorization) => {
		const headers: Record<string, string> = authorization ? { authorization } : {};
		const answer = await send(`${simulator.url}${inbox}`, { headers });
		expectAlimailError(answer, 401);
	});

	it('answers 401 to a revoked token, and 200 to the next one', async () => {
		simulator.settings.expiredStatus = 403;
		simulator.revokeTokens();
		expectAlimailError(await call(inbox), 401);
		token = (await exchange()).json.access_token;
		expect((await call(inbox)).status).toBe(200);
	});

	it.each([401, 403])('answers %i to an expired token when set so', async (status) => {
		simulator.settings.expiredStatus = status;
		simulator.settings.tokenLifetimeSeconds = 0;
		token = (await exchange()).json.access_token;
		expectAlimailError(await call(inbox), status);
	});

	it('answers 403 outside the permissions of the app', async () => {
		simulator.settings.permissions = ['Mail.Read.All'];
		expect((await call(inbox)).status).toBe(200);
		expectAlimailError(await call('/v2/users'), 403);
		expectAlimailError(await call('/v2/organization/$current'), 403);
		expectAlimailError(await call(`${alice}/messages`, { json: { message: {} } }), 403);
		simulator.settings.permissions = ['Mail.Send.All'];
		expect((await call(`${alice}/messages`, { json: { message: {} } })).status).toBe(200);
		expectAlimailError(await call(inbox), 403);
	});

	it('answers 404 to unknown paths, mailboxes and messages', async () => {
		expectAlimailError(await call('/v2/nothing/here'), 404);
		expectAlimailError(await call('/v2/%zz'), 404);
		expectAlimailError(
			await call('/v2/users/a@elsewhere.example/mailFolders'),
			404,
			'domain.notFound',
		);
		expectAlimailError(await call('/v2/users/nobody@example.com/mailFolders'), 404);
		expectAlimailError(await call(`${alice}/messages/Dz$---.x`), 404);
		expectAlimailError(await call(`${alice}/calendars`), 404);
	});

	it.each([
		['no JSON', '{"message":'],
		['a list', '[]'],
		['nothing', ''],
	])('answers 400 with 1001 to a body that is %s', async (_case, body) => {
		const headers = { 'content-type': 'application/json' };
		const answer = await call(`${alice}/messages`, { method: 'POST', headers, body });
		expectAlimailError(answer, 400, '1001');
	});

	it('writes errors about mail and about the directory differently', async () => {
		const mail = await call(`${alice}/messages/unknown`);
		expect(mail.status).toBe(404);
		expect(mail.json).toEqual({
			code: 'Error.InvalidId',
			message: 'message not found',
			requestId: expect.stringMatching(/^[\da-f-]{36}$/),
		});
		for (const path of ['users', 'departments', 'sharedContactFolders']) {
			const answer = await call(
				`/v2/${path}/unknown${path.startsWith('shared') ? '/contacts' : ''}`,
			);
			expect(answer.status).toBe(404);
			expect(Object.keys(answer.json)).toEqual(['detailErrorCode', 'message', 'developerMessage']);
		}
	});

	it('writes errors in one shape, and in foreign ones, when set so', async () => {
		simulator.settings.errorShape = 'alimail';
		const names = ['detailErrorCode', 'message', 'developerMessage'];
		expect(Object.keys((await call(`${alice}/messages/unknown`)).json)).toEqual(names);
		simulator.settings.errorShape = 'code';
		expect(Object.keys((await call('/v2/x')).json)).toEqual(['code', 'message', 'requestId']);
		simulator.settings.errorShape = 'oauth';
		expect(Object.keys((await call('/v2/x')).json)).toEqual(['error', 'error_description']);
		simulator.settings.errorShape = 'text';
		const answer = await call('/v2/x');
		expect(answer.headers['content-type']).toMatch(/^text\/plain/);
		expect(answer.text).toBe('404 path not found');
	});

	it('answers HEAD where GET works', async () => {
		const answer = await call(inbox, { method: 'HEAD' });
		expect(answer.status).toBe(200);
		expect(answer.text).toBe('');
	});

	it('reads %24 in a path as $', async () => {
		expect((await call('/v2/organization/%24current')).json.domain).toBe('example.com');
	});
});

describe('calling faster than the domain allows', () => {
	it('lets 40 requests a second through and answers 429 to the others', async () => {
		const answers = await Promise.all(
			Array.from({ length: 60 }, () => call('/v2/organization/$current')),
		);
		expect(answers.filter(({ status }) => status === 200)).toHaveLength(40);
		const refused = answers.filter(({ status }) => status === 429);
		expect(refused).toHaveLength(20);
		expectAlimailError(refused[0] as Answer, 429);
		expect(refused[0]?.headers).not.toHaveProperty('retry-after');
	});

	it('never allows more than the limit within any second', async () => {
		simulator.settings.rateLimit = 10;
		const allowedAt: number[] = [];
		const end = performance.now() + 2200;
		while (performance.now() < end) {
			const sentAt = performance.now();
			if ((await call('/v2/organization/$current')).status === 200) allowedAt.push(sentAt);
		}
		expect(allowedAt.length).toBeGreaterThanOrEqual(20);
		allowedAt.forEach((at, i) => {
			const eleventh = allowedAt[i + 10];
			// The server takes the time a moment later than the client.
			if (eleventh !== undefined) expect(eleventh - at).toBeGreaterThan(950);
		});
	});

	it('says when to come back, in seconds or as a date, when set so', async () => {
		simulator.settings.rateLimit = 0;
		simulator.settings.retryAfterHeader = 'seconds';
		expect((await call(inbox)).headers['retry-after']).toBe('1');
		simulator.settings.retryAfterHeader = 'date';
		const date = String((await call(inbox)).headers['retry-after']);
		expect(date).toMatch(/GMT$/);
		expect(Date.parse(date)).toBeGreaterThanOrEqual(Date.now());
	});

	it.each(['0', '0.5', 'soon', ''])('says "%s" when set so', async (text) => {
		simulator.settings.rateLimit = 0;
		simulator.settings.retryAfterHeader = text;
		expect((await call(inbox)).headers['retry-after']).toBe(text);
	});

	it('counts by a bucket when set so', async () => {
		// A window takes a first request, but there is no whole one in such a bucket.
		simulator.settings.rateLimit = 0.5;
		simulator.settings.rateLimiter = 'tokenBucket';
		expect((await call('/v2/organization/$current')).status).toBe(429);
		simulator.settings.rateLimiter = 'slidingWindow';
		expect((await call('/v2/organization/$current')).status).toBe(200);
	});

	it('fills a bucket all the time, and a window a second later', () => {
		const limiter = new RateLimiter();
		const allowed = (kind: 'slidingWindow' | 'tokenBucket', now: number) => {
			let count = 0;
			while (limiter.take(20, kind, now)) count += 1;
			return count;
		};
		const times = [0, 49, 51, 480, 990, 1001, 9000];
		expect(times.map((now) => allowed('tokenBucket', now))).toEqual([20, 0, 1, 8, 10, 1, 20]);
		expect(times.map((now) => allowed('slidingWindow', now))).toEqual([20, 0, 0, 0, 0, 20, 20]);
	});

	it('has no limit when set so', async () => {
		simulator.settings.rateLimit = Infinity;
		const answers = await Promise.all(Array.from({ length: 100 }, () => call(inbox)));
		expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
	});
});

describe('listing the messages of a folder', () => {
	async function listAll(path: string, size: number): Promise<Body[]> {
		const pages: Body[] = [];
		let cursor = '';
		do {
			const separator = path.includes('?') ? '&' : '?';
			const query = `${separator}size=${size}&cursor=${encoded(cursor)}`;
			const { json } = await call(path + query);
			pages.push(json);
			cursor = json.nextCursor;
		} while (pages.at(-1)?.hasMore);
		return pages;
	}

	it('reads every message once, newest first, and ends with hasMore false', async () => {
		const pages = await listAll(`${inbox}?$select=receivedDateTime`, 10);
		expect(pages.map(({ messages }) => messages.length)).toEqual([10, 10, 5]);
		expect(pages.map(({ hasMore }) => hasMore)).toEqual([true, true, false]);
		const messages = pages.flatMap((page) => page.messages);
		expect(new Set(messages.map(({ id }) => id)).size).toBe(25);
		const times = messages.map(({ receivedDateTime }) => receivedDateTime);
		expect(times).toEqual([...times].sort().reverse());
	});

	it('ends exactly when the last page is full', async () => {
		const pages = await listAll(inbox, 25);
		expect(pages).toHaveLength(1);
		expect(pages[0]?.hasMore).toBe(false);
	});

	it('neither repeats nor skips when mail arrives between two pages', async () => {
		const first = (await call(`${inbox}?size=10`)).json;
		simulator.state.addMessages('alice@example.com', 5);
		const rest = (await call(`${inbox}?size=100&cursor=${first.nextCursor}`)).json;
		const ids = [...first.messages, ...rest.messages].map(({ id }) => id);
		expect(ids).toHaveLength(25);
		expect(new Set(ids).size).toBe(25);
	});

	it('reads a mailbox of 10,000 messages', async () => {
		simulator.settings.rateLimit = Infinity;
		simulator.state.addMessages('bob@example.com', 10_000);
		const pages = await listAll('/v2/users/bob@example.com/mailFolders/2/messages', 100);
		expect(pages).toHaveLength(100);
		const ids = pages.flatMap(({ messages }) => messages.map(({ id }) => id));
		expect(new Set(ids).size).toBe(10_000);
	});

	it('returns 100 at most and when no size is given', async () => {
		simulator.state.addMessages('alice@example.com', 200);
		expect((await call(inbox)).json.messages).toHaveLength(100);
		expectAlimailError(await call(`${inbox}?size=101`), 400, '1001');
	});

	it.each(['isAscending=true', 'orderby=ASC'])('reads oldest first with %s', async (order) => {
		const pages = await listAll(`${inbox}?$select=receivedDateTime&${order}`, 10);
		const times = pages.flatMap(({ messages }) =>
			messages.map(({ receivedDateTime }) => receivedDateTime),
		);
		expect(times).toHaveLength(25);
		expect(times).toEqual([...times].sort());
	});

	it('keeps to startTime and endTime, and ignores an OData filter', async () => {
		const [newest, second, third] = simulator.state.messagesIn('alice@example.com', '2');
		const window = `startTime=${third?.receivedDateTime}&endTime=${newest?.receivedDateTime}`;
		const { json } = await call(`${inbox}?${window}&filter=${encoded('isRead eq true')}`);
		expect(json.messages.map(({ id }) => id)).toEqual([second?.id, third?.id]);
	});

	it('leaves out body and recipients, unless $select names them', async () => {
		const [listed] = (await call(`${inbox}?size=1`)).json.messages;
		expect(Object.keys(listed ?? {})).toEqual([
			'id',
			'subject',
			'summary',
			'from',
			'folderId',
			'isRead',
			'hasAttachments',
			'sentDateTime',
		]);
		const [selected] = (await call(`${inbox}?size=1&$select=body,tags`)).json.messages;
		expect(Object.keys(selected ?? {})).toEqual(['id', 'body', 'tags']);
	});

	it('writes sizes as text and counters as numbers, or otherwise when set so', async () => {
		const size = async () =>
			(await call(`${inbox}?size=1&$select=size`)).json.messages[0]?.size as unknown;
		expect(await size()).toMatch(/^\d+$/);
		simulator.settings.sizeShape = 'number';
		expect(await size()).toBeTypeOf('number');
		const before = (await call(`${alice}/mailFolders`)).json.folders;
		expect(before.find(({ id }) => id === '2')).toMatchObject({
			totalItemCount: 25,
			unreadItemCount: 7,
		});
		simulator.settings.numberShape = 'string';
		const { folders } = (await call(`${alice}/mailFolders`)).json;
		expect(folders.find(({ id }) => id === '2')).toMatchObject({
			totalItemCount: '25',
			unreadItemCount: '7',
		});
	});
});

describe('searching', () => {
	function search(query: string, more: object = {}): Promise<Answer> {
		return call(`${alice}/messages/query?$select=id,subject,folderId,isRead`, {
			json: { query, ...more },
		});
	}

	it('pages until nextCursor is $, with a total', async () => {
		const first = (await search('folderId:2', { size: 20 })).json;
		expect(first.messages).toHaveLength(20);
		expect(first.total).toBe(25);
		const last = (await search('folderId:2', { size: 20, cursor: first.nextCursor })).json;
		expect(last.messages).toHaveLength(5);
		expect(last.nextCursor).toBe('$');
		const beyond = (await search('folderId:2', { size: 20, cursor: '$' })).json;
		expect(beyond.messages).toEqual([]);
	});

	it('ends with an empty or a missing cursor when set so', async () => {
		simulator.settings.searchEnd = 'empty';
		expect((await search('folderId:2')).json.nextCursor).toBe('');
		simulator.settings.searchEnd = 'missing';
		expect((await search('folderId:2')).json).not.toHaveProperty('nextCursor');
	});

	it('takes an empty cursor on the first page, and refuses none at all when set so', async () => {
		expect((await search('folderId:2', { cursor: '' })).json.total).toBe(25);
		expect((await search('folderId:2')).json.total).toBe(25);
		simulator.settings.searchNeedsCursor = true;
		expect((await search('folderId:2', { cursor: '' })).json.total).toBe(25);
		expectAlimailError(await search('folderId:2'), 400, '1001');
	});

	it('does not find a new message before the time that is set', async () => {
		simulator.settings.searchDelayMs = 60_000;
		expect((await search('folderId:2')).json.total).toBe(0);
		expect((await call(inbox)).json.messages).toHaveLength(25);
		simulator.settings.searchDelayMs = 1;
		await vi.waitUntil(async () => (await search('folderId:2')).json.total === 25);
	});

	it('copes with a mailbox of 50,000 messages that changes all the time', async () => {
		simulator.settings.rateLimit = Infinity;
		const bob = '/v2/users/bob@example.com';
		simulator.state.addMessages('bob@example.com', 50_000);
		for (let i = 0; i < 200; i++) {
			const { id } = simulator.state.addMessage('bob@example.com', { subject: `Late ${i}` });
			const { messages } = (await call(`${bob}/mailFolders/2/messages?size=2`)).json;
			expect(messages.map((message) => message.id)[0]).toBe(id);
			if (i % 2 === 0) simulator.state.moveMessage('bob@example.com', id, '6');
		}
		const found = await call(`${bob}/messages/query`, { json: { query: 'subject:Late' } });
		expect(found.json.total).toBe(200);
		const folder = (id: string) => simulator.state.messagesIn('bob@example.com', id);
		expect([folder('2').length, folder('6').length]).toEqual([50_100, 100]);
		const deleted = folder('6').map(({ id }) => id);
		await call(`${bob}/messages/batchDelete`, {
			json: { ids: deleted, deleteType: 'USER_DELETED' },
		});
		expect(folder('6')).toEqual([]);
		const all = simulator.state.messagesIn('bob@example.com');
		expect(all).toHaveLength(50_100);
		const sorted = [...all].sort(
			(left, right) => right.receivedAt - left.receivedAt || right.sequence - left.sequence,
		);
		expect(all.every((message, i) => message === sorted[i])).toBe(true);
	});

	it.each([
		['folderId:2 AND isRead:false', 7],
		['folderId:1 OR folderId=104', 2],
		['subject:"weekly report" AND folderId:2', 13],
		['subject="Weekly report 1"', 0],
		['subject="Weekly report 2"', 1],
		['NOT folderId:2', 2],
		['(folderId:1 OR folderId:2) AND NOT (isRead:true OR hasAttachments:true)', 4],
		['attachname:invoice', 1],
		['hasAttachments:true AND size>4000', 1],
		['fromEmail:zhang.wei@example.com', 4],
		['from:张伟', 4],
		['to:张伟', 1],
		['tag:1', 1],
		['date>2025-01-11T01:29:59Z', 1],
		['date>=2025-01-11T01:30:00Z', 1],
		['date>2025-01-11T01:30:00Z', 0],
		['folderId:10', 0],
	])('finds with %s', async (query, count) => {
		expect((await search(query)).json.total).toBe(count);
	});

	it('reads a doubled quote inside quotes', async () => {
		simulator.state.addMessage('alice@example.com', { subject: 'the "big" one' });
		expect((await search('subject:"""big"" one"')).json.total).toBe(1);
	});

	it.each([
		'',
		'report',
		'isRead:false hasAttachments:true',
		'isRead:false and hasAttachments:true',
		'(folderId:2',
		'folderId:2)',
		'subject:"open',
		'after:2025-01-01',
		'date>2025-01-01',
		'NOT',
		'isRead:no',
	])('refuses the query "%s"', async (query) => {
		expectAlimailError(await search(query), 400, '1001');
	});

	it('refuses the key kql', async () => {
		const answer = await call(`${alice}/messages/query`, { json: { kql: 'folderId:2' } });
		expectAlimailError(answer, 400, '1001');
	});
});

describe('reading one message', () => {
	it('is found by its id, which holds $, -, . and _', async () => {
		const [message] = simulator.state.messagesIn('alice@example.com', '2');
		const id = message?.id ?? '';
		for (const character of '$-._') expect(id).toContain(character);
		const answer = await call(`${alice}/messages/${encoded(id)}`);
		expect(answer.json.message).toMatchObject({
			id,
			subject: message?.subject,
			toRecipients: [{ email: 'alice@example.com' }],
			body: message?.body,
		});
		expect((await call(`${alice}/messages/${id}`)).json.message.id).toBe(id);
	});

	it('comes bare when set so', async () => {
		simulator.settings.messageShape = 'bare';
		const [message] = simulator.state.messagesIn('alice@example.com', '2');
		const answer = await call(`${alice}/messages/${encoded(message?.id ?? '')}?$select=subject`);
		expect(answer.json).toEqual({ id: message?.id, subject: message?.subject });
	});
});

describe('sending a message', () => {
	const message = {
		subject: 'Report',
		toRecipients: [{ email: 'bob@example.com', name: 'Bob' }],
		ccRecipients: [{ email: 'far@elsewhere.example' }],
		bccRecipients: [{ email: 'grace@example.com' }],
		body: { bodyText: 'See the file.' },
		internetMessageHeaders: { 'In-Reply-To': '<x@example.com>' },
	};
	const messagesOf = (mailbox: string, folder: string) =>
		simulator.state.messagesIn(mailbox, folder);

	async function createDraft(): Promise<string> {
		const answer = await call(`${alice}/messages`, { json: { message } });
		expect(answer.status).toBe(200);
		return answer.json.message.id;
	}

	async function openUpload(draft: string, name = 'report.bin'): Promise<string> {
		const path = `${alice}/messages/${encoded(draft)}/attachments/createUploadSession`;
		const answer = await call(path, { json: { attachment: { name, isInline: false } } });
		expect(answer.status).toBe(200);
		return answer.json.uploadUrl;
	}

	const octets = { 'content-type': 'application/octet-stream' };

	it('goes from draft over upload to the recipient with the same bytes', async () => {
		const draft = await createDraft();
		expect(messagesOf('alice@example.com', '5').map(({ id }) => id)).toEqual([draft]);
		const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256));
		const uploadUrl = await openUpload(draft);
		const upload = await send(uploadUrl, { method: 'POST', headers: octets, body: bytes });
		expect(upload.status).toBe(200);

		const path = `${alice}/messages/${encoded(draft)}/send`;
		const sent = await call(path, { json: { saveToSentItems: true } });
		expect(sent.status).toBe(200);
		expect(sent.json).toEqual({});

		expect(messagesOf('alice@example.com', '5')).toEqual([]);
		const [copy] = messagesOf('alice@example.com', '1');
		expect(copy).toMatchObject({ subject: 'Report', isRead: true });
		expect(copy?.id).not.toBe(draft);
		const [received] = messagesOf('bob@example.com', '2');
		expect(received).toMatchObject({
			subject: 'Report',
			isRead: false,
			bccRecipients: [],
			internetMessageHeaders: { 'In-Reply-To': '<x@example.com>' },
			internetMessageId: copy?.internetMessageId,
		});
		expect(received?.id).not.toBe(copy?.id);
		const expected = createHash('sha256').update(bytes).digest('hex');
		expect(await received?.attachments[0]?.content.sha256()).toBe(expected);
		expect(messagesOf('grace@example.com', '2')).toHaveLength(1);

		const again = await call(path, { json: { saveToSentItems: true } });
		expectAlimailError(again, 404);
		expect(messagesOf('bob@example.com', '2')).toHaveLength(1);
	});

	it.each([
		[{ saveToSentItems: false }, 0],
		[{ saveToSentItems: true }, 1],
		[{}, 1],
		[undefined, 1],
	])('told %j, keeps so many copies: %i', async (json, copies) => {
		const before = messagesOf('alice@example.com', '1').length;
		const path = `${alice}/messages/${encoded(await createDraft())}/send`;
		await call(path, { method: 'POST', json });
		expect(messagesOf('alice@example.com', '1')).toHaveLength(before + copies);
		expect(messagesOf('bob@example.com', '2')).toHaveLength(1);
	});

	it.each(['<own@example.com>', ''])(
		'replaces the internetMessageId "%s", and keeps own headers',
		async (internetMessageId) => {
			const internetMessageHeaders = { 'X-Key': '42' };
			const answer = await call(`${alice}/messages`, {
				json: { message: { ...message, internetMessageId, internetMessageHeaders } },
			});
			const draft = answer.json.message;
			expect(draft.internetMessageId).toMatch(/^<.+@.+>$/);
			await call(`${alice}/messages/${encoded(draft.id)}/send`, { json: {} });
			const [copy] = messagesOf('alice@example.com', '1');
			const [received] = messagesOf('bob@example.com', '2');
			expect(copy?.internetMessageId).not.toBe(draft.internetMessageId);
			expect(received?.internetMessageId).toBe(copy?.internetMessageId);
			expect(copy?.internetMessageHeaders).toEqual(internetMessageHeaders);
			expect(received?.internetMessageHeaders).toEqual(internetMessageHeaders);
		},
	);

	it('keeps its copy later when set so, and drops it when it starts anew', async () => {
		const before = messagesOf('alice@example.com', '1').length;
		simulator.settings.sentCopyDelayMs = 100;
		const sendOne = async () =>
			call(`${alice}/messages/${encoded(await createDraft())}/send`, { json: {} });
		expect((await sendOne()).status).toBe(200);
		expect(messagesOf('bob@example.com', '2')).toHaveLength(1);
		await vi.waitUntil(() => messagesOf('alice@example.com', '1').length === before + 1);
		simulator.settings.sentCopyDelayMs = 20;
		await sendOne();
		simulator.reset();
		await new Promise((resolve) => setTimeout(resolve, 60));
		expect(messagesOf('alice@example.com', '1')).toHaveLength(before);
	});

	it('answers with an empty body when set so', async () => {
		simulator.settings.emptyBodies = true;
		const path = `${alice}/messages/${encoded(await createDraft())}/send`;
		const answer = await call(path, { json: { saveToSentItems: true } });
		expect(answer).toMatchObject({ status: 200, text: '' });
	});

	it('refuses to send what is no draft, or a draft without recipients', async () => {
		const [received] = messagesOf('alice@example.com', '2');
		const path = `${alice}/messages/${encoded(received?.id ?? '')}/send`;
		expectAlimailError(await call(path, { json: { saveToSentItems: true } }), 404);
		const empty = (await call(`${alice}/messages`, { json: { message: {} } })).json.message.id;
		const answer = await call(`${alice}/messages/${encoded(empty)}/send`, { json: {} });
		expectAlimailError(answer, 400, '1001');
	});

	it.each([
		['recipients that are no list', { toRecipients: { email: 'bob@example.com' } }],
		["Graph's recipients", { toRecipients: [{ emailAddress: { address: 'b@example.com' } }] }],
		['an unknown priority', { priority: 'high' }],
		['headers as a list', { internetMessageHeaders: [{ name: 'X-A', value: '1' }] }],
	])('refuses %s', async (_case, wrong) => {
		const answer = await call(`${alice}/messages`, { json: { message: { ...message, ...wrong } } });
		expectAlimailError(answer, 400, '1001');
	});

	it('takes and shows headers as a list when set so', async () => {
		simulator.settings.headersShape = 'array';
		const internetMessageHeaders = [{ name: 'X-A', value: '1' }];
		const answer = await call(`${alice}/messages`, {
			json: { message: { ...message, internetMessageHeaders } },
		});
		expect(answer.json.message.internetMessageHeaders).toEqual(internetMessageHeaders);
	});

	it('takes an upload by PUT, in pieces, at a relative URL', async () => {
		simulator.settings.uploadUrlShape = 'relative';
		const draft = await createDraft();
		const uploadUrl = await openUpload(draft);
		expect(uploadUrl).toMatch(/^\/v2\/stream\/[\w-]+$/);
		const put = (body: string, range: string) =>
			call(uploadUrl, {
				method: 'PUT',
				headers: { ...octets, 'content-range': range },
				body,
			});
		expect((await put('first ', 'bytes 0-5/12')).status).toBe(200);
		const drafted = () =>
			simulator.state.message(simulator.state.mailbox('alice@example.com'), draft);
		expect(drafted().attachments).toEqual([]);
		expectAlimailError(await put('second', 'bytes 7-11/12'), 400, '1001');
		expectAlimailError(await put('second', 'bytes 6-12/13'), 400, '1001');
		expect((await put('second', 'bytes 6-11/12')).status).toBe(200);
		const expected = createHash('sha256').update('first second').digest('hex');
		expect(await drafted().attachments[0]?.content.sha256()).toBe(expected);
	});

	it('replaces the file when an upload is repeated', async () => {
		const draft = await createDraft();
		const uploadUrl = await openUpload(draft);
		for (const body of ['one', 'three']) {
			await send(uploadUrl, { method: 'POST', headers: octets, body });
		}
		const { attachments } = (await call(`${alice}/messages/${encoded(draft)}/attachments`)).json;
		expect(attachments).toMatchObject([{ name: 'report.bin', size: 5, isInline: false }]);
	});

	it('answers 401 to an upload with a dead token, 404 to an unknown session', async () => {
		const uploadUrl = await openUpload(await createDraft());
		const headers = { ...octets, authorization: 'Bearer dead' };
		expect((await send(uploadUrl, { method: 'POST', headers, body: 'x' })).status).toBe(401);
		const unknown = `${simulator.url}/v2/stream/unknown`;
		const answer = await send(unknown, { method: 'POST', headers: octets, body: 'x' });
		expectAlimailError(answer, 404);
	});

	it('leaves no file behind when an upload breaks off', async () => {
		const draft = await createDraft();
		const uploadUrl = await openUpload(draft);
		const broken = Readable.from(
			(async function* () {
				yield Buffer.alloc(100_000);
				throw new Error('the sender gives up');
			})(),
		);
		await expect(
			send(uploadUrl, { method: 'POST', headers: octets, body: broken }),
		).rejects.toThrow('the sender gives up');
		const path = `${alice}/messages/${encoded(draft)}/attachments`;
		expect((await call(path)).json.attachments).toEqual([]);
	});

	it('streams a large file without holding it in memory', async () => {
		const chunk = Buffer.alloc(1024 * 1024, 7);
		const megabytes = 256;
		const hash = createHash('sha256');
		for (let i = 0; i < megabytes; i++) hash.update(chunk);
		const draft = await createDraft();
		const uploadUrl = await openUpload(draft, 'large.bin');
		let most = 0;
		const body = Readable.from(
			(function* () {
				for (let i = 0; i < megabytes; i++) {
					most = Math.max(most, process.memoryUsage().arrayBuffers);
					yield chunk;
				}
			})(),
			{ highWaterMark: 1 },
		);
		const before = process.memoryUsage().arrayBuffers;
		const answer = await send(uploadUrl, { method: 'POST', headers: octets, body });
		expect(answer.status).toBe(200);
		expect(most - before).toBeLessThan(128 * 1024 * 1024);
		const record = simulator.apiRequests.at(-1);
		expect(record?.bodySize).toBe(megabytes * chunk.length);
		expect(record?.bodySha256).toBe(hash.digest('hex'));
		expect(record?.bodyText).toHaveLength(64 * 1024);
	});
});

describe('downloading an attachment', () => {
	async function attachmentPath(): Promise<string> {
		const message = simulator.state
			.messagesIn('alice@example.com', '2')
			.find(({ attachments }) => attachments.some(({ name }) => name.endsWith('.pdf')));
		const path = `${alice}/messages/${encoded(message?.id ?? '')}/attachments`;
		const { attachments } = (await call(path)).json;
		expect(attachments).toMatchObject([
			{
				name: 'invoice 2025-01.pdf',
				isInline: false,
				extHeaders: { 'Content-Type': 'application/pdf' },
			},
		]);
		return `${path}/${encoded(attachments[0]?.id ?? '')}/$value`;
	}

	it('redirects to a session that needs no token, absolutely when set so', async () => {
		simulator.settings.downloadShape = 'absoluteRedirect';
		const absolute = await call(await attachmentPath());
		expect(absolute.status).toBe(302);
		const address = String(absolute.headers.location);
		expect(address.startsWith(`${simulator.url}/v2/stream/`)).toBe(true);
		expect((await send(address)).text.startsWith('%PDF-1.4')).toBe(true);
		simulator.settings.downloadShape = 'redirect';
		const answer = await call(await attachmentPath());
		expect(answer.status).toBe(302);
		const location = String(answer.headers.location);
		expect(location).toMatch(/^\/v2\/stream\/[\w-]+$/);
		const file = await send(simulator.url + location);
		expect(file.status).toBe(200);
		expect(file.text.startsWith('%PDF-1.4')).toBe(true);
		expect(simulator.apiRequests.at(-1)?.authorization).toBeUndefined();
	});

	it('names the session in JSON, absolute or relative, when set so', async () => {
		simulator.settings.downloadShape = 'location';
		const absolute = (await call(await attachmentPath())).json.location;
		expect((await send(absolute)).text.startsWith('%PDF')).toBe(true);
		simulator.settings.downloadShape = 'relativeLocation';
		const relative = (await call(await attachmentPath())).json.location;
		expect(relative).toMatch(/^\/v2\/stream\//);
		expect((await send(simulator.url + relative)).text.startsWith('%PDF')).toBe(true);
	});

	it('gives the bytes at once when set so', async () => {
		simulator.settings.downloadShape = 'bytes';
		const answer = await call(await attachmentPath());
		expect(answer.status).toBe(200);
		expect(answer.text.startsWith('%PDF')).toBe(true);
	});

	it('goes through another origin that records whether a token came along', async () => {
		const storage = await simulator.startStorage();
		simulator.settings.storageOrigin = storage.url;
		const { location } = (await call(await attachmentPath())).headers;
		expect(String(location).startsWith(`${storage.url}/v2/stream/`)).toBe(true);
		expect((await send(String(location))).text.startsWith('%PDF')).toBe(true);
		const authorization = 'Bearer of somebody';
		expect((await send(String(location), { headers: { authorization } })).status).toBe(200);
		expect(storage.requests.map((entry) => entry.authorization)).toEqual([
			undefined,
			authorization,
		]);
		await storage.close();
	});

	it('answers 404 to a session that was never opened', async () => {
		expectAlimailError(await send(`${simulator.url}/v2/stream/unknown`), 404);
	});
});

describe('changing many messages at once', () => {
	const idsInInbox = () => simulator.state.messagesIn('alice@example.com', '2').map(({ id }) => id);
	const find = (id: string) => simulator.state.mailbox('alice@example.com').messages.get(id);
	const post = (operation: string, json: object) =>
		call(`${alice}/messages/${operation}`, { json });

	it('moves them', async () => {
		const ids = idsInInbox().slice(0, 3);
		const answer = await post('move', { ids, destinationFolderId: '104' });
		expect(answer).toMatchObject({ status: 200, json: {} });
		expect(ids.map((id) => find(id)?.folderId)).toEqual(['104', '104', '104']);
		expect((await call(inbox)).json.messages).toHaveLength(22);
		expectAlimailError(await post('move', { ids, destinationFolderId: '999' }), 404);
	});

	it('marks and tags them', async () => {
		const ids = idsInInbox().slice(0, 2);
		await post('batchUpdate', { ids, action: 'markRead' });
		await post('batchUpdate', { ids, action: 'addTags', tags: ['1', '11'] });
		await post('batchUpdate', { ids, action: 'removeTags', tags: ['1'] });
		for (const id of ids) expect(find(id)).toMatchObject({ isRead: true, tags: ['11'] });
		await post('batchUpdate', { ids, action: 'markUnread' });
		for (const id of ids) expect(find(id)?.isRead).toBe(false);
		expectAlimailError(await post('batchUpdate', { ids, action: 'flag' }), 400, '1001');
	});

	it('deletes them: first to folder 6, then for good', async () => {
		const ids = idsInInbox().slice(0, 2);
		await post('batchDelete', { ids, deleteType: 'USER_DELETED' });
		expect(ids.map((id) => find(id)?.folderId)).toEqual(['6', '6']);
		await post('batchDelete', { ids, deleteType: 'USER_DELETED' });
		expect(ids.map((id) => find(id))).toEqual([undefined, undefined]);
	});

	it.each([0, 101])('refuses %i ids', async (count) => {
		const ids = Array.from({ length: count }, (_, i) => `id ${i}`);
		const answer = await post('batchUpdate', { ids, action: 'markRead' });
		expectAlimailError(answer, 400, '1001');
	});

	it('changes nothing when one id is unknown', async () => {
		const [id = ''] = idsInInbox();
		const answer = await post('move', { ids: [id, 'unknown'], destinationFolderId: '104' });
		expectAlimailError(answer, 404);
		expect(find(id)?.folderId).toBe('2');
	});
});

describe('mail folders', () => {
	const path = `${alice}/mailFolders`;

	it('lists the top level, and the children of a folder', async () => {
		const { folders } = (await call(path)).json;
		expect(folders.map(({ id }) => id)).toEqual(['1', '2', '3', '5', '6', '104']);
		expect(folders.at(-1)).toMatchObject({ parentFolderId: '0', childFolderCount: 1 });
		const children = (await call(`${path}?folderId=104`)).json.folders;
		expect(children).toMatchObject([{ id: '105', parentFolderId: '104' }]);
	});

	it('uses the key value when set so', async () => {
		simulator.settings.folderListKey = 'value';
		expect(Object.keys((await call(path)).json)).toEqual(['value']);
	});

	it('are created, renamed and deleted; their mail goes to folder 6', async () => {
		const created = await call(path, { json: { displayName: 'New', folderId: '104' } });
		const { id } = created.json.folder;
		await call(`${path}/${id}`, { method: 'PATCH', json: { displayName: 'Renamed' } });
		const children = (await call(`${path}?folderId=104`)).json.folders;
		expect(children.at(-1)).toMatchObject({ id, displayName: 'Renamed' });
		const message = simulator.state.addMessage('alice@example.com', { folderId: id });
		expect((await call(`${path}/${id}`, { method: 'DELETE' })).status).toBe(200);
		expect(message.folderId).toBe('6');
		expectAlimailError(await call(`${path}/${id}/messages`), 404);
	});

	it('of the system stay', async () => {
		expectAlimailError(await call(`${path}/2`, { method: 'DELETE' }), 400, '1001');
	});
});

describe('users', () => {
	const list = async (query: Record<string, string>) =>
		(await call(`/v2/users?${new URLSearchParams(query).toString()}`)).json;
	const emails = (page: Body) => page.users.map(({ email }) => email.split('@')[0]);

	it('are listed in pages', async () => {
		const first = await list({ size: '5' });
		expect(first).toMatchObject({ hasMore: true, total: 8 });
		const second = await list({ size: '5', cursor: first.nextCursor });
		expect(second.hasMore).toBe(false);
		expect(new Set([...emails(first), ...emails(second)]).size).toBe(8);
	});

	it('are sorted', async () => {
		const sorted = emails(await list({ orderby: 'email', order: 'DES' }));
		expect(sorted).toEqual([...sorted].sort().reverse());
	});

	it.each([
		['(name=*伟)', ['zhang.wei']],
		['(|(name=李娜)(email=bob))', ['li.na', 'bob']],
		['(&(departmentId=department-0003)(!(status=FREEZE)))', ['li.na', 'bob']],
		['(departmentId=department-0002)', ['zhang.wei']],
		['(departmentId=department-0002*)', ['zhang.wei', 'chen.jing', 'wang.fang']],
		['(name=\\2a)', []],
		['(email=*@example.com)', undefined],
	])('are filtered with %s', async (filter, expected) => {
		const found = emails(await list({ filter }));
		if (expected === undefined) expect(found).toHaveLength(8);
		else expect(found).toEqual(expected);
	});

	it('are those that contain a text after a star when set so', async () => {
		simulator.settings.filterStar = 'contains';
		expect(emails(await list({ filter: '(name=*Fisch)' }))).toEqual(['bob']);
		expect(emails(await list({ filter: '(name=*Fisch*)' }))).toEqual([]);
		expect(emails(await list({ filter: '(name=Fisch)' }))).toEqual([]);
		expect(emails(await list({ filter: '(name=李娜)' }))).toEqual(['li.na']);
	});

	it.each(["name eq 'Alice'", '(name=Alice', '(&)', '(unknown=1)', '(name=a)(name=b)'])(
		'refuse the filter %s',
		async (filter) => {
			const path = `/v2/users?filter=${encoded(filter)}`;
			expectAlimailError(await call(path), 400, '1001');
		},
	);

	it('are read by id or address, unwrapped, with some fields for $select alone', async () => {
		const { json } = await call('/v2/users/zhang.wei@example.com');
		expect(json).toMatchObject({ name: '张伟', email: 'zhang.wei@example.com' });
		expect(json).not.toHaveProperty('phone');
		const selected = (await call(`/v2/users/${json.id}?$select=id,phone,departmentPath`)).json;
		expect(Object.keys(selected)).toEqual(['id', 'phone', 'departmentPath']);
		const unnamed = (await call(`/v2/users/${json.id}?$select=phone`)).json;
		expect(Object.keys(unnamed)).toEqual(['id', 'phone']);
	});

	it('are created with a mailbox, frozen and deleted', async () => {
		const json = {
			email: 'new@example.com',
			password: 'Passw0rd!',
			name: 'New',
			departmentIds: ['department-0002'],
		};
		const created = await call('/v2/users', { json });
		expect(created.json).toMatchObject({ email: 'new@example.com', status: 'NORMAL' });
		expect(created.text).not.toContain(json.password);
		expectAlimailError(await call('/v2/users', { json }), 400, '1001');
		const path = `/v2/users/${encoded('new@example.com')}`;
		expect((await call(`${path}/mailFolders`)).status).toBe(200);
		await call(path, { method: 'PATCH', json: { status: 'FREEZE' } });
		expect((await call(path)).json.status).toBe('FREEZE');
		expect((await call(`${path}/resetPassword`, { json: { password: 'x' } })).status).toBe(200);
		expect((await call(path, { method: 'DELETE' })).status).toBe(200);
		expectAlimailError(await call(path), 404);
	});

	it('take what go-alimail writes: texts for booleans, empty texts, no departments', async () => {
		const json = {
			email: 'new@example.com',
			password: 'Passw0rd!',
			name: 'New',
			nickname: '',
			departmentIds: null,
			employeeType: '',
			status: '',
			isHidden: 'true',
			forceChangePasswordNextSignIn: 'false',
		};
		expect((await call('/v2/users', { json })).json).toMatchObject({
			departmentIds: [],
			employeeType: 'EMPLOYEE',
			status: 'NORMAL',
		});
		const path = `/v2/users/${encoded('new@example.com')}`;
		const change = { isHidden: 'false', departmentIds: null, status: '', nickname: 'N' };
		expect((await call(path, { method: 'PATCH', json: change })).status).toBe(200);
		const { json: user } = await call(`${path}?$select=isHidden,nickname,status,departmentIds`);
		expect(user).toMatchObject({
			isHidden: false,
			nickname: 'N',
			status: 'NORMAL',
			departmentIds: [],
		});
		expectAlimailError(await call(path, { method: 'PATCH', json: { isHidden: 'no' } }), 400);
		const noDepartments = { ...json, email: 'other@example.com', departmentIds: undefined };
		expectAlimailError(await call('/v2/users', { json: noDepartments }), 400, '1001');
	});

	it('get and lose aliases', async () => {
		const path = `${alice}/emailAliases`;
		await call(path, { json: { alias: 'ceo@example.com', asDefault: false } });
		expect((await call('/v2/users/ceo@example.com')).json.name).toBe('Alice Martin');
		await call(path, { method: 'DELETE', json: { alias: 'ceo@example.com' } });
		expectAlimailError(await call('/v2/users/ceo@example.com'), 404);
	});
});

describe('organization, departments and shared contacts', () => {
	it('reads and changes the organization', async () => {
		const path = '/v2/organization/$current';
		await call(path, { method: 'PATCH', json: { telephone: '1' } });
		expect((await call(path)).json).toMatchObject({ telephone: '1', domain: 'example.com' });
	});

	it('walks departments from $root', async () => {
		const root = (await call('/v2/departments/$root')).json;
		expect(Object.keys(root)).not.toContain('userCount');
		const children = (await call('/v2/departments/$root/departments?offset=1&limit=1')).json;
		expect(children).toMatchObject({ departments: [{ parentId: root.id }], total: 3 });
		const path = `/v2/departments/${children.departments[0]?.id}`;
		expect((await call(`${path}/users?limit=2`)).json).toMatchObject({
			users: [{ name: '李娜' }, { name: 'Bob Fischer' }],
			total: 3,
		});
		expect((await call(`${path}?$select=userCount`)).json).toMatchObject({ userCount: 3 });
		expect((await call('/v2/departments/%24root')).json.id).toBe(root.id);
	});

	it('creates, renames and deletes a department', async () => {
		const json = { name: 'New', parentId: 'department-0001' };
		const { id } = (await call('/v2/departments', { json })).json;
		await call(`/v2/departments/${id}`, { method: 'PATCH', json: { name: 'Other' } });
		expect((await call(`/v2/departments/${id}`)).json.name).toBe('Other');
		await call(`/v2/departments/${id}`, { method: 'DELETE' });
		expectAlimailError(await call(`/v2/departments/${id}`), 404);
	});

	it('puts a department below the root, and leaves it where it is, if the parent is empty', async () => {
		const root = (await call('/v2/departments/$root')).json.id;
		const json = { name: 'New', parentId: '', isHidden: 'true' };
		const { id } = (await call('/v2/departments', { json })).json;
		expect((await call(`/v2/departments/${id}?$select=parentId,isHidden`)).json).toEqual({
			id,
			parentId: root,
			isHidden: true,
		});
		const moved = { parentId: 'department-0002' };
		await call(`/v2/departments/${id}`, { method: 'PATCH', json: moved });
		await call(`/v2/departments/${id}`, { method: 'PATCH', json });
		expect((await call(`/v2/departments/${id}`)).json).toMatchObject(moved);
	});

	it('reads shared contacts by folder', async () => {
		const base = '/v2/sharedContactFolders';
		const { folders, total } = (await call(`${base}/$root/childFolders`)).json;
		expect(total).toBe(2);
		const path = `${base}/${folders[0]?.id}/contacts?limit=1`;
		const { contacts, total: all } = (await call(path)).json;
		expect(all).toBe(2);
		expect(contacts.map((contact) => Object.keys(contact))).toEqual([['id', 'name', 'email']]);
		const selected = (await call(`${path}&$select=folderId,workPhone,folderPath`)).json.contacts;
		expect(selected).toEqual([
			{
				id: contacts[0]?.id,
				folderId: folders[0]?.id,
				workPhone: expect.any(String),
				folderPath: expect.any(Array),
			},
		]);
	});
});

describe('when the network or the service misbehaves', () => {
	it('answers with a status as often as asked, and then as usual', async () => {
		const fault = simulator.fault({ path: inbox, status: 503, times: 2 });
		expect((await call('/v2/organization/$current')).status).toBe(200);
		expectAlimailError(await call(inbox), 503);
		expect(fault.remaining).toBe(1);
		expectAlimailError(await call(inbox), 503);
		expect((await call(inbox)).status).toBe(200);
		expect(simulator.apiRequests.map((entry) => entry.fault)).toEqual([
			undefined,
			'status 503',
			'status 503',
			undefined,
		]);
	});

	it('hits the token endpoint, and paths without a route', async () => {
		simulator.fault({ path: '/oauth2/v2.0/token', status: 500 });
		expect((await exchange()).status).toBe(500);
		simulator.fault({ path: /nowhere$/, method: 'POST', status: 502, body: 'html' });
		expect((await call('/v2/nowhere')).status).toBe(404);
		const answer = await call('/v2/nowhere', { json: { some: 'body' } });
		expect(answer.status).toBe(502);
		expect(answer.headers['content-type']).toMatch(/^text\/html/);
		expect(simulator.apiRequests.at(-1)).toMatchObject({ body: { some: 'body' }, status: 502 });
	});

	it('resets the connection before or after the work', async () => {
		const path = `${alice}/mailFolders`;
		const json = { displayName: 'Once' };
		const made = () =>
			simulator.state
				.childFolders(simulator.state.mailbox('alice@example.com'), '0')
				.filter(({ displayName }) => displayName === 'Once').length;
		simulator.fault({ path, reset: 'before' });
		await expect(call(path, { json })).rejects.toThrow();
		expect(made()).toBe(0);
		simulator.fault({ path, reset: 'after' });
		await expect(call(path, { json })).rejects.toThrow();
		expect(made()).toBe(1);
		expect(simulator.apiRequests.map(({ status }) => status)).toEqual([undefined, undefined]);
	});

	it('breaks off in the middle of an answer, of a file too', async () => {
		simulator.fault({ path: inbox, half: true });
		const { statusCode, headers, body } = await request(simulator.url + inbox, {
			headers: { authorization: `Bearer ${token}` },
		});
		expect(statusCode).toBe(200);
		let received = 0;
		const reading = (async () => {
			for await (const chunk of body as AsyncIterable<Buffer>) received += chunk.length;
		})();
		await expect(reading).rejects.toThrow();
		expect(received).toBe(Math.floor(Number(headers['content-length']) / 2));

		simulator.settings.downloadShape = 'bytes';
		const file = simulator.state.addMessage('alice@example.com', {
			attachments: [{ name: 'a', content: Buffer.alloc(100_000) }],
		});
		simulator.fault({ path: /\$value$/, half: true });
		const path = `${alice}/messages/${encoded(file.id)}/attachments`;
		const id = file.attachments[0]?.id ?? '';
		await expect(call(`${path}/${encoded(id)}/$value`)).rejects.toThrow();
	});

	it('answers 200 with garbage, a page, or nothing', async () => {
		simulator.fault({ body: 'garbage-json' });
		const garbage = await call(inbox);
		expect(garbage.headers['content-type']).toMatch(/^application\/json/);
		expect(() => JSON.parse(garbage.text) as unknown).toThrow();
		simulator.fault({ body: 'html' });
		expect((await call(inbox)).text).toMatch(/^<!doctype html>/);
		simulator.fault({ body: 'empty' });
		expect(await call(inbox)).toMatchObject({ status: 200, text: '' });
		simulator.fault({ body: { detailErrorCode: '209' } });
		expect(await call(inbox)).toMatchObject({ status: 200, json: { detailErrorCode: '209' } });
	});

	it('redirects, asks to wait, and is slow', async () => {
		simulator.fault({ redirect: 'https://elsewhere.example/x' });
		const redirected = await call(inbox);
		expect(redirected.status).toBe(302);
		expect(redirected.headers.location).toBe('https://elsewhere.example/x');
		simulator.fault({ retryAfter: 7 });
		const waiting = await call(inbox);
		expect(waiting.status).toBe(429);
		expect(waiting.headers['retry-after']).toBe('7');
		simulator.fault({ delayMs: 150 });
		const start = performance.now();
		expect((await call(inbox)).status).toBe(200);
		expect(performance.now() - start).toBeGreaterThanOrEqual(145);
	});

	it('is slow for everything when set so', async () => {
		simulator.settings.latencyMs = 150;
		for (const slow of [exchange, () => call(inbox)]) {
			const start = performance.now();
			expect((await slow()).status).toBe(200);
			expect(performance.now() - start).toBeGreaterThanOrEqual(145);
		}
	});

	/** Begins a request, and tells what has come of its answer. */
	function begin(path: string, headers: Record<string, string> = {}) {
		const answer = { status: 0, declared: '', received: 0, ended: false };
		const ended = (async () => {
			const {
				statusCode,
				headers: answered,
				body,
			} = await request(simulator.url + path, {
				headers: { authorization: `Bearer ${token}`, ...headers },
			});
			answer.status = statusCode;
			answer.declared = String(answered['content-length']);
			for await (const chunk of body as AsyncIterable<Buffer>) answer.received += chunk.length;
		})().finally(() => (answer.ended = true));
		return { answer, ended };
	}

	/** Restarts the simulator, which ends what is silent. */
	async function restart(): Promise<void> {
		await simulator.close();
		simulator = await startSimulator();
	}

	it('falls silent before its headers, until it is closed', async () => {
		simulator.fault({ path: inbox, stall: 'request' });
		const { answer, ended } = begin(inbox);
		const failed = expect(ended).rejects.toThrow();
		await vi.waitUntil(() => simulator.apiRequests.length === 1);
		expect((await call(inbox)).status).toBe(200);
		expect(answer).toMatchObject({ status: 0, ended: false });
		expect(simulator.apiRequests[0]).toMatchObject({ fault: 'stall request' });
		expect(simulator.apiRequests[0]?.status).toBeUndefined();
		await restart();
		await failed;
	});

	it('stops reading a body, until it is closed', async () => {
		simulator.fault({ stall: 'upload' });
		const uploading = send(`${simulator.url}${alice}/messages`, {
			method: 'POST',
			body: Readable.from(
				Array.from({ length: 64 }, () => Buffer.alloc(1024 * 1024)),
				{ objectMode: false, highWaterMark: 1 },
			),
		});
		const failed = expect(uploading).rejects.toThrow();
		await vi.waitUntil(() => simulator.apiRequests.length === 1);
		expect((await call(inbox)).status).toBe(200);
		expect(simulator.apiRequests[0]?.bodySize).toBe(0);
		await restart();
		await failed;
	});

	it.each([
		['its headers', 'headers', 0],
		['half of its body', 'body', 0.5],
	] as const)('falls silent after %s, until it is closed', async (_case, stall, part) => {
		const { text } = await call(inbox);
		const size = Buffer.byteLength(text);
		const received = Math.floor(size * part);
		simulator.fault({ path: inbox, stall });
		const { answer, ended } = begin(inbox);
		const failed = expect(ended).rejects.toThrow();
		await vi.waitUntil(() => answer.status === 200 && answer.received === received);
		expect((await call(inbox)).status).toBe(200);
		expect(answer).toMatchObject({ declared: String(size), received, ended: false });
		await restart();
		await failed;
	});

	it('falls silent in a file, and in an answer of its own', async () => {
		simulator.settings.downloadShape = 'bytes';
		const file = simulator.state.addMessage('alice@example.com', {
			attachments: [{ name: 'a', content: Buffer.alloc(100_000) }],
		});
		const id = encoded(file.attachments[0]?.id ?? '');
		simulator.fault({ path: /\$value$/, stall: 'body' });
		const download = begin(`${alice}/messages/${encoded(file.id)}/attachments/${id}/$value`);
		simulator.fault({ path: inbox, status: 503, stall: 'headers' });
		const refused = begin(inbox);
		const failed = Promise.all([
			expect(download.ended).rejects.toThrow(),
			expect(refused.ended).rejects.toThrow(),
		]);
		await vi.waitUntil(() => download.answer.received === 50_000 && refused.answer.status === 503);
		await restart();
		await failed;
	});

	it('does the work before it falls silent in the answer, but not before that', async () => {
		const json = { displayName: 'Once' };
		const made = () =>
			simulator.state
				.childFolders(simulator.state.mailbox('alice@example.com'), '0')
				.filter(({ displayName }) => displayName === 'Once').length;
		const post = (stall: NonNullable<FaultRule['stall']>) => {
			simulator.fault({ path: `${alice}/mailFolders`, stall });
			const before = simulator.apiRequests.length;
			const failed = expect(call(`${alice}/mailFolders`, { json })).rejects.toThrow();
			return { before, failed };
		};
		const unanswered = post('request');
		await vi.waitUntil(() => simulator.apiRequests.length > unanswered.before);
		await vi.waitUntil(() => simulator.apiRequests.at(-1)?.bodySize);
		expect(made()).toBe(0);
		const answered = post('headers');
		await vi.waitUntil(() => made() === 1);
		await restart();
		await Promise.all([unanswered.failed, answered.failed]);
	});

	it('sends an answer slowly, but all of it', async () => {
		const { text } = await call(inbox);
		simulator.fault({ path: inbox, drip: { bytes: 500, everyMs: 5 } });
		const slow = await call(inbox);
		expect(slow.text).toBe(text);
		expect(slow.headers['content-length']).toBe(String(Buffer.byteLength(text)));
		simulator.fault({ path: inbox, drip: { bytes: 1, everyMs: 60_000 } });
		const { answer, ended } = begin(inbox);
		const failed = expect(ended).rejects.toThrow();
		await vi.waitUntil(() => answer.received === 1);
		await restart();
		await failed;
	});

	it('stops when the fault is cleared', async () => {
		const fault = simulator.fault({ status: 500, times: Infinity });
		expect((await call(inbox)).status).toBe(500);
		fault.clear();
		expect((await call(inbox)).status).toBe(200);
		expect(fault.remaining).toBe(0);
	});
});

describe('looking at what arrived', () => {
	it('keeps paths, queries and headers as they were sent', async () => {
		simulator.clearRequests();
		const path = '/v2/users/alice%40example.com/mailFolders/2/messages';
		await send(`${simulator.url}${path}?size=1&%24select=id%2Csubject`, {
			headers: { AUTHORIZATION: `bEaReR ${token}` },
		});
		expect(simulator.requests).toHaveLength(1);
		expect(simulator.requests[0]).toMatchObject({
			method: 'GET',
			path,
			url: `${path}?size=1&%24select=id%2Csubject`,
			query: { size: '1', $select: 'id,subject' },
			authorization: `bEaReR ${token}`,
			status: 200,
			bodySize: 0,
			bodySha256: createHash('sha256').digest('hex'),
		});
		expect(simulator.requests[0]?.rawHeaders).toContain('AUTHORIZATION');
	});

	it('lists the values of a parameter that is given twice', async () => {
		await call('/v2/organization/$current?a=1&a=2&__proto__=3&b=+');
		expect(Object.entries(simulator.apiRequests.at(-1)?.query ?? {})).toEqual([
			['a', ['1', '2']],
			['__proto__', '3'],
			['b', ' '],
		]);
	});

	it('separates token requests from others and parses forms', async () => {
		await call(inbox);
		expect(simulator.tokenRequests).toHaveLength(1);
		expect(simulator.tokenRequests[0]?.body).toStrictEqual({
			grant_type: 'client_credentials',
			client_id: simulator.clientId,
			client_secret: simulator.clientSecret,
		});
		expect(simulator.apiRequests.map(({ path }) => path)).toEqual([inbox]);
	});

	it('records a refused body in full', async () => {
		const body = 'x'.repeat(100_000);
		const headers = { authorization: 'Bearer dead', 'content-type': 'application/octet-stream' };
		await call(`${alice}/messages`, { method: 'POST', headers, body });
		expect(simulator.requests.at(-1)).toMatchObject({
			status: 401,
			bodySize: 100_000,
			bodySha256: createHash('sha256').update(body).digest('hex'),
			bodyText: body.slice(0, 64 * 1024),
		});
	});
});

describe('steering from another process', () => {
	const admin = (path: string, options?: CallOptions) =>
		send(`${simulator.url}/_simulator/${path}`, options);

	it('reads and clears the record, without leaving traces in it', async () => {
		await call(inbox);
		simulator.settings.rateLimit = 0;
		const { json } = await admin('requests');
		expect(json).toMatchObject([{ path: '/oauth2/v2.0/token' }, { path: inbox }]);
		await admin('requests', { method: 'DELETE' });
		expect(simulator.requests).toEqual([]);
	});

	it('sets faults and settings, and refuses unknown ones', async () => {
		await admin('faults', { json: { pathPattern: 'mailFolders', status: 500, times: null } });
		expect((await call(inbox)).status).toBe(500);
		expect((await call(inbox)).status).toBe(500);
		await admin('faults', { method: 'DELETE' });
		expect((await call(inbox)).status).toBe(200);
		await admin('settings', { method: 'PATCH', json: { rateLimit: null, tokenType: 'Bearer' } });
		expect(simulator.settings).toMatchObject({ rateLimit: Infinity, tokenType: 'Bearer' });
		const unknown = { method: 'PATCH', json: { ratelimit: 1 } } as const;
		expect((await admin('settings', unknown)).status).toBe(400);
		expect((await admin('faults', { json: { state: 500 } })).status).toBe(400);
		expect((await admin('faults', { json: { stall: 'half' } })).status).toBe(400);
		await admin('faults', { json: { path: inbox, drip: { bytes: 1000, everyMs: 1 } } });
		expect((await call(inbox)).status).toBe(200);
		expect(simulator.apiRequests.at(-1)?.fault).toBe('drip');
	});

	it('adds mail, one or many', async () => {
		const message = {
			subject: 'From outside',
			attachments: [{ name: 'a.txt', contentBase64: Buffer.from('abc').toString('base64') }],
		};
		const { ids } = (await admin('messages', { json: { mailbox: 'bob@example.com', message } }))
			.json;
		const bob = simulator.state.mailbox('bob@example.com');
		expect(bob.messages.get(ids[0] ?? '')?.attachments[0]?.content.size).toBe(3);
		await admin('messages', { json: { mailbox: 'bob@example.com', count: 50 } });
		expect(bob.messages.size).toBe(51);
	});

	it('revokes tokens and resets', async () => {
		await admin('tokens/revoke', { method: 'POST' });
		expect((await call(inbox)).status).toBe(401);
		simulator.settings.latencyMs = 5;
		simulator.state.addMessage('alice@example.com');
		simulator.fault({ status: 500 });
		const ids = () => simulator.state.messagesIn('alice@example.com').map(({ id }) => id);
		const changed = ids();
		await admin('reset', { method: 'POST' });
		expect(simulator.settings).toEqual(defaultSettings);
		expect(ids()).toEqual(changed.slice(1));
		token = (await exchange()).json.access_token;
		expect((await call(inbox)).status).toBe(200);
	});
});

describe('starting and ending', () => {
	it('removes what was uploaded and stops listening', async () => {
		const directory = await mkdtemp(join(tmpdir(), 'simulator-test-'));
		vi.stubEnv('TMPDIR', directory);
		try {
			const draft = (await call(`${alice}/messages`, { json: { message: {} } })).json.message.id;
			const path = `${alice}/messages/${encoded(draft)}/attachments/createUploadSession`;
			const { uploadUrl } = (await call(path, { json: { attachment: { name: 'a' } } })).json;
			const headers = { 'content-type': 'application/octet-stream' };
			await send(uploadUrl, { method: 'POST', headers, body: 'bytes' });
			expect(await readdir(directory)).toHaveLength(1);
			await simulator.close();
			expect(await readdir(directory)).toEqual([]);
			await expect(send(simulator.url)).rejects.toThrow();
		} finally {
			vi.unstubAllEnvs();
			await rm(directory, { recursive: true });
			simulator = await startSimulator();
		}
	});

	it('does not wait for answers that are held back', async () => {
		const second = await startSimulator();
		second.fault({ delayMs: 600_000 });
		const refused = expect(send(second.url)).rejects.toThrow();
		await vi.waitUntil(() => second.requests.length === 1);
		await second.close();
		await refused;
	});

	it('runs as a program that tells address, ID and secret, and stops on SIGTERM', async () => {
		const main = fileURLToPath(new URL('../simulator/main.mts', import.meta.url));
		const options = ['--port', '0', '--rate-limit', '2', '--token-lifetime', '60'];
		const program = spawn(process.execPath, [main, ...options]);
		const ended = once(program, 'exit');
		let output = '';
		program.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
		await vi.waitUntil(() => output.includes('Ctrl+C'), { timeout: 10_000 });
		expect(output).toContain('demo-app');
		expect(output).toContain('s3cret+/=& %中');
		const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? '';
		const { json } = await send(`${url}/_simulator/settings`);
		expect(json).toMatchObject({ rateLimit: 2, tokenLifetimeSeconds: 60 });
		program.kill('SIGTERM');
		expect(await ended).toEqual([0, null]);
	});
});
