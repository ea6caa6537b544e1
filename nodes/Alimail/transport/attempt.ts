import {
	NodeApiError,
	NodeOperationError,
	type IExecuteFunctions,
	type IHttpRequestOptions,
	type IN8nHttpFullResponse,
} from 'n8n-workflow';

import { reasonFor } from './errors';
import type { AlimailContext, AlimailRequest, AlimailResponse, BinaryContent } from './types';

export const CREDENTIAL_NAME = 'alimailApi';

export const DEFAULT_TIMEOUT_MS = 60_000;

const MAX_REDIRECTS = 10;

/** Why there is no answer. `unsent`: the credential refused, or n8n did. */
export interface Failure {
	kind: 'unsent' | 'network' | 'cancelled';
	reason: string;
	hint?: string;
}

/** What came of sending a request once. */
export interface Answer<Body> {
	response: AlimailResponse<Body>;
	/** The answer is to a request that carried the token. */
	tokenSent: boolean;
}

/**
 * Sends a request once, follows its redirects, and reads the answer: with the request's own reader when the status is one
 * of success, else as bytes.
 *
 * @param takeTurn - waits until a redirect may be followed to a server with this origin
 * @returns the answer whatever its status, or why there is none
 * @throws what the request's own reader throws on purpose, as NodeApiError or NodeOperationError
 */
export async function sendOnce<Body>(
	context: AlimailContext,
	request: AlimailRequest<Body>,
	takeTurn: (origin: string) => Promise<void>,
): Promise<Answer<Body | string | Buffer> | Failure> {
	const signal = cancelSignal(context);
	const answer = await sendAndFollow(context, request, takeTurn, signal).catch((error: unknown) =>
		failureOf(error, signal),
	);
	if ('kind' in answer) return answer;
	const { response, tokenSent } = answer;
	const content = response.body;
	if (typeof content === 'string') return { tokenSent, response: { ...response, body: content } };

	const { read } = request;
	const body = await (
		read !== undefined && response.statusCode < 300
			? read({ ...response, body: content })
			: (context as IExecuteFunctions).helpers.binaryToBuffer(content)
	).catch((error: Error) => error);
	if (body instanceof NodeApiError || body instanceof NodeOperationError) throw body;
	if (body instanceof Error) return brokenConnection(body, signal);
	return { tokenSent, response: { ...response, body } };
}

/** The signal that n8n gives when the execution is cancelled. */
export function cancelSignal(context: AlimailContext): AbortSignal | undefined {
	return 'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
}

/** What it means that n8n's helper threw this. */
export function failureOf(error: unknown, signal: AbortSignal | undefined): Failure {
	const cause = (error instanceof Error && error.cause instanceof Error ? error.cause : error) as {
		message?: string;
		code?: string;
		isAxiosError?: boolean;
	};
	if (cause.isAxiosError) return brokenConnection(cause, signal);
	if (signal?.aborted) return cancelled;
	// n8n 1.x keeps no cause: of a broken connection, its code is what is left.
	if (error instanceof NodeApiError && error.cause === undefined) {
		const code = error.httpCode ?? '';
		if (/^[A-Z][A-Z\d_]+$/.test(code)) {
			return brokenConnection({ message: error.message, code }, signal);
		}
	}
	return { kind: 'unsent', reason: cause.message ?? 'unknown reason' };
}

const cancelled: Failure = { kind: 'cancelled', reason: 'the execution was cancelled' };

function brokenConnection(
	error: { message?: string; code?: string },
	signal: AbortSignal | undefined,
): Failure {
	if (signal?.aborted) return cancelled;
	const tookTooLong = error.code === 'ECONNABORTED' || error.code === 'ETIMEDOUT';
	return {
		kind: 'network',
		reason: reasonFor(error),
		hint: tookTooLong
			? "The server may have done it nevertheless. Raise 'Timeout' if it needs longer."
			: 'Check the region in the credential, and that this server reaches that address. The server may have received the request.',
	};
}

async function sendAndFollow(
	context: AlimailContext,
	request: AlimailRequest<unknown>,
	takeTurn: (origin: string) => Promise<void>,
	signal: AbortSignal | undefined,
): Promise<Answer<string | BinaryContent>> {
	const { method, options = {}, url, openBody } = request;
	const { timeoutMs = DEFAULT_TIMEOUT_MS, followRedirects = true } = options;
	const headers = { accept: 'application/json, */*;q=0.5', ...request.headers };
	const common: IHttpRequestOptions = {
		method,
		url: url.href,
		encoding: request.read ? 'stream' : 'text',
		timeout: timeoutMs,
		returnFullResponse: true,
		// n8n would renew on a 401 that is thrown, but it sends used-up streams again (1.x) and wraps all other answers
		// into an error that holds the request with its headers.
		ignoreHttpStatusErrors: true,
		// Followed below: n8n's own following holds the body in memory and sends the token to subdomains.
		disableFollowRedirect: true,
		abortSignal: signal,
	};
	const send = async (
		withToken: boolean,
		more: Partial<IHttpRequestOptions>,
	): Promise<IN8nHttpFullResponse> =>
		withToken
			? await context.helpers.httpRequestWithAuthentication.call(context, CREDENTIAL_NAME, {
					...common,
					headers,
					...more,
				})
			: await context.helpers.httpRequest({ ...common, ...more });

	let tokenSent = request.withoutToken !== true;
	let from = url;
	const body = (openBody ? await openBody() : request.body) as IHttpRequestOptions['body'];
	let response = await send(tokenSent, { headers, body });
	for (let hops = 0; followRedirects && hops < MAX_REDIRECTS; hops++) {
		const location =
			method === 'GET' || method === 'HEAD' ? redirectTarget(response, from) : undefined;
		if (location === undefined) break;
		discard(response.body);
		// Once away from the API's own server, neither token nor headers are sent, not even back to it.
		tokenSent &&= location.origin === url.origin;
		from = location;
		await takeTurn(location.origin);
		response = await send(tokenSent, { url: location.href });
	}
	return {
		tokenSent,
		response: {
			statusCode: response.statusCode,
			statusMessage: response.statusMessage ?? '',
			headers: response.headers,
			body: response.body as unknown as string | BinaryContent,
			url: from,
		},
	};
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

function discard(body: unknown): void {
	if (typeof body === 'object' && body !== null && 'destroy' in body) {
		(body as { destroy(): void }).destroy();
	}
}
