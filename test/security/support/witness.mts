import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/** A request that left this process, or tried to. */
export interface OutgoingRequest {
	origin: string;
	method: string;
	path: string;
	/** All header values, in one text. */
	headers: string;
	authorization: string | undefined;
}

const CHANNEL = 'http.client.request.created';

/**
 * Watches every HTTP request that this process makes, wherever it goes and whoever makes it: what a server on another
 * machine would get is seen too, though no such machine answers.
 */
export class Witness implements Disposable {
	readonly #seen: ClientRequest[] = [];

	readonly #onRequest = (message: unknown) => {
		this.#seen.push((message as { request: ClientRequest }).request);
	};

	constructor() {
		subscribe(CHANNEL, this.#onRequest);
	}

	/** What was seen so far, and forgets it. */
	take(): OutgoingRequest[] {
		return this.#seen.splice(0).map((request) => {
			const headers = Object.entries(request.getHeaders());
			const port = /:(\d+)$/.exec(String(request.getHeader('host') ?? ''))?.[1] ?? '';
			const authorization = request.getHeader('authorization');
			return {
				origin: originOf(request.protocol, request.host, port),
				method: request.method,
				path: request.path,
				headers: headers.map(([name, value]) => `${name}: ${String(value)}`).join('\n'),
				authorization: authorization === undefined ? undefined : String(authorization),
			};
		});
	}

	[Symbol.dispose](): void {
		unsubscribe(CHANNEL, this.#onRequest);
	}
}

function originOf(protocol: string, host: string, port: string): string {
	const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
	return new URL(`${protocol}//${name}${port && `:${port}`}`).origin;
}
