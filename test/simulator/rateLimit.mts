import type { Settings } from './settings.mts';

const WINDOW_MS = 1000;

/** Counts requests over the whole domain. Those that are refused do not count. */
export class RateLimiter {
	readonly #window = new SlidingWindow();
	#bucket: TokenBucket | undefined;

	/**
	 * Whether one more request fits; counts it if so.
	 *
	 * @param limit - requests per second
	 * @param now - in milliseconds
	 */
	take(limit: number, kind: Settings['rateLimiter'], now = performance.now()): boolean {
		if (limit === Infinity) return true;
		if (kind === 'slidingWindow') return this.#window.take(limit, now);
		this.#bucket ??= new TokenBucket(limit, now);
		return this.#bucket.take(limit, now);
	}

	/** Forgets what was counted. */
	reset(): void {
		this.#window.reset();
		this.#bucket = undefined;
	}
}

/** No second ever holds more than the limit. */
class SlidingWindow {
	#taken: number[] = [];

	take(limit: number, now: number): boolean {
		while (this.#taken[0] !== undefined && this.#taken[0] <= now - WINDOW_MS) this.#taken.shift();
		if (this.#taken.length >= limit) return false;
		this.#taken.push(now);
		return true;
	}

	reset(): void {
		this.#taken = [];
	}
}

/** Holds as much as the limit, begins full and fills at that rate: after a pause, a second may hold nearly twice the limit. */
class TokenBucket {
	#left: number;
	#filledAt: number;

	constructor(limit: number, now: number) {
		this.#left = limit;
		this.#filledAt = now;
	}

	take(limit: number, now: number): boolean {
		this.#left = Math.min(limit, this.#left + ((now - this.#filledAt) / WINDOW_MS) * limit);
		this.#filledAt = now;
		if (this.#left < 1) return false;
		this.#left -= 1;
		return true;
	}
}
