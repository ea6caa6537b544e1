import { sleep } from 'n8n-workflow';

/**
 * Requests a second to one server and process, unless an operation says otherwise. Alimail allows 40 per domain, all
 * applications together (third-party: go-alimail and others); the rest is for whoever else calls.
 */
export const DEFAULT_REQUESTS_PER_SECOND = 36;

/** Requests under way at once to one server and process: enough for the rate at half a second each. */
const MAX_IN_FLIGHT = 20;

/** Starts that may follow one another at once after a pause; makes up for timers that fire late. */
const BURST = 3;

/** How the rate follows the server: down with every 429, up again with every other answer. */
const SLOW_DOWN_FACTOR = 0.93;
const SPEED_UP_PER_ANSWER = 0.05;

/** A server that keeps saying 429 is not asked less often than this. */
const LOWEST_REQUESTS_PER_SECOND = 2;

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

	private lastTurn: Promise<void> = Promise.resolve();

	private inFlight = 0;

	/** The first request goes alone: others that wait with it for the token would leave in one burst. */
	private mayBeInFlight = 1;

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
		if (this.inFlight >= this.mayBeInFlight) {
			await new Promise<void>((resolve) => this.waiting.push(resolve));
		} else {
			this.inFlight++;
		}
		try {
			await this.turn(maxPerSecond, signal);
			return await send();
		} finally {
			this.inFlight--;
			this.mayBeInFlight = MAX_IN_FLIGHT;
			while (this.inFlight < MAX_IN_FLIGHT && this.waiting.length > 0) {
				this.inFlight++;
				this.waiting.shift()!();
			}
		}
	}

	/** The server said 429: fewer requests from now on, and none at all for `pauseMs`. */
	slowDown(maxPerSecond: number, pauseMs: number): void {
		this.nextStartAt = Math.max(this.nextStartAt, Date.now() + pauseMs);
		const current = Math.min(this.requestsPerSecond, maxPerSecond);
		const start = Number.isFinite(current) ? current : DEFAULT_REQUESTS_PER_SECOND;
		this.requestsPerSecond = Math.max(LOWEST_REQUESTS_PER_SECOND, start * SLOW_DOWN_FACTOR);
	}

	/** The server answered: a little faster again. */
	speedUp(maxPerSecond: number): void {
		this.requestsPerSecond += SPEED_UP_PER_ANSWER;
		if (this.requestsPerSecond >= maxPerSecond) this.requestsPerSecond = Infinity;
	}

	/**
	 * Waits for the turn of one more request; turns are taken in order. A redirect calls it by itself, for it belongs to a
	 * request that is under way already.
	 *
	 * @param maxPerSecond - as in {@link run}
	 * @param signal - as in {@link run}
	 */
	async turn(maxPerSecond: number, signal: AbortSignal | undefined): Promise<void> {
		const before = this.lastTurn;
		this.lastTurn = (async () => {
			await before;
			for (let wait = 1; wait > 0 && !signal?.aborted; ) {
				wait = this.nextStartAt - Date.now();
				await pause(wait, signal);
			}
			if (signal?.aborted) return;
			const intervalMs = 1000 / Math.min(maxPerSecond, this.requestsPerSecond);
			const earliest = Date.now() - BURST * intervalMs;
			this.nextStartAt = Math.max(this.nextStartAt, earliest) + intervalMs;
		})();
		await this.lastTurn;
	}
}

/** Waits, in slices: n8n 2 has no sleep that can be aborted. Returns early when the signal is aborted. */
export async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
	const endAt = Date.now() + durationMs;
	for (let left = durationMs; left > 0 && !signal?.aborted; left = endAt - Date.now()) {
		await sleep(Math.min(left, SLEEP_SLICE_MS));
	}
}
