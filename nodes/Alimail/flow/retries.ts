import { date, randomBetween } from './clock';

/** In place of a status: the connection broke. */
export const NO_ANSWER = 0;

/** When a request goes out again: every rule and every bound. */
export const RETRIES = {
	/** By the status of the answer. What the server may have done already is done once more only if it is safe. */
	after: [
		{ statuses: [429, 429], requests: 'all' }, // The server did nothing.
		{ statuses: [500, Infinity], requests: 'safe' }, // Its own state, and not what it was asked.
		{ statuses: [NO_ANSWER, NO_ANSWER], requests: 'safe' },
	],
	/** They change nothing on the server. */
	safeMethods: ['GET', 'HEAD'],
	/** How often, unless the user says otherwise. */
	times: 5,
	/** Exchanges of a token, and questions about one, have a time instead: all requests that need the token wait for it. */
	exchangeForMs: 30_000,
	/** The first wait; it doubles with every attempt. */
	firstWaitMs: 500,
	/** Even if the server asks for more. */
	longestWaitMs: 60_000,
	/** A share of every wait is drawn, this much of it at the least. */
	leastShare: 0.5,
	/** How often a token that was refused is renewed: other processes may renew it too, and end the one just obtained. */
	renewals: 5,
	/**
	 * The longest wait before the second renewal; it doubles with every other one. By then another process has stored its
	 * token: two that never wait longer would end each other's tokens for ever on a busy computer.
	 */
	renewalWaitMs: 800,
} as const;

/**
 * Whether a request may go out again, as often as there is room.
 *
 * @param statusCode - of the answer, or {@link NO_ANSWER}
 * @param isSafe - whether it does no harm when the server carries it out twice
 */
export function mayGoAgain(statusCode: number, isSafe: boolean): boolean {
	return RETRIES.after.some(
		({ statuses: [from, to], requests }) =>
			statusCode >= from && statusCode <= to && (requests === 'all' || isSafe),
	);
}

/**
 * How long to wait before a request is sent again.
 *
 * @param attempt - how often it was sent again already
 * @param askedMs - what the server asked for; a server that asks for less than nothing gets the wait of one that is silent
 */
export function retryWaitMs(attempt: number, askedMs = 0): number {
	const { firstWaitMs, longestWaitMs, leastShare } = RETRIES;
	const waitMs = Math.min(firstWaitMs * 2 ** attempt, longestWaitMs);
	return Math.max(askedMs, randomBetween(leastShare, 1) * waitMs);
}

/**
 * How long to wait before a token is renewed once more.
 *
 * @param renewals - how many there were already
 */
export function renewalWaitMs(renewals: number): number {
	return randomBetween(0, RETRIES.renewalWaitMs * 2 ** (renewals - 1));
}

/** `Retry-After` in seconds or as a date (third-party: yaerp; whether Alimail sends it is not known), in milliseconds. */
export function retryAfterMs(header: unknown): number | undefined {
	if (typeof header !== 'string' || header.trim() === '') return undefined;
	const isSeconds = /^\d{1,9}(\.\d{1,9})?$/.test(header.trim());
	const ms = isSeconds ? Number(header) * 1000 : Date.parse(header) - date();
	return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), RETRIES.longestWaitMs);
}
