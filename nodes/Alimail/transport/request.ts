import { NodeApiError, jsonParse, type IDataObject } from 'n8n-workflow';

import { PROBE_PATH } from './accessToken';
import { originOf } from './application';
import { CREDENTIAL_NAME, DEFAULT_TIMEOUT_MS, cancelSignal, failureOf, sendOnce } from './attempt';
import { refusedError, unansweredError } from './errors';
import { DEFAULT_REQUESTS_PER_SECOND, pacerFor, pause } from './pacing';
import type { AlimailContext, AlimailRequest, AlimailResponse } from './types';

const DEFAULT_MAX_RETRIES = 5;

/** First wait when a 429 or a broken connection says nothing about how long; doubles with every attempt. */
const FIRST_RETRY_WAIT_MS = 500;
const LONGEST_RETRY_WAIT_MS = 60_000;

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
 * @returns the answer, its body as text unless the request reads it itself
 * @throws NodeApiError, unless `neverError`, for every status from 300; always when there is no answer
 */
export async function request<Body = string>(
	context: AlimailContext,
	alimailRequest: AlimailRequest<Body>,
): Promise<AlimailResponse<Body>> {
	const { method, options = {}, itemIndex, withoutToken = false, read } = alimailRequest;
	const { maxRetries = DEFAULT_MAX_RETRIES, requestsPerSecond = DEFAULT_REQUESTS_PER_SECOND } =
		options;
	const pacer = pacerFor(withoutToken ? alimailRequest.url.origin : await apiOrigin(context));
	const signal = cancelSignal(context);
	const takeTurn = async (origin: string) => await pacerFor(origin).turn(requestsPerSecond, signal);
	const repeatable = method === 'GET' || method === 'HEAD';
	const name = `${method} ${alimailRequest.url.pathname}`;

	let renewed = false;
	for (let attempt = 0; ; attempt++) {
		const mayRepeat = attempt < maxRetries && !signal?.aborted;
		const answer = await pacer.run(
			requestsPerSecond,
			signal,
			async () => await sendOnce(context, alimailRequest, takeTurn),
		);
		if ('kind' in answer) {
			if (answer.kind === 'network' && repeatable && mayRepeat) {
				await pause(retryWaitMs(attempt), signal);
				continue;
			}
			throw unansweredError(context.getNode(), { request: name, ...answer }, itemIndex);
		}
		const { response, tokenSent } = answer;
		const { statusCode } = response;
		if (statusCode === 401 && tokenSent && !renewed && !signal?.aborted) {
			renewed = true;
			await renewToken(context, itemIndex);
			continue;
		}
		if (statusCode === 429) {
			const askedMs = retryAfterMs(response.headers['retry-after']);
			pacer.slowDown(requestsPerSecond, askedMs ?? 0);
			if (mayRepeat) {
				await pause(askedMs ?? retryWaitMs(attempt), signal);
				continue;
			}
		} else {
			pacer.speedUp(requestsPerSecond);
		}
		if (statusCode >= 500 && repeatable && mayRepeat) {
			await pause(retryWaitMs(attempt), signal);
			continue;
		}
		if (statusCode < 300) return response as AlimailResponse<Body>;
		const body = response.body as string | Buffer;
		if (!options.neverError) {
			const text = body.toString();
			throw refusedError(
				context.getNode(),
				{ request: name, statusCode, answer: jsonParse(text, { fallbackValue: null }), text },
				itemIndex,
			);
		}
		return {
			...response,
			body: (read ? await read({ ...response, body: body as Buffer }) : body) as Body,
		};
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
	const url = (await apiOrigin(context)) + PROBE_PATH;
	const failure = await context.helpers.httpRequestWithAuthentication
		.call(context, CREDENTIAL_NAME, {
			method: 'GET',
			url,
			timeout: DEFAULT_TIMEOUT_MS,
			disableFollowRedirect: true,
		})
		.then(
			() => undefined,
			// Whatever the server answers here, the request that waits for the token will meet it itself.
			(error: unknown) =>
				error instanceof NodeApiError && /^\d{3}$/.test(error.httpCode ?? '')
					? undefined
					: failureOf(error, cancelSignal(context)),
		);
	if (failure?.kind === 'unsent') {
		const name = `GET ${PROBE_PATH}`;
		throw unansweredError(context.getNode(), { request: name, ...failure }, itemIndex);
	}
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
