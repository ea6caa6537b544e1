import {
	OperationalError,
	jsonParse,
	type IDataObject,
	type IHttpRequestHelper,
	type IHttpRequestOptions,
	type IN8nHttpFullResponse,
} from 'n8n-workflow';

import { describeAnswer, errorIn, reasonFor } from '../errors/answerError';
import { rememberSecrets } from '../errors/redact';
import { bytesOf, textOf, watchBody, type BinaryContent } from '../flow/body';
import { date, now, pause } from '../flow/clock';
import { isObject } from '../flow/isObject';
import { mayGoAgain, NO_ANSWER, RETRIES, retryAfterMs, retryWaitMs } from '../flow/retries';
import { SilenceWatch } from '../flow/silence';
import type { Application } from './application';

/** How this module reaches the network: n8n's own helper, which brings its proxy, certificates and SSRF rules. */
export type HttpRequest = IHttpRequestHelper['helpers']['httpRequest'];

export interface AccessToken {
	readonly value: string;
	/** As the server names it, e.g. `bearer`. */
	readonly type: string;
	/** Milliseconds since the epoch. */
	readonly expiresAt: number;
	readonly lifetimeSeconds: number;
	/** The server named no usable lifetime, so `lifetimeSeconds` is a guess. */
	readonly lifetimeAssumed: boolean;
}

/** Source: https://help.aliyun.com/document_detail/2855420.html */
export const EXCHANGE_PATH = '/oauth2/v2.0/token';

/** Longest silence. n8n would wait five minutes; somebody who tests a credential won't. */
const TOKEN_TIMEOUT_MS = 20_000;

/** Of a reply no more is read: a token takes a few thousand characters. */
const LONGEST_REPLY_BYTES = 1024 * 1024;

/** Lifetime taken when the server names none. Short, because a renewal costs less than a dead token. */
const ASSUMED_LIFETIME_SECONDS = 300;

/** No sane lifetime is longer; it keeps dates inside what JavaScript can represent. */
const LONGEST_LIFETIME_SECONDS = 366 * 24 * 3600;

/**
 * The request that asks for a token. Alimail takes form-encoded bodies only (third-party).
 *
 * Source: https://help.aliyun.com/document_detail/2855420.html
 */
export function tokenRequest(
	application: Pick<Application, 'origin' | 'clientId' | 'clientSecret'>,
) {
	return {
		method: 'POST',
		baseURL: application.origin,
		url: EXCHANGE_PATH,
		headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
		body: {
			grant_type: 'client_credentials',
			client_id: application.clientId,
			client_secret: application.clientSecret,
		},
		// The secret must not travel on to wherever a redirect points.
		disableFollowRedirect: true,
		timeout: TOKEN_TIMEOUT_MS,
	} satisfies IHttpRequestOptions;
}

/**
 * Exchanges the application's ID and secret for a token.
 *
 * @throws OperationalError when the token endpoint gives none
 */
export async function requestToken(
	application: Application,
	httpRequest: HttpRequest,
): Promise<AccessToken> {
	const { fingerprint, clientSecret, origin } = application;
	const { body, ...request } = tokenRequest(application);
	rememberSecrets(fingerprint, clientSecret);
	const reply = await ask(httpRequest, { ...request, body: new URLSearchParams(body).toString() });
	if (reply instanceof Error) {
		// A new error, without the cause: n8n's carries the request, and so the secret.
		throw new OperationalError(
			`No answer from the Alimail token endpoint at ${origin}: ${reasonFor(reply)}. Check the region, and that this server reaches that address.`,
		);
	}
	const { statusCode, text } = reply;
	const answer = jsonParse<unknown>(text, { fallbackValue: null });
	const isSuccess = statusCode >= 200 && statusCode < 300;
	const token = isSuccess ? tokenFrom(answer) : undefined;
	if (token === undefined) {
		const reason = isSuccess ? describeUnusable(answer, text) : describeAnswer(answer, text);
		throw noTokenError(
			`Alimail gave no access token: HTTP ${statusCode}${reason ? `, ${reason}` : ''}. ${exchangeHint(statusCode)}`,
		);
	}
	rememberSecrets(fingerprint, clientSecret, token.value);
	return token;
}

