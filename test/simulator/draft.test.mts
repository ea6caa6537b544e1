import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import {
	ALICE,
	call,
	encoded,
	expectAlimailError,
	send,
	simulator,
	useSimulator,
} from '../support/simulatorClient.mts';

useSimulator();

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
		const answer = await call(`${ALICE}/messages`, { json: { message } });
		expect(answer.status).toBe(200);
		return answer.json.message.id;
	}

	async function openUpload(draft: string, name = 'report.bin'): Promise<string> {
		const path = `${ALICE}/messages/${encoded(draft)}/attachments/createUploadSession`;
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

		const path = `${ALICE}/messages/${encoded(draft)}/send`;
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
		const path = `${ALICE}/messages/${encoded(await createDraft())}/send`;
		await call(path, { method: 'POST', json });
		expect(messagesOf('alice@example.com', '1')).toHaveLength(before + copies);
		expect(messagesOf('bob@example.com', '2')).toHaveLength(1);
	});

	it.each(['<own@example.com>', ''])(
		'replaces the internetMessageId "%s", and keeps own headers',
		async (internetMessageId) => {
			const internetMessageHeaders = { 'X-Key': '42' };
			const answer = await call(`${ALICE}/messages`, {
				json: { message: { ...message, internetMessageId, internetMessageHeaders } },
			});
			const draft = answer.json.message;
			expect(draft.internetMessageId).toMatch(/^<.+@.+>$/);
			await call(`${ALICE}/messages/${encoded(draft.id)}/send`, { json: {} });
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
			call(`${ALICE}/messages/${encoded(await createDraft())}/send`, { json: {} });
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
		const path = `${ALICE}/messages/${encoded(await createDraft())}/send`;
		const answer = await call(path, { json: { saveToSentItems: true } });
		expect(answer).toMatchObject({ status: 200, text: '' });
	});

	it('refuses to send what is no draft, or a draft without recipients', async () => {
		const [received] = messagesOf('alice@example.com', '2');
		const path = `${ALICE}/messages/${encoded(received?.id ?? '')}/send`;
		expectAlimailError(await call(path, { json: { saveToSentItems: true } }), 404);
		const empty = (await call(`${ALICE}/messages`, { json: { message: {} } })).json.message.id;
		const answer = await call(`${ALICE}/messages/${encoded(empty)}/send`, { json: {} });
		expectAlimailError(answer, 400, '1001');
	});

	it.each([
		['recipients that are no list', { toRecipients: { email: 'bob@example.com' } }],
		["Graph's recipients", { toRecipients: [{ emailAddress: { address: 'b@example.com' } }] }],
		['an unknown priority', { priority: 'high' }],
		['headers as a list', { internetMessageHeaders: [{ name: 'X-A', value: '1' }] }],
	])('refuses %s', async (_case, wrong) => {
		const answer = await call(`${ALICE}/messages`, { json: { message: { ...message, ...wrong } } });
		expectAlimailError(answer, 400, '1001');
	});

	it('takes and shows headers as a list when set so', async () => {
		simulator.settings.headersShape = 'array';
		const internetMessageHeaders = [{ name: 'X-A', value: '1' }];
		const answer = await call(`${ALICE}/messages`, {
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
		const { attachments } = (await call(`${ALICE}/messages/${encoded(draft)}/attachments`)).json;
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
		const path = `${ALICE}/messages/${encoded(draft)}/attachments`;
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
