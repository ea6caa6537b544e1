import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Alimail } from '../../../nodes/Alimail/Alimail.node.ts';
import { tokenPattern } from '../../simulator/index.mts';
import { NodeRunner } from '../../support/nodeRunner.mts';
import { apiRequest, jsonRequest, simulated } from '../../support/simulated.mts';

const USER = '/v2/users/alice@example.com';
const MESSAGES = '/v2/users/alice@example.com/messages';
const PROBE = '/v2/organization/$current';

const getUser = apiRequest('GET', USER);
const createDraft = jsonRequest('POST', MESSAGES, { message: { subject: 'x' } });
const getToken = { resource: 'token', operation: 'get' };

/** Sets the clock forward, for the node and for the simulator. */
function passTime(seconds: number): void {
	vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
	onTestFinished(() => void vi.useRealTimers());
}

const items = (count: number) => Array.from({ length: count }, (_, index) => ({ index }));

describe('the first requests with a new credential', () => {
	it('share one exchange, and the token is stored', async () => {
		const { simulator, alimail } = await simulated();
		const { error, json } = await alimail.run({ parameters: getUser, items: items(20) });
		expect(error).toBeUndefined();
		expect(json).toHaveLength(20);
		expect(simulator.tokenRequests).toHaveLength(1);
		expect(alimail.credentials.stored.accessToken).toMatch(tokenPattern);
	});

	it('send the exchange as a form, the way Alimail wants it', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: getUser });
		expect(simulator.tokenRequests).toMatchObject([
			{
				method: 'POST',
				status: 200,
				headers: { 'content-type': expect.stringContaining('application/x-www-form-urlencoded') },
				body: {
					grant_type: 'client_credentials',
					client_id: simulator.clientId,
					client_secret: simulator.clientSecret,
				},
			},
		]);
		expect(simulator.tokenRequests[0]?.authorization).toBeUndefined();
	});

	it('work with values that were pasted with white space', async () => {
		const { simulator, alimail } = await simulated();
		const { stored } = alimail.credentials;
		stored.clientId = ` ${simulator.clientId}\n`;
		stored.clientSecret = `\t${simulator.clientSecret} `;
		expect((await alimail.run({ parameters: getUser })).error).toBeUndefined();
	});
});

describe('a credential that was edited', () => {
	it('is tried with what it holds now, although this process has a token for that', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: getUser });
		simulator.clearRequests();
		const edited = NodeRunner.forServer(new Alimail(), simulator);
		Object.assign(edited.credentials.stored, {
			accessToken: 'issued-for-other-fields',
			accessTokenDetails: JSON.stringify({ issuedFor: 'other fields' }),
		});
		expect((await edited.run({ parameters: getUser })).error).toBeUndefined();
		expect(simulator.tokenRequests).toHaveLength(1);
	});
});

describe('a token that has expired by time', () => {
	it.each([401, 403])('is never sent to a server that would answer %i', async (expiredStatus) => {
		const { simulator, alimail } = await simulated({ tokenLifetimeSeconds: 60, expiredStatus });
		await alimail.run({ parameters: getUser });
		passTime(61);
		simulator.clearRequests();

		const { error } = await alimail.run({ parameters: createDraft, items: items(20) });
		expect(error).toBeUndefined();
		expect(simulator.tokenRequests).toHaveLength(1);
		// One that comes late may ask whether the renewed token counts, and nothing else is sent.
		const drafts = simulator.apiRequests.filter(({ path }) => path !== PROBE);
		expect(drafts).toHaveLength(20);
		expect(simulator.apiRequests.map(({ status }) => status)).not.toContain(expiredStatus);
	});

	it.each([
		[59, 1],
		[61, 0],
	])('is renewed a minute before, lest it die on the way: %i seconds', async (left, exchanges) => {
		const lifetime = 7200;
		const { simulator, alimail } = await simulated({ tokenLifetimeSeconds: lifetime });
		await alimail.run({ parameters: getUser });
		passTime(lifetime - left);
		simulator.clearRequests();
		expect((await alimail.run({ parameters: getUser })).error).toBeUndefined();
		expect(simulator.tokenRequests).toHaveLength(exchanges);
	});

	it('is renewed although errors are ignored', async () => {
		const { simulator, alimail } = await simulated({
			tokenLifetimeSeconds: 60,
			expiredStatus: 403,
		});
		await alimail.run({ parameters: getUser });
		passTime(61);
		const { json } = await alimail.run({
			parameters: apiRequest('GET', USER, { options: { neverError: true } }),
		});
		expect(json).toMatchObject([{ email: 'alice@example.com' }]);
		expect(simulator.tokenRequests).toHaveLength(2);
	});
});

