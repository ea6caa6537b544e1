import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StreamedFile } from '../../../nodes/Alimail/flow/body.ts';
import { apiRequest } from '../../support/simulated.mts';
import { answeringServer, giveToken, json, TOKEN_PATH } from '../../support/answeringServer.mts';

const options = { timeout: 1000, maxRetries: 0 };
const MIB = 2 ** 20;

describe('an endless body', () => {
	it.each([
		['of an error', 404],
		['of a temporary error', 503],
		['of JSON', 200],
	])('%s is not kept in memory', { timeout: 60_000, retry: 0 }, async (_name, status) => {
		let sentMiB = 0;
		const { runner } = await answeringServer(({ url }, response) => {
			if (url === TOKEN_PATH) return giveToken(response, 'a-token-for-this');
			response.writeHead(status, { 'content-type': 'application/json' });
			const piece = Buffer.alloc(MIB, 32);
			const more = () => {
				if (response.destroyed) return;
				if (sentMiB >= 400) {
					response.end();
					return;
				}
				sentMiB++;
				response.write(piece, () => setImmediate(more));
			};
			more();
		});
		await runner().run({ parameters: apiRequest('GET', '/v2/x', { options }) });
		expect(sentMiB).toBeLessThan(300);
	});
});

describe('a long request', () => {
	it('that is the first to a server holds up no other', { timeout: 30_000, retry: 0 }, async () => {
		let finishUpload = () => {};
		const { runner, seen } = await answeringServer(({ url }, response) => {
			if (url === TOKEN_PATH) return giveToken(response, 'a-token-for-this');
			if (url === '/upload') {
				finishUpload = () => json(response, {});
				return;
			}
			json(response, {});
			finishUpload();
		});
		const alimail = runner();
		const binary = { data: await alimail.store(Buffer.alloc(MIB), 'a.bin', 'x/y') };
		const upload = alimail.run({
			parameters: apiRequest('POST', '/upload', {
				sendBody: true,
				contentType: 'binaryData',
				inputDataFieldName: 'data',
				options: { ...options, timeout: 4000 },
			}),
			items: [{ json: {}, binary }],
		});
		await expect.poll(() => seen).toContain('POST /upload');
		const get = runner().run({ parameters: apiRequest('GET', '/v2/x', { options }) });
		expect((await get).error).toBeUndefined();
		expect((await upload).error).toBeUndefined();
	});

	it('twenty slow answers hold up no other request', { timeout: 40_000, retry: 0 }, async () => {
		let ended = 0;
		let endedBefore: number | undefined;
		const { runner, seen } = await answeringServer(({ url }, response) => {
			if (url === TOKEN_PATH) return giveToken(response, 'a-token-for-this');
			if (url !== '/drip') {
				endedBefore ??= ended;
				return json(response, {});
			}
			response.writeHead(200);
			let left = 40;
			const timer = setInterval(() => {
				if (--left > 0 && endedBefore === undefined) {
					response.write(' ');
					return;
				}
				clearInterval(timer);
				ended++;
				response.end('{}');
			}, 300);
		});
		const slow = runner().run({
			parameters: apiRequest('GET', '/drip', {
				options: { ...options, batching: { batch: { batchSize: 20, batchInterval: 0 } } },
			}),
			items: Array.from({ length: 20 }, () => ({})),
		});
		await expect
			.poll(() => seen.filter((line) => line === 'GET /drip').length, { timeout: 8000 })
			.toBe(20);
		await runner().run({ parameters: apiRequest('GET', '/v2/x', { options }) });
		await slow;
		expect(endedBefore).toBe(0);
	});
});

it("a file server's 429 does not hold up the API", { timeout: 25_000, retry: 0 }, async () => {
	const files = await answeringServer((_request, response) => {
		response.writeHead(429, { 'retry-after': '60' }).end();
	});
	const { runner } = await answeringServer(({ url }, response) => {
		if (url === TOKEN_PATH) return giveToken(response, 'a-token-for-this');
		if (url === '/file') return response.writeHead(302, { location: `${files.url}/f` }).end();
		json(response, {});
	});
	await runner().run({ parameters: apiRequest('GET', '/file', { options }) });
	const { error } = await runner().run({ parameters: apiRequest('GET', '/v2/x', { options }) });
	expect(error).toBeUndefined();
});

it('a file that is stored slowly is no silence of the server', { retry: 0 }, async () => {
	const require = createRequire(process.env.N8N_DIRECTORY ?? import.meta.url);
	const core = require('n8n-core') as typeof import('n8n-core');
	const { Container } = createRequire(require.resolve('n8n-core'))(
		'@n8n/di',
	) as typeof import('@n8n/di');
	const service = Container.get(core.BinaryDataService);
	const { store } = service;
	service.store = async (...args) => {
		await delay(2500);
		return await store.apply(service, args);
	};
	onTestFinished(() => {
		service.store = store;
	});
	const { runner } = await answeringServer(({ url }, response) => {
		if (url === TOKEN_PATH) return giveToken(response, 'a-token-for-this');
		response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(Buffer.alloc(MIB));
	});
	const { error } = await runner().run({
		parameters: apiRequest('GET', '/file', { options: { ...options, responseFormat: 'file' } }),
	});
	expect(error).toBeUndefined();
});

it('a file that is opened after its request has ended is closed', async () => {
	let opened: (stream: Readable) => void = () => {};
	const file = new StreamedFile(
		{
			type: 'x/y',
			sizeBytes: 3,
			open: async () => await new Promise<Readable>((resolve) => (opened = resolve)),
		},
		() => {},
	);
	const body = Readable.from(file.stream());
	body.on('error', () => {});
	body.read();
	await delay(10);
	file.close();
	const source = new Readable({ read() {} });
	opened(source);
	source.push('abc');
	await delay(50);
	expect(source.destroyed).toBe(true);
});

it('an error within errors within errors is told like any', { retry: 0 }, async () => {
	const levels = 20_000;
	const { runner } = await answeringServer(({ url }, response) => {
		if (url === TOKEN_PATH) return giveToken(response, 'a-token-for-this');
		response
			.writeHead(404, { 'content-type': 'application/json' })
			.end('{"error":'.repeat(levels) + '{}' + '}'.repeat(levels));
	});
	const { error } = await runner().run({ parameters: apiRequest('GET', '/v2/x', { options }) });
	expect(error?.message).toContain('Alimail refused GET /v2/x with status 404');
});
