import {
	NodeApiError,
	NodeOperationError,
	type ICredentialDataDecryptedObject,
	type IHttpRequestOptions,
	type IN8nHttpFullResponse,
} from 'n8n-workflow';

import {
	credentialOf,
	CREDENTIAL_NAME,
	forgetCredential,
	type AlimailContext,
} from '../auth/credential';
import { reasonFor } from '../errors/answerError';
import { withoutSecrets } from '../errors/redact';
import {
	bytesOf,
	LONGEST_ANSWER_BYTES,
	PIECE_BYTES,
	StreamedFile,
	textOf,
	watchBody,
	type BinaryContent,
} from '../flow/body';
import { now } from '../flow/clock';
import type { Start } from '../flow/pacing';
import { SilenceWatch } from '../flow/silence';
import type { AlimailRequest, AlimailResponse } from './types';

const DEFAULT_TIMEOUT_MS = 60_000;

const MAX_REDIRECTS = 10;

/** Of what a server says about a request that did not succeed, so much is read. */
const LONGEST_ERROR_BYTES = 64 * 1024;

/** Longest time that such a text may take to come, however steadily. */
const LONGEST_READING_MS = 10 * 60_000;

/**
 * Why there is no answer. `unsent`: the credential refused, or n8n did. `expired`: it was not sent either, for its token
 * came to its end. `network`: it may go better next time. `unusable`: what came must not be followed, or is too long.
 */
export interface Failure {
	kind: 'unsent' | 'expired' | 'network' | 'cancelled' | 'unusable';
	reason: string;
	hint?: string;
}

const CANCELLED: Failure = { kind: 'cancelled', reason: 'the execution was cancelled' };

const TOO_LONG: Failure = {
	kind: 'unusable',
	reason: 'the answer is longer than 64 MiB',
	hint: 'Ask for less at once, or for a file.',
};

/** What came of sending a request once. */
export interface Answer<Body> {
	response: AlimailResponse<Body>;
	/** The access token of the request that was answered, if it carried one. */
	token: string | undefined;
	/** Of the redirect that was followed last, if any was. */
	start: Start | undefined;
}

/** What a request asks of the pacing while it runs. */
export interface Pace {
	/** Waits until a redirect may be followed to a server with this origin. */
	turn(origin: string): Promise<Start>;
	/** Called when the request leaves for certain, with its token. */
	left(): void;
	/** Called as soon as the server answers. */
	answered(): void;
}

/** What belongs to sending a request once. */
interface Attempt {
	pace: Pace;
	/** Ends it when it has been silent for too long, and when the execution is cancelled. */
	watch: SilenceWatch;
	/** Of the request. */
	body: unknown;
}

/**
 * Sends a request once, follows its redirects, and reads the answer: with the request's own reader when the status is one
 * of success, else as text, or as bytes if it has a reader.
 *
 * It takes as long as it needs, but ends when nothing has moved for the request's `timeoutMs`.
 *
 * @returns the answer whatever its status, or why there is none
 * @throws what the request's own reader throws on purpose, as NodeApiError or NodeOperationError
 */
