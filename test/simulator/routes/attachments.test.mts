import { describe, expect, it } from 'vitest';
import {
	ALICE,
	call,
	encoded,
	expectAlimailError,
	send,
	simulator,
	useSimulator,
} from '../../support/simulatorClient.mts';

useSimulator();

describe('downloading an attachment', () => {
	async function attachmentPath(): Promise<string> {
		const message = simulator.state
			.messagesIn('alice@example.com', '2')
			.find(({ attachments }) => attachments.some(({ name }) => name.endsWith('.pdf')));
		const path = `${ALICE}/messages/${encoded(message?.id ?? '')}/attachments`;
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
