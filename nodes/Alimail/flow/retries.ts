/** First wait before a request is sent again; doubles with every attempt. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

/** Statuses that a server gives because of its own state, and not because of what it was asked. */
export function isTemporary(statusCode: number): boolean {
	return statusCode === 429 || statusCode >= 500;
}

/**
 * How long to wait before a request is sent again.
 *
 * @param attempt - how often it was sent again already
 * @param askedMs - what the server asked for; a server that asks for less than nothing gets the wait of one that is silent
 */
export function retryWaitMs(attempt: number, askedMs = 0): number {
	const longest = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
	return Math.max(askedMs, longest * (0.5 + Math.random() / 2));
}

/** `Retry-After` in seconds or as a date (third-party: yaerp; whether Alimail sends it is not known), in milliseconds. */
export function retryAfterMs(header: unknown): number | undefined {
	if (typeof header !== 'string' || header.trim() === '') return undefined;
	const isSeconds = /^\d{1,9}(\.\d{1,9})?$/.test(header.trim());
	const ms = isSeconds ? Number(header) * 1000 : Date.parse(header) - Date.now();
	return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}
