import {
	OperationalError,
	UserError,
	jsonParse,
	type ICredentialDataDecryptedObject,
	type IDataObject,
	type IHttpRequestHelper,
	type IHttpRequestOptions,
	type IN8nHttpFullResponse,
} from 'n8n-workflow';

import { applicationOf, sha256, type Application } from './application';
import { bytesOf, textOf, watchBody } from '../flow/body';
import { BoundedMap } from '../flow/boundedMap';
import { now, pause } from '../flow/clock';
import { describeAnswer, errorIn, reasonFor } from '../errors/nodeErrors';
import { DEFAULT_REQUESTS_PER_SECOND, pacerFor } from '../flow/pacing';
import { isTemporary, retryAfterMs, retryWaitMs } from '../flow/retries';
import { rememberSecrets } from '../errors/redact';
import { SilenceWatch } from '../flow/silence';
import type { BinaryContent } from '../transport/types';

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
const EXCHANGE_PATH = '/oauth2/v2.0/token';

/** The cheapest authenticated call that is known (third-party: go-alimail); used to ask whether a token still counts. */
const PROBE_PATH = '/v2/organization/$current';

/** Longest silence. n8n would wait five minutes; somebody who tests a credential won't. */
const TOKEN_TIMEOUT_MS = 20_000;

/** How long an exchange, or a question, is tried again. All requests that need a token wait for it. */
const TRIED_AGAIN_FOR_MS = 30_000;

/** Of a reply no more is read: a token takes a few thousand characters. */
const LONGEST_REPLY_BYTES = 1024 * 1024;

/** Lifetime taken when the server names none. Short, because a renewal costs less than a dead token. */
const ASSUMED_LIFETIME_SECONDS = 300;

/** No sane lifetime is longer; it keeps dates inside what JavaScript can represent. */
const LONGEST_LIFETIME_SECONDS = 366 * 24 * 3600;

/** A token counts as expired this long before its end, so that it doesn't die on the way. */
const EXPIRY_MARGIN_MS = 60_000;

/**
 * A remembered token is handed out while it has twice that left: n8n first stores it, then asks {@link authenticate} once
 * more and no further, and by then it must not have expired.
 */
const HAND_OUT_MARGINS = 2;

/** Applications, and tokens, remembered at the same time; a process that knows more forgets the one used least recently. */
const MAX_REMEMBERED = 500;

/** After this long a repeated refusal shows that nobody renews: see {@link authenticate}. */
const REFUSAL_PATIENCE_MS = 60_000;

/** What this process knows. All keys are hashes. */
const newestTokens = new BoundedMap<AccessToken>(MAX_REMEMBERED);
const runningExchanges = new Map<string, Promise<AccessToken>>();
const runningProbes = new Map<string, Promise<boolean>>();
/** When a token was first held back. */
const firstRefusals = new BoundedMap<number>(MAX_REMEMBERED);
/** Tokens with which a request was answered 401: `dead` once the server has said so when asked. */
const doubts = new BoundedMap<'doubted' | 'dead'>(MAX_REMEMBERED);

/**
 * n8n's `preAuthentication`. n8n calls it when no token is stored and after a failed request, a credential test's included,
 * and does not say which. After a failure it sends the request again if a token comes back, so a token is handed out only
 * when the caller's own is known to be dead.
 *
 * @param credentials - the decrypted fields of an `alimailApi` credential
 * @returns the credential's fields to store, or nothing when the token was not the trouble
 * @throws UserError for unusable fields, OperationalError when the token endpoint gives no token
 */
export async function renewAccessToken(
	credentials: ICredentialDataDecryptedObject,
	httpRequest: HttpRequest,
): Promise<IDataObject> {
	const application = applicationOf(credentials);
	const held = storedToken(credentials, application);
	if (held === undefined && credentials.accessToken) {
		// Issued for other fields: the edited ones must be tried, whatever this process remembers.
		return toStore(await exchange(application, httpRequest), application);
	}
	if (held !== undefined) {
		firstRefusals.delete(sha256(held.value));
		if (!isOver(held) && (await isAccepted(held, application, httpRequest))) return {};
	}
	const newest = newestTokens.get(application.fingerprint);
	if (
		newest !== undefined &&
		!isOver(newest, HAND_OUT_MARGINS) &&
		newest.value !== held?.value &&
		(held === undefined || (await isAccepted(newest, application, httpRequest)))
	) {
		return toStore(newest, application);
	}
	return toStore(await exchange(application, httpRequest), application);
}

/**
 * n8n's `authenticate`: signs a request for the application's own server, and for no other.
 *
 * An expired token, or one that is doubted, is not sent: the error thrown instead looks like the server's 401, on which
 * both of n8n's request helpers renew the token and come back, before anything has left. *Never Error*, pagination and
 * single-use bodies would otherwise never be renewed. Should a version of n8n not come back, the token goes out after a
 * minute of refusals, and the server's own 401 takes over.
 *
 * @param requestOptions - of the modern helper (`url`, `baseURL`) or of the legacy one (`uri`); stays as it is
 * @throws UserError when the request is bound for another origin
 */
