import { sleep } from 'n8n-workflow';

/**
 * Requests a second to one server and process, unless an operation says otherwise. Alimail allows 40 per domain, all
 * applications together (third-party: go-alimail and others); the rest is for whoever else calls.
 */
export const DEFAULT_REQUESTS_PER_SECOND = 36;

/** Requests under way at once to one server and process: enough for the rate at half a second each. */
const MAX_IN_FLIGHT = 20;

/** A server that keeps saying 429 is not asked less often than this. */
const LOWEST_REQUESTS_PER_SECOND = 2;

/** How the rate follows the server: down at once, up again over about half a minute. */
const SLOW_DOWN_FACTOR = 0.8;
const SPEED_UP_PER_ANSWER = 0.03;

/** One slow-down for all the requests that were refused together. */
const SLOW_DOWN_EVERY_MS = 500;

/** Cancelling must not wait for a long pause: sleeps are cut into pieces of this length. */
const SLEEP_SLICE_MS = 200;

/** Servers remembered at the same time. */
const MAX_PACERS = 100;

const pacers = new Map<string, Pacer>();

/** The pacer that all requests of this process to `origin` share. */
export function pacerFor(origin: string): Pacer {
	let pacer = pacers.get(origin);
	if (pacer === undefined) {
		pacer = new Pacer();
		pacers.set(origin, pacer);
		if (pacers.size > MAX_PACERS) pacers.delete(pacers.keys().next().value!);
	}
	return pacer;
}

/** Spaces the starts of requests, bounds how many are under way, and slows down when the server says 429. */
export class Pacer {
	private requestsPerSecond = Infinity;

	private nextStartAt = 0;

	private slowedDownAt = 0;

	private inFlight = 0;

	private readonly waiting: Array<() => void> = [];

	/**
	 * Runs a request when its turn has come.
	 *
	 * @param maxPerSecond - the rate to keep below; `Infinity` for none
	 * @param signal - of the execution; once aborted, requests that wait are started at once, to fail at once
	 */
	async run<T>(
		maxPerSecond: number,
		signal: AbortSignal | undefined,
		send: () => Promise<T>,
	): Promise<T> {
		if (this.inFlight >= MAX_IN_FLIGHT) {
			await new Promise<void>((resolve) => this.waiting.push(resolve));
		} else {
			this.inFlight++;
		}
		try {
			await this.turn(maxPerSecond, signal);
			return await send();
		} finally {
			const next = this.waiting.shift();
			if (next) next();
			else this.inFlight--;
		}
	}

	/** The server said 429: fewer requests from now on, and none at all for `pauseMs`. */
	slowDown(maxPerSecond: number, pauseMs: number): void {
		const now = Date.now();
		this.nextStartAt = Math.max(this.nextStartAt, now + pauseMs);
		if (now - this.slowedDownAt < SLOW_DOWN_EVERY_MS) return;
		this.slowedDownAt = now;
		const current = Math.min(this.requestsPerSecond, maxPerSecond, DEFAULT_REQUESTS_PER_SECOND);
		this.requestsPerSecond = Math.max(LOWEST_REQUESTS_PER_SECOND, current * SLOW_DOWN_FACTOR);
	}

	/** The server answered: a little faster again. */
	speedUp(maxPerSecond: number): void {
		this.requestsPerSecond += SPEED_UP_PER_ANSWER;
		if (this.requestsPerSecond >= maxPerSecond) this.requestsPerSecond = Infinity;
	}

	private async turn(maxPerSecond: number, signal: AbortSignal | undefined): Promise<void> {
		const now = Date.now();
		const startAt = Math.max(now, this.nextStartAt);
		this.nextStartAt = startAt + 1000 / Math.min(maxPerSecond, this.requestsPerSecond);
		await pause(startAt - now, signal);
	}
}

/** Waits, in slices: n8n 2 has no sleep that can be aborted. Returns early when the signal is aborted. */
export async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
	const endAt = Date.now() + durationMs;
	for (let left = durationMs; left > 0 && !signal?.aborted; left = endAt - Date.now()) {
		await sleep(Math.min(left, SLEEP_SLICE_MS));
	}
}
