import { describe, expect, it, vi } from 'vitest';
import {
	call,
	exchange,
	expectAlimailError,
	send,
	simulator,
	token,
	useSimulator,
	useToken,
} from '../support/simulatorClient.mts';
import { defaultSettings, tokenPattern } from './index.mts';

useSimulator();

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
		useToken((await exchange()).json.access_token);
		expect(token).toHaveLength(tokenLength);
		const [header = '', payload = ''] = token.split('.');
		expect(header).toBe('eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9');
		expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toHaveProperty('jti');
		expect((await call('/v2/organization/$current')).status).toBe(200);
	});

	it('gives a UUID when set so', async () => {
		simulator.settings.tokenLength = 36;
		useToken((await exchange()).json.access_token);
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
		useToken(next);
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