export async function sendOnce<Body>(
	context: AlimailContext,
	request: AlimailRequest<Body>,
	pace: Pace,
): Promise<Answer<Body | string | Buffer> | Failure> {
	const { timeoutMs = DEFAULT_TIMEOUT_MS } = request.options ?? {};
	const cancel = cancelSignal(context);
	if (cancel?.aborted) return CANCELLED;
	const watch = new SilenceWatch(timeoutMs);
	const failure = (otherwise: Failure): Failure => {
		if (cancel?.aborted) return CANCELLED;
		return watch.hasTripped ? silence(timeoutMs) : otherwise;
	};
	const streamed = streamedBody(request, () => {
		pace.left();
		watch.start();
	});
	const cancelled = new Promise<Failure>((resolve) => {
		watch.signal.addEventListener('abort', () => resolve(failure(CANCELLED)), { once: true });
	});
	const end = () => watch.end();
	cancel?.addEventListener('abort', end, { once: true });
	try {
		const attempt = { pace, watch, body: streamed ?? request.body };
		const sending = sendAndFollow(context, request, attempt).catch((error: unknown) =>
			failure(
				streamed?.problem === undefined
					? failureOf(error)
					: { kind: 'unsent', reason: 'The file could not be read from where n8n keeps it' },
			),
		);
		// n8n's helper may wait for a new token, which it does for all and not to be cancelled.
		const sent = await Promise.race([sending, cancelled]);
		if ('kind' in sent) return sent;
		const { response, token, start } = sent;
		const { body: content } = response;
		watchBody(content, watch);
		const { read } = request;
		if (read !== undefined && response.statusCode < 300) {
			const body = await read({ ...response, body: content }).catch((error: Error) => error);
			if (body instanceof NodeApiError || body instanceof NodeOperationError) throw body;
			if (body instanceof Error) return failure(brokenConnection(body));
			return { token, start, response: { ...response, body } };
		}
		const isResult = response.statusCode < 300 || request.options?.neverError === true;
		watch.until(now() + LONGEST_READING_MS);
		const body = await bytesOf(
			content,
			isResult ? LONGEST_ANSWER_BYTES : LONGEST_ERROR_BYTES,
		).catch((error: Error) => error);
		if (body instanceof Error) return failure(brokenConnection(body));
		if (isResult && !body.isWhole) return TOO_LONG;
		const { bytes } = body;
		return { token, start, response: { ...response, body: read ? bytes : textOf(bytes) } };
	} finally {
		end();
		streamed?.close();
		cancel?.removeEventListener('abort', end);
	}
}

/** The signal that n8n gives when the execution is cancelled. */
export function cancelSignal(context: AlimailContext): AbortSignal | undefined {
	return 'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
}

/** The body of a request as one that shows how it moves, unless it leaves in one piece. */
function streamedBody<Body>(request: AlimailRequest<Body>, moved: () => void) {
	const { streamBody, body, headers } = request;
	if (streamBody !== undefined) return streamBody(moved);
	const bytes = typeof body === 'string' ? Buffer.from(body) : body;
	if (!Buffer.isBuffer(bytes) || bytes.length <= PIECE_BYTES) return undefined;
	const type = headers?.['content-type'] ?? 'application/octet-stream';
	return new StreamedFile({ type, sizeBytes: bytes.length, open: async () => bytes }, moved);
}

/** What it means that n8n's helper threw this. */
function failureOf(error: unknown): Failure {
	// No status of the server is thrown: this is what the credential throws instead of signing with an expired token.
	if (error instanceof NodeApiError && error.httpCode === '401') {
		return { kind: 'expired', reason: 'The access token ended before the request was sent' };
	}
	// What n8n wraps is an error of axios, whose type is not at hand.
	const cause = (error instanceof Error && error.cause instanceof Error ? error.cause : error) as {
		message?: string;
		code?: string;
		isAxiosError?: boolean;
	};
	if (cause.isAxiosError) return brokenConnection(cause);
	// n8n 1.x keeps no cause: of a broken connection, its code is what is left.
	const code =
		error instanceof NodeApiError && error.cause === undefined ? (error.httpCode ?? '') : '';
	return /^[A-Z][A-Z\d_]+$/.test(code)
		? brokenConnection({ message: cause.message, code })
		: { kind: 'unsent', reason: cause.message ?? 'unknown reason' };
}

function brokenConnection(error: { message?: string; code?: string }): Failure {
	const tookTooLong = error.code === 'ECONNABORTED' || error.code === 'ETIMEDOUT';
	return {
		kind: 'network',
		reason: reasonFor(error),
		hint: tookTooLong
			? "The server may have done it nevertheless. Raise 'Timeout' if it needs longer."
			: 'Check the region in the credential, and that this server reaches that address. The server may have received the request.',
	};
}

function silence(timeoutMs: number): Failure {
	return {
		kind: 'network',
		reason: `it took too long: nothing came or went for ${timeoutMs / 1000} seconds`,
		hint: "The connection was still open, and was closed. The server may have received the request. Raise 'Timeout' if it pauses for longer.",
	};
}

