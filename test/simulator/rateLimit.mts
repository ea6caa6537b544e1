const windowMs = 1000;

/** Counts requests in a sliding window of one second, so that no second ever holds more than the limit. */
export class RateLimiter {
	#taken: number[] = [];

	/** Whether one more request fits; counts it if so. Refused requests do not count. */
	take(limit: number): boolean {
		if (limit === Infinity) return true;
		const now = performance.now();
		while (this.#taken[0] !== undefined && this.#taken[0] <= now - windowMs) this.#taken.shift();
		if (this.#taken.length >= limit) return false;
		this.#taken.push(now);
		return true;
	}

	/** Forgets what was counted. */
	reset(): void {
		this.#taken = [];
	}
}
