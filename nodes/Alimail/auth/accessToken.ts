import type { IHttpRequestOptions } from 'n8n-workflow';

import { sha256 } from '../errors/hash';
import { BoundedMap } from '../flow/boundedMap';
import { date, now } from '../flow/clock';
import { DEFAULT_REQUESTS_PER_SECOND, pacerFor } from '../flow/pacing';
import { SingleFlight } from '../flow/singleFlight';
import type { Application } from './application';
import { ask, requestToken, type AccessToken, type HttpRequest } from './exchange';

/** The cheapest authenticated call that is known (third-party: go-alimail); used to ask whether a token still counts. */
const PROBE_PATH = '/v2/organization/$current';

/** A token counts as expired this long before its end, so that it doesn't die on the way. */
const EXPIRY_MARGIN_MS = 60_000;

/**
 * A token that this process remembers is handed out while twice the margin before its expiry is left. n8n first stores it, then
 * asks `authenticate` once more, and no further: by then the token must not have expired.
 */
const HAND_OUT_MARGINS = 2;

/** Applications, and tokens, remembered at the same time; a process that knows more forgets the one used least recently. */
const MAX_REMEMBERED = 500;

/** After this long a repeated refusal to sign shows that nobody renews the token. */
const REFUSAL_PATIENCE_MS = 60_000;

/** What this process has found out about a token. */
interface Findings {
	/** `doubted`: a request with it was answered 401. `dead`: the server, when asked, has said so too. */
	doubt?: 'doubted' | 'dead';
	/** When it was first held back, by {@link now}. */
	heldBackAt?: number;
}

/** The life of the access tokens that this process knows: how each is obtained, remembered, doubted and replaced. */
class AccessTokens {
	/** By the fingerprint of the application, so that no secret is a key. */
	readonly #newest = new BoundedMap<AccessToken>(MAX_REMEMBERED);

	readonly #exchanges = new SingleFlight<AccessToken>();

	/** By the hash of the token. */
	readonly #findings = new BoundedMap<Findings>(MAX_REMEMBERED);

	readonly #questions = new SingleFlight<boolean>();

	/**
	 * Obtains a new token. All callers that wait for the same application share one exchange.
	 *
	 * @throws OperationalError when the token endpoint gives none
	 */
	async exchange(application: Application, httpRequest: HttpRequest): Promise<AccessToken> {
		const { fingerprint } = application;
		return await this.#exchanges.run(fingerprint, async () => {
			const token = await requestToken(application, httpRequest);
			this.#newest.set(fingerprint, token);
			// It may be one that was given before, and is given again because it still counts.
			this.#findings.delete(sha256(token.value));
			return token;
		});
	}

	/**
	 * The token that takes the place of another: the newest that this process has, if that is a different one and still
	 * counts, else a new one.
	 *
	 * @param held - the caller's own, if it has one
	 * @returns undefined when the caller's own token still counts
	 * @throws OperationalError when the token endpoint gives none
	 */
	async replacement(
		held: AccessToken | undefined,
		application: Application,
		httpRequest: HttpRequest,
	): Promise<AccessToken | undefined> {
		if (held !== undefined) {
			// Somebody renews: a minute of refusals begins anew.
			this.#note(held.value, { heldBackAt: undefined });
			if (await this.#stillCounts(held, application, httpRequest)) return undefined;
		}
		const newest = this.#newest.get(application.fingerprint);
		if (
			newest !== undefined &&
			newest.value !== held?.value &&
			!this.#isOver(newest, HAND_OUT_MARGINS) &&
			(held === undefined || (await this.#stillCounts(newest, application, httpRequest)))
		) {
			return newest;
		}
		return await this.exchange(application, httpRequest);
	}

	/**
	 * The token with the longest life ahead of it.
	 *
	 * @param stored - the one stored with the credential
	 * @returns undefined when neither that one nor the newest of this process counts any more
	 */
	current(stored: AccessToken | undefined, { fingerprint }: Application): AccessToken | undefined {
		return [stored, this.#newest.get(fingerprint)]
			.filter((token): token is AccessToken => token !== undefined && !this.#isOver(token))
			.sort((one, other) => other.expiresAt - one.expiresAt)[0];
	}

	/**
	 * Whether a request may carry this token: not when it has expired or is in doubt, unless a minute of refusals has moved
	 * nobody to ask for its {@link replacement}.
	 */
	maySign(token: AccessToken): boolean {
		const { doubt, heldBackAt } = this.#findings.get(sha256(token.value)) ?? {};
		if (!isExpired(token) && doubt === undefined) return true;
		if (heldBackAt === undefined) this.#note(token.value, { heldBackAt: now() });
		return heldBackAt !== undefined && now() - heldBackAt >= REFUSAL_PATIENCE_MS;
	}

	/** A request with this token was answered 401: the server is asked about it before another request carries it. */
	doubt(value: string): void {
		const { doubt = 'doubted' } = this.#findings.get(sha256(value)) ?? {};
		this.#note(value, { doubt });
	}

	/** @param margins - how many margins before its end a token counts as over */
	#isOver(token: AccessToken, margins = 1): boolean {
		const { doubt } = this.#findings.get(sha256(token.value)) ?? {};
		return isExpired(token, margins) || doubt === 'dead';
	}

	/**
	 * Asks the server whether a token still counts, unless that is known. Whatever it answers other than 401, and no answer
	 * at all, means that the token is not what went wrong. Callers with the same token share the question.
	 */
	async #stillCounts(
		token: AccessToken,
		{ origin }: Application,
		httpRequest: HttpRequest,
	): Promise<boolean> {
		if (this.#isOver(token)) return false;
		return await this.#questions.run(sha256(token.value), async () => {
			const reply = await askPaced(httpRequest, origin, {
				method: 'GET',
				url: origin + PROBE_PATH,
				headers: { authorization: `bearer ${token.value}`, accept: 'application/json' },
			});
			const isDead = !(reply instanceof Error) && reply.statusCode === 401;
			this.#note(token.value, { doubt: isDead ? 'dead' : undefined });
			return !isDead;
		});
	}

	#note(value: string, found: Findings): void {
		const key = sha256(value);
		this.#findings.set(key, { ...this.#findings.get(key), ...found });
	}
}

/** Those of this process: all executions share them. */
export const accessTokens = new AccessTokens();

/** Takes its turn among the requests of this process, but no slot: the one that waits for it has one already. */
async function askPaced(httpRequest: HttpRequest, origin: string, request: IHttpRequestOptions) {
	const paced: HttpRequest = async (options) => {
		await pacerFor(origin).turn(DEFAULT_REQUESTS_PER_SECOND, undefined);
		return await httpRequest(options);
	};
	return await ask(paced, request);
}

function isExpired({ expiresAt, lifetimeSeconds }: AccessToken, margins = 1): boolean {
	const marginMs = Math.min(EXPIRY_MARGIN_MS, lifetimeSeconds * 100);
	return date() >= expiresAt - margins * marginMs;
}
