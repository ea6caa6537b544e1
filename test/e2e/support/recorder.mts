import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request to a recorder. */
export interface SeenRequest {
	method: string;
	url: string;
	headers: IncomingHttpHeaders;
}

/** A server on an origin of its own that says yes to everything and remembers what came. */
export interface Recorder {
	readonly url: string;
	readonly requests: SeenRequest[];
}

/** Starts a recorder for one test. */
export async function recorder(): Promise<Recorder> {
	const requests: SeenRequest[] = [];
	const server = createServer(({ method = '', url = '', headers }, response) => {
		requests.push({ method, url, headers });
		response.writeHead(200, { 'content-type': 'application/json' });
		response.end('{"from":"another host"}');
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