export async function authenticate(
	credentials: ICredentialDataDecryptedObject,
	requestOptions: IHttpRequestOptions & { uri?: string },
): Promise<IHttpRequestOptions> {
	const application = applicationOf(credentials);
	const target = targetOf(requestOptions);
	if (target?.origin !== application.origin) {
		throw new UserError(
			`The Alimail credential is for ${application.origin} only, and this request goes to ${target?.origin ?? 'an address that is not valid'}. Use another credential or none for it.`,
		);
	}
	const headers = Object.fromEntries(
		Object.entries(requestOptions.headers ?? {}).filter(
			([name]) => name.toLowerCase() !== 'authorization',
		),
	);
	const signed: IHttpRequestOptions = {
		...requestOptions,
		...ownDomainsOnly(credentials, requestOptions),
		// n8n's default is to send the token along to whatever host a redirect names.
		sendCredentialsOnCrossOriginRedirect: false,
		headers,
	};
	// For the exchange of a credential test too: n8n then calls `preAuthentication`, which reports in Alimail's own words.
	const token = storedToken(credentials, application);
	if (token === undefined || (needsRenewal(token) && stillRefused(token))) {
		throw expiredTokenError();
	}
	rememberSecrets(application.fingerprint, application.clientSecret, token.value);
	// Lowercase, because older n8n puts a header spelled `Authorization` back after a redirect to another host.
	if (target.pathname !== EXCHANGE_PATH) headers.authorization = `bearer ${token.value}`;
	return signed;
}

/**
 * A request with this token was answered 401: before it goes out again, {@link renewAccessToken} is to ask the server
 * whether it still counts.
 */
export function doubtToken(value: string): void {
	const key = sha256(value);
	if (doubts.get(key) === undefined) doubts.set(key, 'doubted');
}

/**
 * The application's current token: the one stored with the credential or a newer one of this process, else a new one.
 *
 * @param options.forceNew - exchange even though a token is at hand
 * @throws UserError for unusable fields, OperationalError when the token endpoint gives no token
 */
export async function currentAccessToken(
	credentials: ICredentialDataDecryptedObject,
	httpRequest: HttpRequest,
	options: { forceNew: boolean },
): Promise<AccessToken> {
	const application = applicationOf(credentials);
	const [latest] = [
		storedToken(credentials, application),
		newestTokens.get(application.fingerprint),
	]
		.filter((token): token is AccessToken => token !== undefined && !isOver(token))
		.sort((a, b) => b.expiresAt - a.expiresAt);
	if (latest !== undefined && !options.forceNew) return latest;
	return await exchange(
		application,
		async (request) => await httpRequest({ ...request, ...ownDomainsOnly(credentials, request) }),
	);
}

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

/** All callers of this process that wait for the same application share one exchange. A failed one is not remembered. */
async function exchange(application: Application, httpRequest: HttpRequest): Promise<AccessToken> {
	const { fingerprint } = application;
	let running = runningExchanges.get(fingerprint);
	if (running === undefined) {
		running = requestToken(application, httpRequest)
			.then((token) => {
				newestTokens.set(fingerprint, token);
				// It may be one that was given before, and is given again because it still counts.
				doubts.delete(sha256(token.value));
				firstRefusals.delete(sha256(token.value));
				return token;
			})
			.finally(() => runningExchanges.delete(fingerprint));
		runningExchanges.set(fingerprint, running);
	}
	return await running;
}

