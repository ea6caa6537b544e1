import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a server got. */
export interface Received {
	method: string;
	url: string;
	headers: IncomingHttpHeaders;
	body: string;
}

/** A server that records what arrives and answers as it is told. */
export interface RecordingServer {
	url: string;
	port: number;
	received: Received[];
	/** How it answers from now on. Default: 200 with `{}`. */
	answer(how: (response: ServerResponse, request: Received) => void): void;
	close(): Promise<void>;
}

/** Starts a server that records; the caller closes it. */
export async function recordingServer(host = '127.0.0.1'): Promise<RecordingServer> {
	const received: Received[] = [];
	let answer: (response: ServerResponse, request: Received) => void = (response) => {
		response.setHeader('content-type', 'application/json');
		response.end('{}');
	};
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('error', () => {});
		request.on('end', () => {
			const entry: Received = {
				method: request.method ?? '',
				url: request.url ?? '',
				headers: request.headers,
				body: Buffer.concat(chunks).toString(),
			};
			received.push(entry);
			answer(response, entry);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, host, resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://${host}:${port}`,
		port,
		received,
		answer(how) {
			answer = how;
		},
		async close() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** A server that has no business with the credential, for one test. */
export async function evilServer(): Promise<RecordingServer> {
	const server = await recordingServer();
	onTestFinished(() => server.close());
	return server;
}
