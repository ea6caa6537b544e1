import type { IHttpRequestOptions } from 'n8n-workflow';

import { sha256 } from '../errors/hash';
import { BoundedMap } from '../flow/boundedMap';
import { now } from '../flow/clock';
import { DEFAULT_REQUESTS_PER_SECOND, pacerFor } from '../flow/pacing';
import { SingleFlight } from '../flow/singleFlight';
import type { Application } from './application';
import { ask, requestToken, type AccessToken, type HttpRequest } from './exchange';

/** The cheapest authenticated call that is known (third-party: go-alimail); used to ask whether a token still counts. */
const PROBE_PATH = '/v2/organization/$current';

/** A token counts as expired this long before its end, so that it doesn't die on the way. */
const EXPIRY_MARGIN_MS = 60_000;

/** Applications, and tokens, remembered at the same time; a process that knows more forgets the one used least recently. */
const MAX_REMEMBERED = 500;

/** After this long a repeated refusal shows that nobody renews: see `authenticate`. */
const REFUSAL_PATIENCE_MS = 60_000;

/** What this process knows. All keys are hashes. */
const newestTokens = new BoundedMap<AccessToken>(MAX_REMEMBERED);
const exchanges = new SingleFlight<AccessToken>();
const probes = new SingleFlight<boolean>();
/** When a token was first held back. */
const firstRefusals = new BoundedMap<number>(MAX_REMEMBERED);
/** Tokens with which a request was answered 401: `dead` once the server has said so when asked. */
const doubts = new BoundedMap<'doubted' | 'dead'>(MAX_REMEMBERED);

/**
 * A request with this token was answered 401: before it goes out again, `renewAccessToken` is to ask the server
 * whether it still counts.
 */
export function doubtToken(value: string): void {
	const key = sha256(value);
	if (doubts.get(key) === undefined) doubts.set(key, 'doubted');
}

/** The token that this process obtained last for an application. */
export function newestToken({ fingerprint }: Application): AccessToken | undefined {
	return newestTokens.get(fingerprint);
}

/**
 * Obtains a new token. All callers of this process that wait for the same application share one exchange.
 *
 * @throws OperationalError when the token endpoint gives none
 */
export async function exchange(
	application: Application,
	httpRequest: HttpRequest,
): Promise<AccessToken> {
	const { fingerprint } = application;
	return await exchanges.run(fingerprint, async () => {
		const token = await requestToken(application, httpRequest);
		newestTokens.set(fingerprint, token);
		// It may be one that was given before, and is given again because it still counts.
		doubts.delete(sha256(token.value));
		forgetRefusals(token);
		return token;
	});
}

/**
 * Asks the server whether a token still counts. Whatever it answers other than 401, and no answer at all, means that the
 * token is not what went wrong. Callers with the same token share the question.
 */
export async function isAccepted(
	token: AccessToken,
	{ origin }: Application,
	httpRequest: HttpRequest,
): Promise<boolean> {
	const key = sha256(token.value);
	return await probes.run(key, async () => {
		const reply = await askPaced(httpRequest, origin, {
			method: 'GET',
			url: origin + PROBE_PATH,
			headers: { authorization: `bearer ${token.value}`, accept: 'application/json' },
		});
		const isDead = !(reply instanceof Error) && reply.statusCode === 401;
		if (isDead) doubts.set(key, 'dead');
		else doubts.delete(key);
		return !isDead;
	});
}

/**
 * Whether a token is known to be worth nothing any more.
 *
 * @param margins - how many margins before its end it counts as over
 */
export function isOver(token: AccessToken, margins = 1): boolean {
	return isExpired(token, margins) || doubts.get(sha256(token.value)) === 'dead';
}

/** Whether a token must not be sent before `renewAccessToken` has looked at it. */
export function needsRenewal(token: AccessToken): boolean {
	return isExpired(token) || doubts.get(sha256(token.value)) !== undefined;
}

/** Whether a token is still to be held back: until a minute of refusals has moved nobody to renew it. */
export function stillRefused(token: AccessToken): boolean {
	const key = sha256(token.value);
	const first = firstRefusals.get(key);
	if (first === undefined) firstRefusals.set(key, now());
	return first === undefined || now() - first < REFUSAL_PATIENCE_MS;
}

/** Somebody renews: a minute of refusals begins anew. */
export function forgetRefusals(token: AccessToken): void {
	firstRefusals.delete(sha256(token.value));
}

/** Takes its turn among the requests of this process, but no slot: the one that waits for it has one already. */
async function askPaced(httpRequest: HttpRequest, origin: string, request: IHttpRequestOptions) {
	const paced = async (options: IHttpRequestOptions) => {
		await pacerFor(origin).turn(DEFAULT_REQUESTS_PER_SECOND, undefined);
		return (await httpRequest(options)) as unknown;
	};
	return await ask(paced, request);
}

function isExpired(token: AccessToken, margins = 1): boolean {
	const marginMs = Math.min(EXPIRY_MARGIN_MS, token.lifetimeSeconds * 100);
	return Date.now() >= token.expiresAt - margins * marginMs;
}
