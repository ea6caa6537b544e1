import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
	ALICE,
	call,
	INBOX,
	send,
	simulator,
	token,
	useSimulator,
} from '../support/simulatorClient.mts';

useSimulator();

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
		await call(INBOX);
		expect(simulator.tokenRequests).toHaveLength(1);
		expect(simulator.tokenRequests[0]?.body).toStrictEqual({
			grant_type: 'client_credentials',
			client_id: simulator.clientId,
			client_secret: simulator.clientSecret,
		});
		expect(simulator.apiRequests.map(({ path }) => path)).toEqual([INBOX]);
	});

	it('records a refused body in full', async () => {
		const body = 'x'.repeat(100_000);
		const headers = { authorization: 'Bearer dead', 'content-type': 'application/octet-stream' };
		await call(`${ALICE}/messages`, { method: 'POST', headers, body });
		expect(simulator.requests.at(-1)).toMatchObject({
			status: 401,
			bodySize: 100_000,
			bodySha256: createHash('sha256').update(body).digest('hex'),
			bodyText: body.slice(0, 64 * 1024),
		});
	});
});
