import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

/** An answer as it came over the wire. */
export interface Answer {
	method: string;
	url: URL;
	/** Whether the request carried an `Authorization`. */
	tokenSent: boolean;
	status: number;
	/** Lowercase, without parameters; empty if none was named. */
	contentType: string;
	/** Whether the headers name the length of the body. */
	lengthNamed: boolean;
	/** Decompressed; what goes beyond {@link KEPT_BYTES} is left out. */
	body(): Buffer;
}

/** Node says so when the headers of an answer have come. */
const CHANNEL = 'http.client.response.finish';

/** Of a body. JSON is far smaller, and of files only the type counts. */
const KEPT_BYTES = 16 * 1024 * 1024;

const decompress: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
	br: brotliDecompressSync,
	deflate: inflateSync,
	gzip: gunzipSync,
};

/**
 * Takes down every answer that this process gets over HTTP until `stop` is called. It listens to Node itself: nothing
 * stands between the node and the server, which would change addresses, redirects or encryption.
 */
export function recordAnswers(): { answers: Answer[]; stop(): void } {
	const answers: Answer[] = [];
	const listen = (message: unknown) => {
		const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
		const host = `${request.protocol}//${String(request.getHeader('host'))}`;
		if (URL.canParse(request.path, host)) {
			answers.push({
				method: request.method,
				url: new URL(request.path, host),
				tokenSent: request.hasHeader('authorization'),
				...answerIn(response),
			});
		}
	};
	subscribe(CHANNEL, listen);
	return { answers, stop: () => unsubscribe(CHANNEL, listen) };
}

function answerIn(
	response: IncomingMessage,
): Pick<Answer, 'status' | 'contentType' | 'lengthNamed' | 'body'> {
	const { statusCode = 0, headers } = response;
	// Read at once: n8n's client removes the header when it decompresses.
	const open = decompress[headers['content-encoding'] ?? ''];
	const chunks: Buffer[] = [];
	let kept = 0;
	// A listener for the data would take it from whoever reads the answer, or start it before they do.
	const push = response.push.bind(response);
	response.push = (chunk: Buffer | null, ...rest) => {
		if (chunk !== null && kept < KEPT_BYTES) {
			kept += chunk.length;
			chunks.push(Buffer.from(chunk));
		}
		return push(chunk, ...rest);
	};
	return {
		status: statusCode,
		contentType: (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase(),
		lengthNamed: headers['content-length'] !== undefined,
		body() {
			const bytes = Buffer.concat(chunks);
			try {
				return open && bytes.length > 0 ? open(bytes) : bytes;
			} catch {
				return bytes;
			}
		},
	};
}