describe('a token that was revoked early', () => {
	it('is renewed once for all requests that are under way', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: getUser });
		simulator.revokeTokens();
		simulator.clearRequests();

		const { error, json } = await alimail.run({ parameters: getUser, items: items(20) });
		expect(error).toBeUndefined();
		expect(json).toHaveLength(20);
		expect(simulator.tokenRequests).toHaveLength(1);
	});

	it('leads to no request being done twice', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: getUser });
		simulator.revokeTokens();
		simulator.clearRequests();
		await alimail.run({ parameters: createDraft });
		const posts = simulator.apiRequests.filter(({ method }) => method === 'POST');
		expect(posts.map(({ status }) => status)).toEqual([401, 200]);
	});

	it('does not leave a newer one unused that this process knows of', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: getUser });
		await new Promise((resolve) => setTimeout(resolve, 5));
		simulator.revokeTokens();
		// The newer token is known to this process, and not yet stored with the credential.
		await alimail.run({ parameters: { ...getToken, options: { forceNewToken: true } } });
		simulator.clearRequests();
		expect((await alimail.run({ parameters: getUser })).error).toBeUndefined();
		expect(simulator.tokenRequests).toHaveLength(0);
	});

	it('is exchanged when the newer one that this process knows of was revoked as well', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: getUser });
		await new Promise((resolve) => setTimeout(resolve, 5));
		await alimail.run({ parameters: { ...getToken, options: { forceNewToken: true } } });
		simulator.revokeTokens();
		expect((await alimail.run({ parameters: getUser })).error).toBeUndefined();
	});
});

describe('a request that fails for another reason than its token', () => {
	it.each([400, 403, 404, 500])(
		'with status %i is sent once, and no token is asked for',
		async (status) => {
			const { simulator, alimail } = await simulated();
			await alimail.run({ parameters: getUser });
			simulator.clearRequests();
			simulator.fault({ path: MESSAGES, method: 'POST', status, times: Infinity });
			const { error } = await alimail.run({ parameters: createDraft });
			expect(error).toMatchObject({ httpCode: String(status) });
			expect(simulator.requests).toHaveLength(1);
		},
	);

	it('with a 401 of its own is sent once more and then reported', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: MESSAGES, method: 'POST', status: 401, times: Infinity });
		const { error } = await alimail.run({ parameters: createDraft });
		expect(error).toMatchObject({ httpCode: '401' });
		expect(simulator.tokenRequests).toHaveLength(1);
		expect(simulator.apiRequests.map(({ path }) => path)).toEqual([MESSAGES, PROBE, MESSAGES]);
	});
});

describe('a credential whose fields were edited', () => {
	it('tries the new secret although the old token is still good', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: getUser });
		alimail.credentials.stored.clientSecret = 'something else';
		const { error } = await alimail.run({ parameters: getUser });
		expect(error?.message).toContain('Alimail gave no access token');
		expect(simulator.tokenRequests).toHaveLength(2);
	});

	it('recovers as soon as the fields are right again', async () => {
		const { simulator, alimail } = await simulated();
		alimail.credentials.stored.clientSecret = 'wrong';
		expect((await alimail.run({ parameters: getUser })).error).toBeDefined();
		alimail.credentials.stored.clientSecret = simulator.clientSecret;
		expect((await alimail.run({ parameters: getUser })).error).toBeUndefined();
	});
});

describe('a token endpoint that gives no token', () => {
	const leak = 'aceless';

	it.each<[string, object, string]>([
		[
			'refuses in the shape of Alimail',
			{ status: 400, body: { detailErrorCode: '1003', message: '请求参数异常' } },
			'HTTP 400, code 1003, 请求参数异常',
		],
		[
			'refuses as RFC 6749 says',
			{ status: 401, body: { error: 'invalid_client', error_description: 'no such app' } },
			'code invalid_client, no such app',
		],
		[
			'answers 200 with an error',
			{ body: { code: '1003', message: 'nope' } },
			'HTTP 200, code 1003, nope',
		],
		['answers with the page of a proxy', { body: 'html' }, 'HTTP 200'],
		['answers with nothing', { body: 'empty' }, 'HTTP 200'],
		['answers with half a token', { body: { access_token: '', expires_in: 3600 } }, 'HTTP 200'],
		[
			'answers with a token that n8n would run as an expression',
			{ body: { access_token: '={{ $env }}' } },
			'HTTP 200',
		],
		['answers with a token that breaks a header', { body: { access_token: 'a\r\nb' } }, 'HTTP 200'],
		['redirects to a login page', { redirect: 'http://127.0.0.1:9/login' }, 'HTTP 302'],
		['breaks the connection', { reset: 'before' }, 'No answer from the Alimail token endpoint'],
		['repeats the secret', { status: 400, body: `secret was s3${leak} / s3%20${leak}` }, '***'],
	])('%s: the message says so', async (_what, fault, expected) => {
		const { simulator, alimail } = await simulated();
		if (expected === '***') alimail.credentials.stored.clientSecret = `s3 ${leak}`;
		simulator.fault({
			path: '/oauth2/v2.0/token',
			times: Infinity,
			...fault,
			...(expected === '***' && {
				body: `the secret s3 ${leak} or s3+${leak} or s3%20${leak} is wrong`,
			}),
		});
		const { error, run } = await alimail.run({ parameters: getUser });
		expect(error?.message).toContain(expected);
		expect(error?.message).toContain('Check');
		// A connection that breaks may hold the next time.
		if ('reset' in fault) expect(simulator.tokenRequests.length).toBeGreaterThan(1);
		else expect(simulator.tokenRequests).toHaveLength(1);
		expect(simulator.apiRequests).toHaveLength(0);
		expect(JSON.stringify(run)).not.toContain(leak);
		expect(JSON.stringify(run)).not.toContain(simulator.clientSecret);
		expect(alimail.credentials.stored.accessToken).toBe('');
	});
});

