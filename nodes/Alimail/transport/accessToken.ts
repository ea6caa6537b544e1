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
import { describeAnswer, errorIn, reasonFor } from './errors';
import { keepSecret } from './secrecy';

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
export const PROBE_PATH = '/v2/organization/$current';

/** n8n would wait five minutes; somebody who tests a credential won't. */
const TOKEN_TIMEOUT_MS = 20_000;

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

/** Applications remembered at the same time; a process that knows more forgets the oldest. */
const MAX_REMEMBERED = 500;

/** After this long a repeated refusal shows that nobody renews: see {@link authenticate}. */
const REFUSAL_PATIENCE_MS = 60_000;

/** What this process knows. All keys are hashes. */
const newestTokens = new Map<string, AccessToken>();
const runningExchanges = new Map<string, Promise<AccessToken>>();
const runningProbes = new Map<string, Promise<boolean>>();
const firstRefusals = new Map<string, number>();

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
		if (!isExpired(held) && (await isAccepted(held, application, httpRequest))) return {};
	}
	const newest = newestTokens.get(application.fingerprint);
	if (
		newest !== undefined &&
		!isExpired(newest, HAND_OUT_MARGINS) &&
		newest.expiresAt > (held?.expiresAt ?? 0) &&
		(held === undefined || (await isAccepted(newest, application, httpRequest)))
	) {
		return toStore(newest, application);
	}
	return toStore(await exchange(application, httpRequest), application);
}

/**
 * n8n's `authenticate`: signs a request for the application's own server, and for no other.
 *
 * An expired token is not sent: the error thrown instead looks like the server's 401, on which both of n8n's request
 * helpers renew the token and come back, before anything has left. *Never Error*, pagination and single-use bodies would
 * otherwise never be renewed. Should a version of n8n not come back, the token goes out after a minute of refusals, and
 * the server's own 401 takes over.
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
	if (token === undefined || (isExpired(token) && stillRefused(token))) throw expiredTokenError();
	keepSecret(application.clientSecret);
	keepSecret(token.value);
	// Lowercase, because older n8n puts a header spelled `Authorization` back after a redirect to another host.
	if (target.pathname !== EXCHANGE_PATH) headers.authorization = `bearer ${token.value}`;
	return signed;
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
		.filter((token): token is AccessToken => token !== undefined && !isExpired(token))
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
				remember(newestTokens, fingerprint, token);
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
	const { body, ...request } = tokenRequest(application);
	keepSecret(application.clientSecret);
	const response: IN8nHttpFullResponse | Error = await httpRequest({
		...request,
		body: new URLSearchParams(body).toString(),
		encoding: 'text',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
	}).catch((error: Error) => error);
	if (response instanceof Error) {
		// A new error, without the cause: n8n's carries the request, and so the secret.
		throw new OperationalError(
			`No answer from the Alimail token endpoint at ${application.origin}: ${reasonFor(response)}. Check the region, and that this server reaches that address.`,
		);
	}
	const text = typeof response.body === 'string' ? response.body : '';
	const answer = jsonParse<unknown>(text, { fallbackValue: null });
	const isSuccess = response.statusCode >= 200 && response.statusCode < 300;
	const token = isSuccess ? tokenFrom(answer) : undefined;
	if (token === undefined) {
		const reason = isSuccess ? describeUnusable(answer, text) : describeAnswer(answer, text);
		throw noTokenError(
			`Alimail gave no access token: HTTP ${response.statusCode}${reason ? `, ${reason}` : ''}. Check the Application ID and the Application Secret, that the region is the application's own, that the application's IP restriction admits this server, and that the edition of Alimail is a paid one.`,
		);
	}
	keepSecret(token.value);
	return token;
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
	application: Application,
	httpRequest: HttpRequest,
): Promise<boolean> {
	const key = sha256(token.value);
	let running = runningProbes.get(key);
	if (running === undefined) {
		running = httpRequest({
			method: 'GET',
			url: application.origin + PROBE_PATH,
			headers: { authorization: `bearer ${token.value}`, accept: 'application/json' },
			encoding: 'text',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			timeout: TOKEN_TIMEOUT_MS,
		})
			.then(
				(response: IN8nHttpFullResponse) => response.statusCode !== 401,
				() => true,
			)
			.finally(() => runningProbes.delete(key));
		runningProbes.set(key, running);
	}
	return await running;
}

function isExpired(token: AccessToken, margins = 1): boolean {
	const marginMs = Math.min(EXPIRY_MARGIN_MS, token.lifetimeSeconds * 100);
	return Date.now() >= token.expiresAt - margins * marginMs;
}

/** Whether an expired token is still to be held back: until a minute of refusals has moved nobody to renew it. */
function stillRefused(token: AccessToken): boolean {
	const key = sha256(token.value);
	const first = firstRefusals.get(key);
	if (first === undefined) remember(firstRefusals, key, Date.now());
	return first === undefined || Date.now() - first < REFUSAL_PATIENCE_MS;
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

function remember<T>(map: Map<string, T>, key: string, value: T): void {
	map.delete(key);
	map.set(key, value);
	if (map.size > MAX_REMEMBERED) map.delete(map.keys().next().value!);
}