async function sendAndFollow(
	context: AlimailContext,
	request: AlimailRequest<unknown>,
	{ pace, watch, body }: Attempt,
): Promise<Answer<BinaryContent> | Failure> {
	const { method, options = {}, url } = request;
	const { timeoutMs = DEFAULT_TIMEOUT_MS, followRedirects = true } = options;
	const headers = { accept: 'application/json, */*;q=0.5', ...request.headers };
	const common: IHttpRequestOptions = {
		method,
		url: url.href,
		// n8n's helper does not notice when the body of an answer stops coming: it is read, and watched, here.
		encoding: 'stream',
		// Until the answer begins. It would count the time that a file takes to be sent: then silence is watched instead.
		timeout: body === request.body ? timeoutMs : 0,
		returnFullResponse: true,
		// n8n would renew on a 401 that is thrown, but it sends used-up streams again (1.x) and wraps all other answers
		// into an error that holds the request with its headers.
		ignoreHttpStatusErrors: true,
		// Followed below: n8n's own following holds the body in memory and sends the token to subdomains.
		disableFollowRedirect: true,
		abortSignal: watch.signal,
	};
	const send = async (
		withToken: boolean,
		more: Partial<IHttpRequestOptions>,
	): Promise<{ response: IN8nHttpFullResponse; token?: string }> =>
		withToken
			? await sendWithToken(context, watch.signal, { ...common, headers, ...more })
			: { response: await context.helpers.httpRequest({ ...common, ...more }) };

	let withToken = request.withoutToken !== true;
	let from = url;
	let start: Start | undefined;
	let { response, token } = await send(withToken, {
		headers,
		// n8n's type leaves out what axios reads as a Blob, see flow/body.ts.
		body: body as IHttpRequestOptions['body'],
	});
	watch.stop();
	pace.answered();
	for (let hops = 0; followRedirects && hops < MAX_REDIRECTS; hops++) {
		const location =
			method === 'GET' || method === 'HEAD' ? redirectTarget(response, from) : undefined;
		if (location === undefined) break;
		if (from.protocol === 'https:' && location.protocol === 'http:') {
			return {
				kind: 'unusable',
				reason: `${from.host} redirects to an address that is not encrypted, on ${withoutSecrets(location.host)}`,
				hint: 'Nothing was sent there. Ask whoever runs the server, or the proxy in between, for an https address.',
			};
		}
		// Once away from the API's own server, neither token nor headers are sent, not even back to it.
		withToken &&= location.origin === url.origin;
		from = location;
		start = await pace.turn(location.origin);
		({ response, token } = await send(withToken, { url: location.href }));
	}
	return {
		token,
		start,
		response: {
			statusCode: response.statusCode,
			statusMessage: response.statusMessage ?? '',
			headers: response.headers,
			// n8n's type knows nothing of `encoding`.
			body: response.body as unknown as BinaryContent,
			url: from,
		},
	};
}

/**
 * Sends a request through n8n's helper, which has the credential sign it.
 *
 * @returns also the token that it carried in the end
 */
async function sendWithToken(
	context: AlimailContext,
	signal: AbortSignal,
	options: IHttpRequestOptions,
): Promise<{ response: IN8nHttpFullResponse; token: string }> {
	const stored = await credentialOf(context);
	// n8n puts a renewed token in here.
	const used: ICredentialDataDecryptedObject = { ...stored };
	// The helper takes these two from what it is called on: it would read the credential again for every request, and put
	// the signal of the execution in place of the one that ends this attempt.
	const sender = Object.create(context, {
		getCredentials: { value: async () => used },
		getExecutionCancelSignal: { value: () => signal },
	}) as AlimailContext;
	try {
		const response = (await context.helpers.httpRequestWithAuthentication.call(
			sender,
			CREDENTIAL_NAME,
			options,
		)) as IN8nHttpFullResponse;
		return { response, token: String(used.accessToken) };
	} finally {
		if (used.accessToken !== stored.accessToken) forgetCredential(context);
	}
}

/** Where a redirect leads, if the answer is one. */
function redirectTarget(response: IN8nHttpFullResponse, from: URL): URL | undefined {
	const { location } = response.headers;
	if (![301, 302, 303, 307, 308].includes(response.statusCode) || typeof location !== 'string') {
		return undefined;
	}
	if (!URL.canParse(location, from.href)) return undefined;
	const target = new URL(location, from);
	return /^https?:$/.test(target.protocol) ? target : undefined;
}