/** What to do when the token endpoint gives no token with this status. */
function exchangeHint(statusCode: number): string {
	if (statusCode === 429) {
		return 'It is asked for too many tokens. Wait a while, and use one credential in all workflows.';
	}
	if (statusCode >= 500) {
		return 'It is out of order, which has nothing to do with the credential. Try again later.';
	}
	if (statusCode >= 300 && statusCode < 400) {
		return 'It leads elsewhere, and the secret does not follow. Check the region, the Base URL, and the proxy in between.';
	}
	if (statusCode === 404 || statusCode === 405) {
		return 'There is no token endpoint at that address. Check the region and the Base URL.';
	}
	return "Check the Application ID and the Application Secret, that the region is the application's own, that the application's IP restriction admits this server, and that the edition of Alimail is a paid one.";
}

interface Reply {
	statusCode: number;
	text: string;
	headers: IDataObject;
}

/** Sends one of this module's own requests, again after 429, 5xx and broken connections, as long as there is time. */
export async function ask(
	httpRequest: HttpRequest,
	request: IHttpRequestOptions,
): Promise<Reply | Error> {
	const endAt = now() + RETRIES.exchangeForMs;
	for (let attempt = 0; ; attempt++) {
		const reply = await askOnce(httpRequest, request, endAt).catch((error: Error) => error);
		const isError = reply instanceof Error;
		const waitMs = retryWaitMs(
			attempt,
			isError ? undefined : retryAfterMs(reply.headers['retry-after']),
		);
		const mayRepeat = mayGoAgain(isError ? NO_ANSWER : reply.statusCode, true);
		if (!mayRepeat || now() + waitMs >= endAt) return reply;
		await pause(waitMs, undefined);
	}
}

/** @param endAt - when the answer must be there, by {@link now} */
async function askOnce(
	httpRequest: HttpRequest,
	request: IHttpRequestOptions,
	endAt: number,
): Promise<Reply> {
	const timeout = Math.max(1, Math.min(TOKEN_TIMEOUT_MS, endAt - now()));
	const watch = new SilenceWatch(timeout);
	watch.until(endAt);
	try {
		const response = (await httpRequest({
			...request,
			timeout,
			encoding: 'stream',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			abortSignal: watch.signal,
		})) as IN8nHttpFullResponse;
		// n8n's type knows nothing of `encoding`.
		const body = response.body as unknown as BinaryContent;
		watchBody(body, watch);
		const { statusCode, headers } = response;
		return { statusCode, headers, text: textOf((await bytesOf(body, LONGEST_REPLY_BYTES)).bytes) };
	} catch (error) {
		throw watch.hasTripped ? Object.assign(new Error('silent'), { code: 'ETIMEDOUT' }) : error;
	} finally {
		watch.end();
	}
}

/** What is wrong with an answer of success: its text is not shown, because there may be a token in it after all. */
function describeUnusable(answer: unknown, text: string): string {
	const { code, message } = errorIn(answer);
	if (code !== undefined || message !== undefined || /<html\b|<!doctype html/i.test(text)) {
		return describeAnswer(answer, text);
	}
	if (text.trim() === '') return 'an empty answer';
	return answer === null ? 'an answer that is not JSON' : 'JSON without a usable access_token';
}

function tokenFrom(answer: unknown): AccessToken | undefined {
	if (!isObject(answer)) return undefined;
	const { access_token: value, token_type: type, expires_in: expiresIn } = answer;
	// Visible ASCII is what a header can carry; a leading `=` would make n8n run the stored token as an expression.
	if (typeof value !== 'string' || !/^[\x21-\x3c\x3e-\x7e][\x21-\x7e]*$/.test(value))
		return undefined;
	const lifetimeSeconds =
		typeof expiresIn === 'number' || typeof expiresIn === 'string' ? Number(expiresIn) : NaN;
	const lifetimeAssumed = !(lifetimeSeconds > 0);
	const usableSeconds = lifetimeAssumed
		? ASSUMED_LIFETIME_SECONDS
		: Math.min(lifetimeSeconds, LONGEST_LIFETIME_SECONDS);
	return {
		value,
		type: typeof type === 'string' && type !== '' ? type : 'bearer',
		expiresAt: date() + usableSeconds * 1000,
		lifetimeSeconds: usableSeconds,
		lifetimeAssumed,
	};
}

/** With an `httpCode`: without one, n8n takes a foreign "Bad gateway" in the message for a 502, and replaces the message. */
function noTokenError(message: string): Error {
	return Object.assign(new OperationalError(message), { httpCode: 'none' });
}
