import { createHash, randomBytes } from 'node:crypto';
import type { INodeParameters } from 'n8n-workflow';
import { describe, expect, test } from 'vitest';
import { outputOf } from '../support/execution.mts';
import type { Simulator } from '../simulator/index.mts';
import { describeN8n } from './support/describeN8n.mts';
import {
	alimailCredential,
	apiRequestNode,
	NODE,
	pairs,
	runOf,
	sendRequests,
	simulated,
} from './support/alimail.mts';

const ECHO = '/v2/echo';
const file = {
	name: '报表 2025 "final".pdf',
	type: 'application/pdf',
	content: randomBytes(3_000_000),
};

for (const binaryDataMode of ['default', 'filesystem'] as const) {
	describeN8n(
		`API Request with files, kept in the mode '${binaryDataMode}'`,
		(n8n) => {
			/** Sends what a form brought to a webhook. */
			async function upload(simulator: Simulator, parameters: INodeParameters) {
				const body = new FormData();
				body.set('file', new Blob([file.content], { type: file.type }), file.name);
				const node = apiRequestNode(await alimailCredential(n8n, simulator), parameters);
				const { execution } = await n8n.runWorkflow([node], { body });
				return runOf(execution);
			}

			test('sends a file as it is', async () => {
				const simulator = await simulated();
				simulator.fault({ path: ECHO, body: { ok: true } });
				const { json } = await upload(simulator, {
					method: 'POST',
					path: ECHO,
					sendBody: true,
					contentType: 'binaryData',
					inputDataFieldName: 'file',
				});
				expect(json).toEqual([{ ok: true }]);
				expect(simulator.apiRequests).toMatchObject([
					{
						bodySize: file.content.length,
						bodySha256: sha256(file.content),
						headers: { 'content-type': file.type, 'content-length': String(file.content.length) },
					},
				]);
			});

			test('sends it again from the start when the token was revoked, or the server was busy', async () => {
				const simulator = await simulated();
				const { error } = await sendRequests(n8n, simulator, { path: '/v2/domains' });
				expect(error).toBeUndefined();
				simulator.fault({ path: ECHO, status: 401, times: 1 });
				simulator.fault({ path: ECHO, status: 429, times: 1 });
				simulator.fault({ path: ECHO, body: { ok: true } });
				simulator.clearRequests();
				const { json } = await upload(simulator, {
					method: 'POST',
					path: ECHO,
					sendBody: true,
					contentType: 'binaryData',
					inputDataFieldName: 'file',
				});
				expect(json).toEqual([{ ok: true }]);
				const sent = simulator.apiRequests.filter(({ path }) => path === ECHO);
				expect(sent.map(({ status }) => status)).toEqual([401, 429, 200]);
				expect(new Set(sent.map(({ bodySha256 }) => bodySha256))).toEqual(
					new Set([sha256(file.content)]),
				);
			});

			test('sends files and text in a form', async () => {
				const simulator = await simulated();
				simulator.fault({ path: ECHO, body: { ok: true } });
				await upload(simulator, {
					method: 'POST',
					path: ECHO,
					sendBody: true,
					contentType: 'multipart-form-data',
					multipartParameters: {
						parameters: [
							{ parameterType: 'formData', name: 'title', value: '月报' },
							{ parameterType: 'formBinaryData', name: 'upload', inputDataFieldName: 'file' },
						],
					},
				});
				const [request] = simulator.apiRequests;
				expect(request!.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
				expect(request!.bodyText).toContain('name="title"\r\n');
				expect(request!.bodyText).toContain('月报');
				expect(request!.bodyText).toContain('name="upload"; filename="报表 2025 %22final%22.pdf"');
				expect(request!.bodyText).toContain(`Content-Type: ${file.type}`);
				expect(request!.bodySize).toBeGreaterThan(file.content.length);
			});

			describe('takes in', () => {
				test.each<[string, INodeParameters, string]>([
					['a file by its content type', {}, 'data'],
					['a file into a field of any name', { outputPropertyName: 'attachment' }, 'attachment'],
					['a file where one is asked for', { responseFormat: 'file' }, 'data'],
				])('%s', async (_title, options, field) => {
					const simulator = await simulated({ downloadShape: 'bytes' });
					const { path, content, name } = addAttachment(simulator);
					const { output } = await sendRequests(n8n, simulator, { path, options });
					expect(output).toHaveLength(1);
					const binary = output[0]!.binary![field]!;
					expect(binary).toMatchObject({ mimeType: 'application/octet-stream' });
					expect(binary.fileName).toBe('$value');
					expect(name).toBe('回执.bin');
					expect(sha256(await n8n.readBinary(binary))).toBe(sha256(content));
				});

				test('text as a file, named by the server', async () => {
					const simulator = await simulated();
					simulator.fault({
						path: ECHO,
						body: 'a;b\n',
						headers: { 'content-disposition': "attachment; filename*=UTF-8''%E8%A1%A8.csv" },
					});
					const { output } = await sendRequests(n8n, simulator, { path: ECHO });
					const binary = output[0]!.binary!.data!;
					expect(binary).toMatchObject({ fileName: '表.csv', mimeType: 'text/plain' });
					expect(await n8n.readBinary(binary)).toEqual(Buffer.from('a;b\n'));
				});

				test('a file from the storage that a redirect names, without the token', async () => {
					const simulator = await simulated({ downloadShape: 'redirect' });
					const storage = await simulator.startStorage();
					simulator.settings.storageOrigin = storage.url;
					const { path, content } = addAttachment(simulator);
					const { output } = await sendRequests(n8n, simulator, {
						path,
						sendHeaders: true,
						headerParameters: pairs({ 'X-Trace': 'ours' }),
					});
					expect(sha256(await n8n.readBinary(output[0]!.binary!.data!))).toBe(sha256(content));
					expect(storage.requests).toHaveLength(1);
					expect(storage.requests[0]!.headers).not.toHaveProperty('authorization');
					expect(storage.requests[0]!.headers).not.toHaveProperty('x-trace');
				});
			});

			test('passes a file on from one request to the next', async () => {
				const simulator = await simulated({ downloadShape: 'bytes' });
				simulator.fault({ path: ECHO, body: { ok: true } });
				const { path, content } = addAttachment(simulator);
				const credential = await alimailCredential(n8n, simulator);
				const { execution } = await n8n.runWorkflow([
					apiRequestNode(credential, { path }, { name: 'Download' }),
					apiRequestNode(credential, {
						method: 'POST',
						path: ECHO,
						sendBody: true,
						contentType: 'binaryData',
					}),
				]);
				expect(outputOf(execution, NODE).map(({ json }) => json)).toEqual([{ ok: true }]);
				expect(simulator.apiRequests.at(-1)).toMatchObject({ bodySha256: sha256(content) });
			});
		},
		{ binaryDataMode },
	);
}

/** A message with a file of a megabyte, and where its bytes are had. */
function addAttachment(simulator: Simulator) {
	const content = randomBytes(1_000_000);
	const name = '回执.bin';
	const { id, attachments } = simulator.state.addMessage('alice@example.com', {
		attachments: [{ name, content, contentType: 'application/octet-stream' }],
	});
	const message = `/v2/users/alice@example.com/messages/${encodeURIComponent(id)}`;
	return { path: `${message}/attachments/${attachments[0]!.id}/$value`, content, name };
}

function sha256(content: Buffer): string {
	return createHash('sha256').update(content).digest('hex');
}
