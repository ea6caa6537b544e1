import { jsonParse } from 'n8n-workflow';

import { accessTokens } from '../auth/accessToken';
import { forgetCredential, type AlimailContext } from '../auth/credential';
import { refusedError, unansweredError } from '../errors/nodeErrors';
import { pause } from '../flow/clock';
import { DEFAULT_REQUESTS_PER_SECOND, pacerFor } from '../flow/pacing';
import {
	mayGoAgain,
	NO_ANSWER,
	renewalWaitMs,
	RETRIES,
	retryAfterMs,
	retryWaitMs,
} from '../flow/retries';
import { cancelSignal, sendOnce } from './attempt';
import type { AlimailRequest, AlimailResponse } from './types';

/**
 * Sends one request, authenticated by the `alimailApi` credential: the only way in which this node talks to the API.
 *
 * - Starts are spaced and the number under way is bounded, per server and process, and per node if it has a limit.
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
	const { method, url, options = {}, itemIndex, read } = alimailRequest;
	const { maxRetries = RETRIES.times, requestsPerSecond = DEFAULT_REQUESTS_PER_SECOND } = options;
	const signal = cancelSignal(context);
	const sharedLimit = Math.max(requestsPerSecond, DEFAULT_REQUESTS_PER_SECOND);
	const pacer = pacerFor(url.origin);
	const isSafe = RETRIES.safeMethods.some((safe) => safe === method);
	const name = `${method} ${url.pathname}`;

	const refusedTokens = new Set<string>();
	let expirations = 0;
	for (let attempt = 0; ; attempt++) {
		const mayRepeat = attempt < maxRetries && !signal?.aborted;
		if (requestsPerSecond < DEFAULT_REQUESTS_PER_SECOND) {
			await pacerFor(nodeKey(context)).turn(requestsPerSecond, signal);
		}
		const { turn, answer } = await pacer.run(sharedLimit, signal, async (own, answered) => ({
			turn: own,
			answer: await sendOnce(context, alimailRequest, {
				turn: async (origin) => await pacerFor(origin).turn(sharedLimit, signal),
				left: () => pacer.goSideBySide(),
				answered,
			}),
		}));
		if ('kind' in answer) {
			if (answer.kind === 'expired' && ++expirations <= RETRIES.renewals && !signal?.aborted) {
				await pause(renewalWaitMs(expirations), signal);
				forgetCredential(context);
				continue;
			}
			if (answer.kind === 'network' && mayRepeat && mayGoAgain(NO_ANSWER, isSafe)) {
				await pause(retryWaitMs(attempt), signal);
				continue;
			}
			throw unansweredError(context.getNode(), { request: name, ...answer }, itemIndex);
		}
		const { response, token, start = turn } = answer;
		const { statusCode } = response;
		const mayRenew =
			token !== undefined && !refusedTokens.has(token) && refusedTokens.size < RETRIES.renewals;
		if (statusCode === 401 && mayRenew && !signal?.aborted) {
			if (refusedTokens.size > 0) await pause(renewalWaitMs(refusedTokens.size), signal);
			refusedTokens.add(token);
			accessTokens.doubt(token);
			forgetCredential(context);
			continue;
		}
		const askedMs = retryAfterMs(response.headers['retry-after']);
		if (statusCode === 429) {
			pacerFor(response.url.origin).refused(start, sharedLimit, askedMs ?? 0);
		}
		if (mayRepeat && mayGoAgain(statusCode, isSafe)) {
			await pause(retryWaitMs(attempt, askedMs), signal);
			continue;
		}
		// Of a success, `sendOnce` gives what the reader made; without a reader, `Body` is text.
		if (statusCode < 300) return response as AlimailResponse<Body>;
		// Of an answer that is no success, nothing has been read yet but the bytes.
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

/** What a node's own limit is kept by. */
function nodeKey(context: AlimailContext): string {
	return `${context.getWorkflow().id ?? ''} ${context.getNode().id}`;
}
