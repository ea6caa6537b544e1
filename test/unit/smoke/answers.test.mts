import { once } from 'node:events';
import { createServer, get, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recordAnswers } from '../../../scripts/smoke/answers.mts';

async function answering(listener: RequestListener): Promise<string> {
	const server = createServer(listener);
	await once(server.listen(0, '127.0.0.1'), 'listening');
	onTestFinished(() => {
		server.close();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ask(url: string, headers = {}): Promise<string> {
	const [response] = await once(get(url, { agent: false, headers }), 'response');
	// As n8n's client does when it decompresses.
	delete response.headers['content-encoding'];
	return await text(response);
}

describe('what is recorded of an answer', () => {
	it('is where it came from, its status, type and body, and the reader gets it all the same', async () => {
		const url = await answering((_request, response) => {
			response.writeHead(418, { 'content-type': 'Application/JSON; charset=utf-8' });
			response.write('{"a":');
			response.end('1}');
		});
		const { answers, stop } = recordAnswers();
		expect(await ask(`${url}/path?x=1`, { authorization: 'bearer x' })).toBe('{"a":1}');
		stop();
		expect(answers).toMatchObject([
			{
				method: 'GET',
				status: 418,
				contentType: 'application/json',
				lengthNamed: false,
				tokenSent: true,
			},
		]);
		expect(answers[0]?.url.href).toBe(`${url}/path?x=1`);
		expect(answers[0]?.body().toString()).toBe('{"a":1}');
	});

	it.each([
		['gzip', gzipSync],
		['br', brotliCompressSync],
	])('is readable when it comes with %s', async (encoding, compress) => {
		const url = await answering((_request, response) => {
			response.writeHead(200, { 'content-encoding': encoding }).end(compress('{"a":1}'));
		});
		const { answers, stop } = recordAnswers();
		await ask(url);
		stop();
		expect(answers[0]?.body().toString()).toBe('{"a":1}');
		expect(answers[0]?.tokenSent).toBe(false);
	});

	it('ends with stop', async () => {
		const url = await answering((_request, response) => response.end());
		const { answers, stop } = recordAnswers();
		stop();
		await ask(url);
		expect(answers).toEqual([]);
	});
});