describe('a lifetime', () => {
	it.each(['number', 'string'] as const)('may come as a %s', async (expiresInShape) => {
		const { alimail } = await simulated({ expiresInShape, tokenLifetimeSeconds: 7200 });
		const { json } = await alimail.run({ parameters: getToken });
		expect(json[0]?.expires_in).toBeGreaterThan(7100);
		expect(json[0]).not.toHaveProperty('expires_in_assumed');
	});

	it.each([
		{},
		{ expires_in: 'soon' },
		{ expires_in: 0 },
		{ expires_in: -5 },
		{ expires_in: null },
	])(
		'is assumed to be short, and said to be assumed, when the server names none: %j',
		async (shape) => {
			const { simulator, alimail } = await simulated();
			simulator.fault({
				path: '/oauth2/v2.0/token',
				body: { access_token: 'abc', token_type: 'Bearer', ...shape },
			});
			const { json } = await alimail.run({ parameters: getToken });
			expect(json[0]).toMatchObject({ access_token: 'abc', expires_in_assumed: true });
			expect(json[0]?.expires_in).toBeLessThanOrEqual(300);
		},
	);

	it('that is absurdly long does no harm', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({
			path: '/oauth2/v2.0/token',
			body: { access_token: 'abc', expires_in: 1e300 },
		});
		const { json } = await alimail.run({ parameters: getToken });
		expect(Date.parse(String(json[0]?.expires_at))).toBeGreaterThan(Date.now());
	});
});

describe('Get Token', () => {
	it('gives every item the same token after one exchange, paired', async () => {
		const { simulator, alimail } = await simulated();
		const { items: out } = await alimail.run({ parameters: getToken, items: items(50) });
		expect(simulator.tokenRequests).toHaveLength(1);
		expect(new Set(out.map(({ json }) => json.access_token)).size).toBe(1);
		expect(out.map(({ pairedItem }) => pairedItem)).toEqual(
			items(50).map(({ index }) => ({ item: index })),
		);
		expect(Object.keys(out[0]!.json)).toEqual([
			'access_token',
			'token_type',
			'expires_in',
			'expires_at',
		]);
	});

	it('hands out the token that the credential holds', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: getUser });
		const { json } = await alimail.run({ parameters: getToken });
		expect(json[0]?.access_token).toBe(alimail.credentials.stored.accessToken);
		expect(simulator.tokenRequests).toHaveLength(1);
	});

	it('forces one new token for all items that come in', async () => {
		const { simulator, alimail } = await simulated();
		const { json: before } = await alimail.run({ parameters: getToken });
		const { json: after } = await alimail.run({
			parameters: { ...getToken, options: { forceNewToken: true } },
			items: items(3),
		});
		expect(simulator.tokenRequests).toHaveLength(2);
		expect(new Set(after.map(({ access_token }) => access_token)).size).toBe(1);
		expect(after[0]?.access_token).not.toBe(before[0]?.access_token);
	});

	it('gives every item its error when the node continues on fail', async () => {
		const { alimail } = await simulated();
		alimail.credentials.stored.clientSecret = 'wrong';
		const { items: out } = await alimail.run({
			parameters: getToken,
			items: items(2),
			onError: 'continueRegularOutput',
		});
		expect(out).toHaveLength(2);
		expect(out[1]).toMatchObject({
			json: { error: expect.stringContaining('Alimail gave no access token') },
			pairedItem: { item: 1 },
		});
	});
});
