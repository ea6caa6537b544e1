import { describe, expect, it } from 'vitest';
import {
	call,
	type CallOptions,
	exchange,
	INBOX,
	send,
	simulator,
	useSimulator,
	useToken,
} from '../support/simulatorClient.mts';
import { defaultSettings } from './index.mts';

useSimulator();

describe('steering from another process', () => {
	const admin = (path: string, options?: CallOptions) =>
		send(`${simulator.url}/_simulator/${path}`, options);

	it('reads and clears the record, without leaving traces in it', async () => {
		await call(INBOX);
		simulator.settings.rateLimit = 0;
		const { json } = await admin('requests');
		expect(json).toMatchObject([{ path: '/oauth2/v2.0/token' }, { path: INBOX }]);
		await admin('requests', { method: 'DELETE' });
		expect(simulator.requests).toEqual([]);
	});

	it('sets faults and settings, and refuses unknown ones', async () => {
		await admin('faults', { json: { pathPattern: 'mailFolders', status: 500, times: null } });
		expect((await call(INBOX)).status).toBe(500);
		expect((await call(INBOX)).status).toBe(500);
		await admin('faults', { method: 'DELETE' });
		expect((await call(INBOX)).status).toBe(200);
		await admin('settings', { method: 'PATCH', json: { rateLimit: null, tokenType: 'Bearer' } });
		expect(simulator.settings).toMatchObject({ rateLimit: Infinity, tokenType: 'Bearer' });
		const unknown = { method: 'PATCH', json: { ratelimit: 1 } } as const;
		expect((await admin('settings', unknown)).status).toBe(400);
		expect((await admin('faults', { json: { state: 500 } })).status).toBe(400);
		expect((await admin('faults', { json: { stall: 'half' } })).status).toBe(400);
		await admin('faults', { json: { path: INBOX, drip: { bytes: 1000, everyMs: 1 } } });
		expect((await call(INBOX)).status).toBe(200);
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
		expect((await call(INBOX)).status).toBe(401);
		simulator.settings.latencyMs = 5;
		simulator.state.addMessage('alice@example.com');
		simulator.fault({ status: 500 });
		const ids = () => simulator.state.messagesIn('alice@example.com').map(({ id }) => id);
		const changed = ids();
		await admin('reset', { method: 'POST' });
		expect(simulator.settings).toEqual(defaultSettings);
		expect(ids()).toEqual(changed.slice(1));
		useToken((await exchange()).json.access_token);
		expect((await call(INBOX)).status).toBe(200);
	});
});
