import { describe, expect, it } from 'vitest';
import {
	ALICE,
	call,
	exchange,
	expectAlimailError,
	INBOX,
	send,
	simulator,
	token,
	useSimulator,
	useToken,
} from '../support/simulatorClient.mts';

useSimulator();

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
		const answer = await send(`${simulator.url}${INBOX}`, { headers });
		expectAlimailError(answer, 401);
	});

	it('answers 401 to a revoked token, and 200 to the next one', async () => {
		simulator.settings.expiredStatus = 403;
		simulator.revokeTokens();
		expectAlimailError(await call(INBOX), 401);
		useToken((await exchange()).json.access_token);
		expect((await call(INBOX)).status).toBe(200);
	});

	it.each([401, 403])('answers %i to an expired token when set so', async (status) => {
		simulator.settings.expiredStatus = status;
		simulator.settings.tokenLifetimeSeconds = 0;
		useToken((await exchange()).json.access_token);
		expectAlimailError(await call(INBOX), status);
	});

	it('answers 403 outside the permissions of the app', async () => {
		simulator.settings.permissions = ['Mail.Read.All'];
		expect((await call(INBOX)).status).toBe(200);
		expectAlimailError(await call('/v2/users'), 403);
		expectAlimailError(await call('/v2/organization/$current'), 403);
		expectAlimailError(await call(`${ALICE}/messages`, { json: { message: {} } }), 403);
		simulator.settings.permissions = ['Mail.Send.All'];
		expect((await call(`${ALICE}/messages`, { json: { message: {} } })).status).toBe(200);
		expectAlimailError(await call(INBOX), 403);
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
		expectAlimailError(await call(`${ALICE}/messages/Dz$---.x`), 404);
		expectAlimailError(await call(`${ALICE}/calendars`), 404);
	});

	it.each([
		['no JSON', '{"message":'],
		['a list', '[]'],
		['nothing', ''],
	])('answers 400 with 1001 to a body that is %s', async (_case, body) => {
		const headers = { 'content-type': 'application/json' };
		const answer = await call(`${ALICE}/messages`, { method: 'POST', headers, body });
		expectAlimailError(answer, 400, '1001');
	});

	it('writes errors about mail and about the directory differently', async () => {
		const mail = await call(`${ALICE}/messages/unknown`);
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
		expect(Object.keys((await call(`${ALICE}/messages/unknown`)).json)).toEqual(names);
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
		const answer = await call(INBOX, { method: 'HEAD' });
		expect(answer.status).toBe(200);
		expect(answer.text).toBe('');
	});

	it('reads %24 in a path as $', async () => {
		expect((await call('/v2/organization/%24current')).json.domain).toBe('example.com');
	});
});
