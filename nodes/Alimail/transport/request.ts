import {
	jsonParse,
	type GenericValue,
	type IDataObject,
	type IExecuteFunctions,
	type IHttpRequestMethods,
	type IHttpRequestOptions,
	type ILoadOptionsFunctions,
	type IN8nHttpFullResponse,
	type IPollFunctions,
} from 'n8n-workflow';

import { PROBE_PATH } from './accessToken';
import { originOf } from './application';
import { reasonFor, refusedError, unansweredError } from './errors';
import { DEFAULT_REQUESTS_PER_SECOND, pacerFor, pause } from './pacing';

/** Whatever of n8n's contexts a request is made from. */
export type AlimailContext = IExecuteFunctions | IPollFunctions | ILoadOptionsFunctions;

export const CREDENTIAL_NAME = 'alimailApi';

/** A body that is opened anew for every attempt, because a stream can be sent once only. */
export type BodySource = () => Promise<GenericValue | Buffer | NodeJS.ReadableStream>;

export interface AlimailRequest {
	method: IHttpRequestMethods;
	/** On the credential's own origin unless `withoutToken`, complete with query. */
	url: URL;
	/** For the addresses of files that Alimail names, which may be on other servers: the token stays here. */
	withoutToken?: true;
	headers?: Record<string, string>;
	/** JSON, text, bytes, or a form that axios encodes (see multipart.ts). */
	body?: GenericValue | Buffer;
	/** In place of `body`, for what can be read once only. */
	openBody?: BodySource;
	/** `stream` hands the body over unread; all else is read as text. */
	receive?: 'text' | 'stream';
	/** Of the input item that the request is made for; errors name it. */
	itemIndex: number;
	options?: RequestOptions;
}

export interface RequestOptions {
	/** Longest wait for an answer. */
	timeoutMs?: number;
	/** Whether redirects of GET and HEAD are followed. Default: true. */
	followRedirects?: boolean;
	/** How often a request that may be sent again is sent again. */
	maxRetries?: number;
	/** `Infinity` for no limit. */
	requestsPerSecond?: number;
	/** Hand over whatever status comes, instead of throwing. */
	neverError?: boolean;
}

