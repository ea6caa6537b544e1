import { describe, expect, it } from 'vitest';
import { apiRequest, jsonRequest, simulated } from '../../support/simulated.mts';

const USER = '/v2/users/alice@example.com';
const TOKEN = '/oauth2/v2.0/token';
const PROBE = '/v2/organization/$current';

const getUser = apiRequest('GET', USER);
const createDraft = jsonRequest('POST', '/v2/users/alice@example.com/messages', {
	message: { subject: 'x' },
});

describe('a token endpoint that is busy or out of order', () => {
	it.each([
		{ status: 503 },
		{ status: 500 },
		{ status: 429 },
		{ retryAfter: 0 },
		{ retryAfter: 1 },
		{ reset: 'before' },
		{ half: true },
	] as const)('for a moment (%j) is asked again', async (rule) => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: TOKEN, ...rule });
		const { error } = await alimail.run({ parameters: getUser });
		expect(error).toBeUndefined();
		expect(simulator.tokenRequests).toHaveLength(2);
	});

	it.each([
		[400, 'Check the Application ID and the Application Secret'],
		[401, 'Check the Application ID and the Application Secret'],
		[403, 'IP restriction'],
		[404, 'There is no token endpoint at that address'],
		[302, 'It leads elsewhere'],
	])('with status %i is not asked again, and the error says what to do', async (status, hint) => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: TOKEN, status, times: Infinity });
		const { error } = await alimail.run({ parameters: getUser });
		expect(error?.message).toContain(`HTTP ${status}`);
		expect(error?.message).toContain(hint);
		expect(simulator.tokenRequests).toHaveLength(1);
	});

	it.each([
		[503, 'out of order, which has nothing to do with the credential'],
		[429, 'asked for too many tokens'],
	])(
		'with status %i for long gives an error that does not blame the secret',
		async (status, hint) => {
			const { simulator, alimail } = await simulated();
			simulator.fault({ path: TOKEN, status, times: Infinity });
			const { error } = await alimail.run({ parameters: getUser });
			expect(error?.message).toContain(hint);
			expect(error?.message).not.toContain('Secret');
			expect(simulator.tokenRequests.length).toBeGreaterThan(3);
		},
	);
});

describe('a token that was revoked early', () => {
	it.each([{ status: 429 }, { status: 503 }, { reset: 'before' }, { retryAfter: 0 }] as const)(
		'is renewed although the question about it is answered with %j once',
		async (rule) => {
			const { simulator, alimail } = await simulated();
			await alimail.run({ parameters: getUser });
			simulator.revokeTokens();
			simulator.clearRequests();
			simulator.fault({ path: PROBE, ...rule });
			const { error } = await alimail.run({ parameters: createDraft });
			expect(error).toBeUndefined();
			expect(simulator.tokenRequests).toHaveLength(1);
			const posts = simulator.apiRequests.filter(({ method }) => method === 'POST');
			expect(posts.map(({ status }) => status)).toEqual([401, 200]);
		},
	);

	it('is asked about once by all requests that were refused with it', async () => {
		const { simulator, alimail } = await simulated({ latencyMs: 50 });
		await alimail.run({ parameters: getUser });
		simulator.revokeTokens();
		simulator.clearRequests();
		const items = Array.from({ length: 20 }, (_, index) => ({ index }));
		const { error } = await alimail.run({ parameters: getUser, items });
		expect(error).toBeUndefined();
		expect(simulator.requests.filter(({ path }) => path === PROBE)).toHaveLength(1);
		expect(simulator.tokenRequests).toHaveLength(1);
	});
});

describe('a server on which a new token ends the older ones', () => {
	it('serves two processes that renew behind the back of each other', async () => {
		const { simulator, alimail } = await simulated({
			newTokenEndsOlder: true,
			tokenLifetimeSeconds: 2,
			rateLimit: Infinity,
		});
		const exchangeElsewhere = async () =>
			await fetch(simulator.url + TOKEN, {
				method: 'POST',
				body: new URLSearchParams({
					grant_type: 'client_credentials',
					client_id: simulator.clientId,
					client_secret: simulator.clientSecret,
				}),
			});
		// Counted in requests and not in time: on a busy computer all of this takes longer.
		let exchangedAt = 0;
		const elsewhere = setInterval(() => {
			if (simulator.apiRequests.length < exchangedAt + 20) return;
			exchangedAt = simulator.apiRequests.length;
			void exchangeElsewhere();
		}, 5);
		const items = Array.from({ length: 200 }, (_, index) => ({ index }));
		const { error, json } = await alimail.run({ parameters: getUser, items });
		clearInterval(elsewhere);
		expect(error).toBeUndefined();
		expect(json).toHaveLength(200);
	});
});

describe('a credential that is changed', () => {
	it('counts for what an execution sends a second later', async () => {
		const [first, second] = [await simulated(), await simulated()];
		const { alimail } = first;
		const cursorOf = () => second.simulator.apiRequests.length;
		const items = Array.from({ length: 120 }, (_, index) => ({ index }));
		const running = alimail.run({
			parameters: apiRequest('GET', USER, { options: { requestsPerSecond: 30 } }),
			items,
			onError: 'continueRegularOutput',
		});
		await expect.poll(() => first.simulator.apiRequests.length).toBeGreaterThan(5);
		const { url, clientId, clientSecret } = second.simulator;
		Object.assign(alimail.credentials.stored, { baseUrl: url, clientId, clientSecret });
		await running;
		expect(cursorOf()).toBeGreaterThan(0);
	});
});
