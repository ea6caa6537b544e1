import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server that gives out tokens and leaves every other request without an answer. */
export interface HangingServer {
	readonly url: string;
	/** Fulfilled when a request has come. */
	readonly arrived: Promise<void>;
	/** Fulfilled when the client has closed the connection of that request. */
	readonly abandoned: Promise<void>;
}

/** Starts one for a test. */
export async function hangingServer(): Promise<HangingServer> {
	const arrived = Promise.withResolvers<void>();
	const abandoned = Promise.withResolvers<void>();
	const server = createServer((request, response) => {
		if (request.method === 'POST') {
			response.writeHead(200, { 'content-type': 'application/json' });
			response.end('{"access_token":"hanging","token_type":"bearer","expires_in":3600}');
			return;
		}
		arrived.resolve();
		request.socket.once('close', () => abandoned.resolve());
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		arrived: arrived.promise,
		abandoned: abandoned.promise,
	};
}
