import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createGzip, constants } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { Alimail } from '../../../nodes/Alimail/Alimail.node.ts';
import { NodeRunner } from '../../support/nodeRunner.mts';
import { apiRequest, jsonRequest } from '../../support/simulated.mts';
import { answeringServer, giveToken, TOKEN_PATH } from '../../support/answeringServer.mts';

const options = { timeout: 1000, maxRetries: 0 };

it('a body of JSON that leaves slowly and steadily is no silence', { retry: 0 }, async () => {
	const takeSlowly = async (request: IncomingMessage, response: ServerResponse) => {
		let count = 0;
		for await (const piece of request) {
			count += (piece as Buffer).length;
			await delay(4);
		}
		response.end(JSON.stringify({ count }));
	};
	const server = createServer((request, response) => {
		if (request.url === TOKEN_PATH) {
			request.resume().on('end', () => giveToken(response, 'a-token-for-this'));
			return;
		}
		// A client that has gone breaks it off.
		takeSlowly(request, response).catch(() => {});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(async () => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const alimail = NodeRunner.forServer(new Alimail(), {
		url,
		clientId: 'i',
		clientSecret: 'ssssss',
	});
	const { error } = await alimail.run({
		parameters: jsonRequest('POST', '/v2/x', { text: 'x'.repeat(40 * 2 ** 20) }, { options }),
	});
	expect(error?.message).toBeUndefined();
});

it('a compressed answer that comes slowly and steadily is no silence', { retry: 0 }, async () => {
	const { runner } = await answeringServer(async ({ url }, response) => {
		if (url === TOKEN_PATH) return giveToken(response, 'a-token-for-this');
		const gzip = createGzip({ level: 9, strategy: constants.Z_DEFAULT_STRATEGY });
		const pieces: Buffer[] = [];
		gzip.on('data', (piece: Buffer) => pieces.push(piece));
		const noise = Array.from(
			{ length: 60 },
			(_, i) => `"k${i}${'abcdefghij'[i % 10]}":${i * 7919}`,
		);
		gzip.end(`{${noise.join(',')}}`);
		await new Promise((resolve) => gzip.on('end', resolve));
		const all = Buffer.concat(pieces);
		response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
		for (let at = 0; at < all.length && !response.destroyed; at += 12) {
			response.write(all.subarray(at, at + 12));
			await delay(300);
		}
		response.end();
	});
	// Of compressed bytes the first few dozen are a table: nothing comes out of them for almost a second.
	const patient = { ...options, timeout: 2000 };
	const { error } = await runner().run({
		parameters: apiRequest('GET', '/v2/x', { options: patient }),
	});
	expect(error?.message).toBeUndefined();
});