export interface AlimailResponse<Body = string> {
	statusCode: number;
	statusMessage: string;
	/** Names in lowercase. */
	headers: Record<string, string | string[] | undefined>;
	body: Body;
	/** Where the answer came from, after redirects. */
	url: URL;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_RETRIES = 5;
const MAX_REDIRECTS = 10;

/** First wait when a 429 or a broken connection says nothing about how long; doubles with every attempt. */
const FIRST_RETRY_WAIT_MS = 500;
const LONGEST_RETRY_WAIT_MS = 60_000;

/** Why there is no answer. `unsent`: the credential refused, or n8n did. */
interface Failure {
	kind: 'unsent' | 'network' | 'cancelled';
	reason: string;
	hint?: string;
}

const origins = new WeakMap<object, Promise<string>>();
const renewals = new WeakMap<object, Promise<void>>();

/** The origin of the credential's API. Read once per execution. */
export async function apiOrigin(context: AlimailContext): Promise<string> {
	let origin = origins.get(context);
	if (origin === undefined) {
		origin = context.getCredentials(CREDENTIAL_NAME).then(originOf);
		origins.set(context, origin);
	}
	return await origin;
}

/**
 * Sends one request, authenticated by the `alimailApi` credential: the only way in which this node talks to the API.
 *
 * - Starts are spaced and the number under way is bounded, per server and process.
 * - 401: the token is renewed and the request sent once more, for the server did nothing.
 * - 429: waits and sends again, whatever the method, for the server did nothing.
 * - 5xx and broken connections: sent again for GET and HEAD only.
 * - Redirects: followed for GET and HEAD only; another origin gets neither token nor headers.
 *
 * @returns the answer with its body as text, or unread where `receive` is `stream`
 * @throws NodeApiError, unless `neverError`, for every status from 300; always when there is no answer
 */
export async function request(
	context: AlimailContext,
	alimailRequest: AlimailRequest & { receive: 'stream' },
): Promise<AlimailResponse<NodeJS.ReadableStream>>;
export async function request(
	context: AlimailContext,
	alimailRequest: AlimailRequest,
): Promise<AlimailResponse>;
export async function request(
	context: AlimailContext,
	alimailRequest: AlimailRequest,
): Promise<AlimailResponse<unknown>> {
	const { method, options = {}, itemIndex, withoutToken = false } = alimailRequest;
	const { maxRetries = DEFAULT_MAX_RETRIES, requestsPerSecond = DEFAULT_REQUESTS_PER_SECOND } =
		options;
	const pacer = pacerFor(withoutToken ? alimailRequest.url.origin : await apiOrigin(context));
	const signal = cancelSignal(context);
	const repeatable = method === 'GET' || method === 'HEAD';
	const name = `${method} ${alimailRequest.url.pathname}`;

	let renewed = false;
	for (let attempt = 0; ; attempt++) {
		const mayRepeat = attempt < maxRetries && !signal?.aborted;
		let response: AlimailResponse<unknown>;
		try {
			response = await pacer.run(
				requestsPerSecond,
				signal,
				async () => await sendAndFollow(context, alimailRequest),
			);
		} catch (error) {
			const failure = failureOf(error, signal);
			if (failure.kind === 'network' && repeatable && mayRepeat) {
				await pause(retryWaitMs(attempt), signal);
				continue;
			}
			throw unansweredError(context.getNode(), { request: name, ...failure }, itemIndex);
		}
		const { statusCode } = response;
		const ownServer = response.url.origin === alimailRequest.url.origin;
		if (statusCode === 401 && ownServer && !withoutToken && !renewed && !signal?.aborted) {
			renewed = true;
			discard(response.body);
			await renewToken(context, itemIndex);
			continue;
		}
		if (statusCode === 429) {
			const askedMs = retryAfterMs(response.headers['retry-after']);
			pacer.slowDown(requestsPerSecond, askedMs ?? 0);
			if (mayRepeat) {
				discard(response.body);
				await pause(askedMs ?? retryWaitMs(attempt), signal);
				continue;
			}
		} else {
			pacer.speedUp(requestsPerSecond);
		}
		if (statusCode >= 500 && repeatable && mayRepeat) {
			discard(response.body);
			await pause(retryWaitMs(attempt), signal);
			continue;
		}
		if (statusCode >= 300 && !options.neverError) {
			const text = await bodyText(context, response);
			throw refusedError(
				context.getNode(),
				{ request: name, statusCode, answer: jsonParse(text, { fallbackValue: null }), text },
				itemIndex,
			);
		}
		return response;
	}
}

/**
 * Sends a request and reads the answer as JSON.
 *
 * @returns the object that came; an empty one for an empty body (third-party: send and batch calls answer so)
 * @throws NodeApiError as {@link request} does, and when the answer is no JSON object or holds an error despite its status
 */
export async function requestJson(
	context: AlimailContext,
	alimailRequest: AlimailRequest,
): Promise<IDataObject> {
	const { method, url, itemIndex } = alimailRequest;
	const { body: text, statusCode } = await request(context, alimailRequest);
	if (text.trim() === '') return {};
	const answer = jsonParse<unknown>(text, { fallbackValue: null });
	const isObject = typeof answer === 'object' && answer !== null && !Array.isArray(answer);
	if (!isObject || 'detailErrorCode' in answer) {
		throw refusedError(
			context.getNode(),
			{
				request: `${method} ${url.pathname}`,
				statusCode,
				answer,
				text,
				problem: isObject
					? undefined
					: `answered ${method} ${url.pathname} with something other than JSON`,
			},
			itemIndex,
		);
	}
	return answer as IDataObject;
}

/** Reads a body that came as text or as a stream. */
export async function bodyText(
	context: AlimailContext,
	{ body }: AlimailResponse<unknown>,
): Promise<string> {
	if (typeof body === 'string') return body;
	if (!isStream(body)) return '';
	return await (context as IExecuteFunctions).helpers.binaryToString(
		body as Parameters<IExecuteFunctions['helpers']['binaryToString']>[0],
	);
}

async function sendAndFollow(
	context: AlimailContext,
	alimailRequest: AlimailRequest,
): Promise<AlimailResponse<unknown>> {
	const { method, options = {}, url, receive = 'text' } = alimailRequest;
	const { timeoutMs = DEFAULT_TIMEOUT_MS, followRedirects = true } = options;
	const common: IHttpRequestOptions = {
		method,
		url: url.href,
		encoding: receive,
		timeout: timeoutMs,
		returnFullResponse: true,
		// n8n would renew on a 401 that is thrown, but it sends used-up streams again (1.x) and wraps all other answers
		// into an error that holds the request with its headers.
		ignoreHttpStatusErrors: true,
		// Followed below: n8n's own following holds the body in memory and sends the token to subdomains.
		disableFollowRedirect: true,
	};
	const headers = { accept: 'application/json, */*;q=0.5', ...alimailRequest.headers };
	let target = url;
	const first: IHttpRequestOptions = {
		...common,
		headers,
		body: (alimailRequest.openBody
			? await alimailRequest.openBody()
			: alimailRequest.body) as IHttpRequestOptions['body'],
	};
	let response = (await (alimailRequest.withoutToken
		? context.helpers.httpRequest({ ...first, abortSignal: cancelSignal(context) })
		: context.helpers.httpRequestWithAuthentication.call(
				context,
				CREDENTIAL_NAME,
				first,
			))) as IN8nHttpFullResponse;

	if (method === 'GET' || method === 'HEAD') {
		for (let hops = 0; followRedirects && hops < MAX_REDIRECTS; hops++) {
			const location = redirectTarget(response, target);
			if (location === undefined) break;
			discard(response.body);
			const ownServer = location.origin === url.origin && target.origin === url.origin;
			response = (await (ownServer && !alimailRequest.withoutToken
				? context.helpers.httpRequestWithAuthentication.call(context, CREDENTIAL_NAME, {
						...common,
						url: location.href,
						headers,
					})
				: context.helpers.httpRequest({
						...common,
						url: location.href,
						abortSignal: cancelSignal(context),
					}))) as IN8nHttpFullResponse;
			target = location;
		}
	}
	return {
		statusCode: response.statusCode,
		statusMessage: response.statusMessage ?? '',
		headers: response.headers as AlimailResponse['headers'],
		body: response.body,
		url: target,
	};
}

/**
 * Has n8n renew the token and store it, by a request through its helper that fails with 401. n8n calls the credential's
 * `preAuthentication` then. All requests of an execution that were refused together share one renewal.
 */
async function renewToken(context: AlimailContext, itemIndex: number): Promise<void> {
	let running = renewals.get(context);
	if (running === undefined) {
		running = probe(context, itemIndex).finally(() => renewals.delete(context));
		renewals.set(context, running);
	}
	await running;
}

async function probe(context: AlimailContext, itemIndex: number): Promise<void> {
	try {
		await context.helpers.httpRequestWithAuthentication.call(context, CREDENTIAL_NAME, {
			method: 'GET',
			url: (await apiOrigin(context)) + PROBE_PATH,
			timeout: DEFAULT_TIMEOUT_MS,
			disableFollowRedirect: true,
		});
	} catch (error) {
		// Whatever the server answers here, the request that waits for the token will meet it itself.
		const failure = failureOf(error, cancelSignal(context));
		if (failure.kind === 'unsent') {
			const request = `GET ${PROBE_PATH}`;
			throw unansweredError(context.getNode(), { request, ...failure }, itemIndex);
		}
	}
}

/** Where a redirect leads, if the answer is one. */
function redirectTarget(response: IN8nHttpFullResponse, from: URL): URL | undefined {
	const { location } = response.headers;
	if (![301, 302, 303, 307, 308].includes(response.statusCode) || typeof location !== 'string') {
		return undefined;
	}
	try {
		const target = new URL(location, from);
		return /^https?:$/.test(target.protocol) ? target : undefined;
	} catch {
		return undefined;
	}
}

/** What n8n's helper threw: `unsent` when the credential refused, `network` when the connection broke. */
function failureOf(error: unknown, signal: AbortSignal | undefined): Failure {
	const cause = (error instanceof Error && error.cause instanceof Error ? error.cause : error) as {
		message?: string;
		code?: string;
		isAxiosError?: boolean;
	};
	if (signal?.aborted) return { kind: 'cancelled', reason: 'the execution was cancelled' };
	if (!cause.isAxiosError) return { kind: 'unsent', reason: cause.message ?? 'unknown reason' };
	const reason = reasonFor(cause);
	if (cause.code === 'ECONNABORTED' || cause.code === 'ETIMEDOUT') {
		return {
			kind: 'network',
			reason,
			hint: "The server may have done it nevertheless. Raise 'Timeout' if it needs longer.",
		};
	}
	return {
		kind: 'network',
		reason,
		hint: 'Check the region in the credential, and that this server reaches that address. The server may have received the request.',
	};
}

function cancelSignal(context: AlimailContext): AbortSignal | undefined {
	return 'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined;
}

/** `Retry-After` in seconds or as a date (third-party: yaerp; whether Alimail sends it is not known), in milliseconds. */
function retryAfterMs(header: unknown): number | undefined {
	if (typeof header !== 'string' || header.trim() === '') return undefined;
	const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
	return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_WAIT_MS);
}

function retryWaitMs(attempt: number): number {
	const longest = Math.min(FIRST_RETRY_WAIT_MS * 2 ** attempt, LONGEST_RETRY_WAIT_MS);
	return longest * (0.5 + Math.random() / 2);
}

function discard(body: unknown): void {
	if (isStream(body)) (body as unknown as { destroy(): void }).destroy();
}

function isStream(body: unknown): body is NodeJS.ReadableStream {
	return typeof body === 'object' && body !== null && 'pipe' in body;
}
