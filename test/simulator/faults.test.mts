import { Readable } from 'node:stream';
import { request } from 'undici';
import { describe, expect, it, vi } from 'vitest';
import {
	ALICE,
	call,
	encoded,
	exchange,
	expectAlimailError,
	INBOX,
	send,
	simulator,
	startSimulatorAnew,
	token,
	useSimulator,
} from '../support/simulatorClient.mts';
import { type FaultRule } from './index.mts';

useSimulator();

describe('when the network or the service misbehaves', () => {
	it('answers with a status as often as asked, and then as usual', async () => {
		const fault = simulator.fault({ path: INBOX, status: 503, times: 2 });
		expect((await call('/v2/organization/$current')).status).toBe(200);
		expectAlimailError(await call(INBOX), 503);
		expect(fault.remaining).toBe(1);
		expectAlimailError(await call(INBOX), 503);
		expect((await call(INBOX)).status).toBe(200);
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
		const path = `${ALICE}/mailFolders`;
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
		simulator.fault({ path: INBOX, half: true });
		const { statusCode, headers, body } = await request(simulator.url + INBOX, {
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
		const path = `${ALICE}/messages/${encoded(file.id)}/attachments`;
		const id = file.attachments[0]?.id ?? '';
		await expect(call(`${path}/${encoded(id)}/$value`)).rejects.toThrow();
	});

	it('answers 200 with garbage, a page, or nothing', async () => {
		simulator.fault({ body: 'garbage-json' });
		const garbage = await call(INBOX);
		expect(garbage.headers['content-type']).toMatch(/^application\/json/);
		expect(() => JSON.parse(garbage.text) as unknown).toThrow();
		simulator.fault({ body: 'html' });
		expect((await call(INBOX)).text).toMatch(/^<!doctype html>/);
		simulator.fault({ body: 'empty' });
		expect(await call(INBOX)).toMatchObject({ status: 200, text: '' });
		simulator.fault({ body: { detailErrorCode: '209' } });
		expect(await call(INBOX)).toMatchObject({ status: 200, json: { detailErrorCode: '209' } });
	});

	it('redirects, asks to wait, and is slow', async () => {
		simulator.fault({ redirect: 'https://elsewhere.example/x' });
		const redirected = await call(INBOX);
		expect(redirected.status).toBe(302);
		expect(redirected.headers.location).toBe('https://elsewhere.example/x');
		simulator.fault({ retryAfter: 7 });
		const waiting = await call(INBOX);
		expect(waiting.status).toBe(429);
		expect(waiting.headers['retry-after']).toBe('7');
		simulator.fault({ delayMs: 150 });
		const start = performance.now();
		expect((await call(INBOX)).status).toBe(200);
		expect(performance.now() - start).toBeGreaterThanOrEqual(145);
	});

	it('is slow for everything when set so', async () => {
		simulator.settings.latencyMs = 150;
		for (const slow of [exchange, () => call(INBOX)]) {
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
		await startSimulatorAnew();
	}

	it('falls silent before its headers, until it is closed', async () => {
		simulator.fault({ path: INBOX, stall: 'request' });
		const { answer, ended } = begin(INBOX);
		const failed = expect(ended).rejects.toThrow();
		await vi.waitUntil(() => simulator.apiRequests.length === 1);
		expect((await call(INBOX)).status).toBe(200);
		expect(answer).toMatchObject({ status: 0, ended: false });
		expect(simulator.apiRequests[0]).toMatchObject({ fault: 'stall request' });
		expect(simulator.apiRequests[0]?.status).toBeUndefined();
		await restart();
		await failed;
	});

	it('stops reading a body, until it is closed', async () => {
		simulator.fault({ stall: 'upload' });
		const uploading = send(`${simulator.url}${ALICE}/messages`, {
			method: 'POST',
			body: Readable.from(
				Array.from({ length: 64 }, () => Buffer.alloc(1024 * 1024)),
				{ objectMode: false, highWaterMark: 1 },
			),
		});
		const failed = expect(uploading).rejects.toThrow();
		await vi.waitUntil(() => simulator.apiRequests.length === 1);
		expect((await call(INBOX)).status).toBe(200);
		expect(simulator.apiRequests[0]?.bodySize).toBe(0);
		await restart();
		await failed;
	});

	it.each([
		['its headers', 'headers', 0],
		['half of its body', 'body', 0.5],
	] as const)('falls silent after %s, until it is closed', async (_case, stall, part) => {
		const { text } = await call(INBOX);
		const size = Buffer.byteLength(text);
		const received = Math.floor(size * part);
		simulator.fault({ path: INBOX, stall });
		const { answer, ended } = begin(INBOX);
		const failed = expect(ended).rejects.toThrow();
		await vi.waitUntil(() => answer.status === 200 && answer.received === received);
		expect((await call(INBOX)).status).toBe(200);
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
		const download = begin(`${ALICE}/messages/${encoded(file.id)}/attachments/${id}/$value`);
		simulator.fault({ path: INBOX, status: 503, stall: 'headers' });
		const refused = begin(INBOX);
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
			simulator.fault({ path: `${ALICE}/mailFolders`, stall });
			const before = simulator.apiRequests.length;
			const failed = expect(call(`${ALICE}/mailFolders`, { json })).rejects.toThrow();
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
		const { text } = await call(INBOX);
		simulator.fault({ path: INBOX, drip: { bytes: 500, everyMs: 5 } });
		const slow = await call(INBOX);
		expect(slow.text).toBe(text);
		expect(slow.headers['content-length']).toBe(String(Buffer.byteLength(text)));
		simulator.fault({ path: INBOX, drip: { bytes: 1, everyMs: 60_000 } });
		const { answer, ended } = begin(INBOX);
		const failed = expect(ended).rejects.toThrow();
		await vi.waitUntil(() => answer.received === 1);
		await restart();
		await failed;
	});

	it('stops when the fault is cleared', async () => {
		const fault = simulator.fault({ status: 500, times: Infinity });
		expect((await call(INBOX)).status).toBe(500);
		fault.clear();
		expect((await call(INBOX)).status).toBe(200);
		expect(fault.remaining).toBe(0);
	});
});