async function requestToken(
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
async function ask(httpRequest: HttpRequest, request: IHttpRequestOptions): Promise<Reply | Error> {
	const endAt = now() + TRIED_AGAIN_FOR_MS;
	for (let attempt = 0; ; attempt++) {
		const reply = await askOnce(httpRequest, request, endAt).catch((error: Error) => error);
		const isFinal = !(reply instanceof Error) && !isTemporary(reply.statusCode);
		const askedMs = reply instanceof Error ? undefined : retryAfterMs(reply.headers['retry-after']);
		const waitMs = retryWaitMs(attempt, askedMs);
		if (isFinal || now() + waitMs >= endAt) return reply;
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
	if (typeof answer !== 'object' || answer === null) return undefined;
	const { access_token: value, token_type: type, expires_in: expiresIn } = answer as IDataObject;
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
		expiresAt: Date.now() + usableSeconds * 1000,
		lifetimeSeconds: usableSeconds,
		lifetimeAssumed,
	};
}

/**
 * Asks the server whether a token still counts. Whatever it answers other than 401, and no answer at all, means that the
 * token is not what went wrong. Callers with the same token share the question.
 */
async function isAccepted(
	token: AccessToken,
	{ origin }: Application,
	httpRequest: HttpRequest,
): Promise<boolean> {
	const key = sha256(token.value);
	let running = runningProbes.get(key);
	if (running === undefined) {
		running = askPaced(httpRequest, origin, {
			method: 'GET',
			url: origin + PROBE_PATH,
			headers: { authorization: `bearer ${token.value}`, accept: 'application/json' },
		})
			.then((reply) => {
				const isDead = !(reply instanceof Error) && reply.statusCode === 401;
				if (isDead) doubts.set(key, 'dead');
				else doubts.delete(key);
				return !isDead;
			})
			.finally(() => runningProbes.delete(key));
		runningProbes.set(key, running);
	}
	return await running;
}

/** Takes its turn among the requests of this process, but no slot: the one that waits for it has one already. */
async function askPaced(httpRequest: HttpRequest, origin: string, request: IHttpRequestOptions) {
	const paced = async (options: IHttpRequestOptions) => {
		await pacerFor(origin).turn(DEFAULT_REQUESTS_PER_SECOND, undefined);
		return (await httpRequest(options)) as unknown;
	};
	return await ask(paced, request);
}

/** Whether a token is known to be worth nothing any more. */
function isOver(token: AccessToken, margins = 1): boolean {
	return isExpired(token, margins) || doubts.get(sha256(token.value)) === 'dead';
}

function needsRenewal(token: AccessToken): boolean {
	return isExpired(token) || doubts.get(sha256(token.value)) !== undefined;
}

function isExpired(token: AccessToken, margins = 1): boolean {
	const marginMs = Math.min(EXPIRY_MARGIN_MS, token.lifetimeSeconds * 100);
	return Date.now() >= token.expiresAt - margins * marginMs;
}

/** Whether an expired token is still to be held back: until a minute of refusals has moved nobody to renew it. */
function stillRefused(token: AccessToken): boolean {
	const key = sha256(token.value);
	const first = firstRefusals.get(key);
	if (first === undefined) firstRefusals.set(key, now());
	return first === undefined || now() - first < REFUSAL_PATIENCE_MS;
}

/** With an `httpCode`: without one, n8n takes a foreign "Bad gateway" in the message for a 502, and replaces the message. */
function noTokenError(message: string): Error {
	return Object.assign(new OperationalError(message), { httpCode: 'none' });
}

function expiredTokenError(): Error {
	return Object.assign(
		new OperationalError('The Alimail access token has expired and was not renewed. Try again.'),
		{ response: { status: 401 } },
	);
}

/** The token stored with a credential, unless it was issued for other fields than the credential has now. */
function storedToken(
	credentials: ICredentialDataDecryptedObject,
	application: Application,
): AccessToken | undefined {
	const { accessToken, accessTokenDetails } = credentials;
	if (typeof accessToken !== 'string' || accessToken === '') return undefined;
	const details = jsonParse<Partial<ReturnType<typeof detailsOf>> | null>(
		typeof accessTokenDetails === 'string' ? accessTokenDetails : '',
		{ fallbackValue: null },
	);
	if (details?.issuedFor !== application.fingerprint) return undefined;
	return {
		value: accessToken,
		type: String(details.type),
		expiresAt: Number(details.expiresAt),
		lifetimeSeconds: Number(details.lifetimeSeconds),
		lifetimeAssumed: details.lifetimeAssumed === true,
	};
}

function detailsOf(token: AccessToken, application: Application) {
	const { type, expiresAt, lifetimeSeconds, lifetimeAssumed } = token;
	return { type, expiresAt, lifetimeSeconds, lifetimeAssumed, issuedFor: application.fingerprint };
}

function toStore(token: AccessToken, application: Application): IDataObject {
	return {
		accessToken: token.value,
		accessTokenDetails: JSON.stringify(detailsOf(token, application)),
	};
}

/** n8n binds its own HTTP Request node to the credential's *Allowed HTTP Request Domains*; other nodes have to ask for it. */
function ownDomainsOnly(
	credentials: ICredentialDataDecryptedObject,
	request: IHttpRequestOptions,
): Pick<IHttpRequestOptions, 'allowedDomains'> {
	const { allowedHttpRequestDomains, allowedDomains } = credentials;
	return request.allowedDomains === undefined && allowedHttpRequestDomains === 'domains'
		? { allowedDomains: String(allowedDomains) }
		: {};
}

function targetOf(request: IHttpRequestOptions & { uri?: string }): URL | undefined {
	try {
		const target = new URL(request.url ?? request.uri ?? '', request.baseURL || undefined);
		// `blob:https://host/` has the origin of that host, and n8n's helpers would take it for a path below `baseURL`.
		return /^https?:$/.test(target.protocol) ? target : undefined;
	} catch {
		return undefined;
	}
}
