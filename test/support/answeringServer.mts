import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { Alimail } from '../../nodes/Alimail/Alimail.node.ts';
import { NodeRunner } from './nodeRunner.mts';

export const TOKEN_PATH = '/oauth2/v2.0/token';

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => unknown;

/** A server that answers as one test wants it. */
export async function answeringServer(answer: Answer) {
	const seen: string[] = [];
	const server = createServer((request, response) => {
		const pieces: Buffer[] = [];
		request.on('data', (piece: Buffer) => pieces.push(piece.subarray(0, 4096)));
		request.on('error', () => {});
		response.on('error', () => {});
		request.on('end', () => {
			seen.push(`${request.method} ${request.url}`);
			answer(request, response, Buffer.concat(pieces.slice(0, 4)).toString());
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(async () => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const runner = (clientId = 'id') =>
		NodeRunner.forServer(new Alimail(), { url, clientId, clientSecret: 'a-secret-of-the-test' });
	return { url, seen, runner };
}

/** Answers with JSON. */
export function json(response: ServerResponse, body: unknown, status = 200): void {
	response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Answers as a token endpoint does. */
export function giveToken(response: ServerResponse, value: string, lifetime = 3600): void {
	json(response, { access_token: value, token_type: 'bearer', expires_in: lifetime });
}

/** Sends one byte after the other until the client goes, or for so many. */
export function drip(response: ServerResponse, everyMs = 300): void {
	response.writeHead(200, { 'content-type': 'application/json' });
	const timer = setInterval(() => response.write(' '), everyMs);
	response.on('close', () => clearInterval(timer));
}
