import { sleep } from 'n8n-workflow';

import { BoundedMap } from './boundedMap';
import { now, randomBetween, SLEEP_SLICE_MS } from './clock';

/**
 * Requests a second to one server, unless an operation says otherwise: Alimail allows 40 per domain, all applications
 * together (third-party: go-alimail and others).
 */
export const DEFAULT_REQUESTS_PER_SECOND = 40;

/** A second is counted as this much longer: on their way to the server, requests move closer together. */
const SECOND_MS = 1020;

/** Requests under way at once to one server and process: enough for the rate at half a second each. */
const MAX_IN_FLIGHT = 20;

/** Starts that may follow one another at once after a pause; makes up for timers that fire late. */
const BURST = 3;

/** Starts are spaced this much closer than evenly; the count of the last second keeps the rate. */
const SPACING = 0.9;

/** How long after a 429 more is tried again, give or take a quarter, lest all processes try at once. */
const FIRST_GROWTH_MS = 3500;

/** How long until still more is tried, while there is no other 429. */
const NEXT_GROWTH_MS = 500;

/** How long a start is remembered: the answer that says it was refused comes later. */
const REMEMBERED_MS = 3000;

/** For operations that only read: enough items side by side for the rate that Alimail allows. */
export const READING = { itemsAtOnce: 10 };

/** Servers remembered at the same time, and nodes that have a limit of their own. */
const MAX_PACERS = 200;

const pacers = new BoundedMap<Pacer>(MAX_PACERS);

/**
 * The pacer that all requests share which name the same key: an origin for what this process sends there, or a node for a
 * limit of its own.
 */
export function pacerFor(key: string): Pacer {
	let pacer = pacers.get(key);
	if (pacer === undefined) {
		pacer = new Pacer();
		pacers.set(key, pacer);
	}
	return pacer;
}

/** A request that was let go. */
export interface Start {
	/** By the pacer's clock. */
	readonly at: number;
}

interface Waiter<Value> {
	maxPerSecond: number;
	go(value: Value): void;
}

/**
 * Spaces the starts of requests, bounds how many are under way, and learns from every 429 what the server allows.
 *
 * How a limit is shared with processes that know nothing of each other: a process may start as many requests a second as
 * the server has lately accepted from it. A refusal takes what is too much; what was accepted a second ago leaves the
 * server's count now, so that as many may follow. After a while without refusals it tries one more, then two, four, ….
 */
export class Pacer {
	readonly #clock: () => number;

	readonly #wait: (ms: number) => Promise<unknown>;

	/** Learned from refusals; `Infinity` while there were none. */
	#allowedPerSecond = Infinity;

	#growAt = Infinity;

	#growBy = 1;

	#pausedUntil = -Infinity;

	#nextStartAt = -Infinity;

	/** Not refused so far, the oldest first. */
	readonly #starts: Start[] = [];

	readonly #turns: Array<Waiter<Start>> = [];

	readonly #slots: Array<Waiter<void>> = [];

	#isGivingTurns = false;

	#inFlight = 0;

	/** The first request goes alone: others that wait with it for the token would leave in one burst. */
	#mayBeInFlight = 1;

	/** @param clock - milliseconds, never set back; tests hand in one of their own, as well as `wait` */
	constructor(clock = now, wait: (ms: number) => Promise<unknown> = sleep) {
		this.#clock = clock;
		this.#wait = wait;
	}

	/**
	 * Runs a request when its turn has come.
	 *
	 * @param maxPerSecond - the rate to keep below; `Infinity` for none
	 * @param signal - of the execution; once aborted, requests that wait are started at once, to fail at once
	 * @param send - may call `answered` as soon as the server answers: what it takes to read the answer holds up nobody
	 */
	async run<T>(
		maxPerSecond: number,
		signal: AbortSignal | undefined,
		send: (start: Start, answered: () => void) => Promise<T>,
	): Promise<T> {
		if (this.#inFlight < this.#mayBeInFlight) this.#inFlight++;
		else await waitIn(this.#slots, maxPerSecond, signal, () => this.#inFlight++);
		let hasSlot = true;
		const answered = () => {
			if (!hasSlot) return;
			hasSlot = false;
			this.#inFlight--;
			this.goSideBySide();
		};
		try {
			return await send(await this.turn(maxPerSecond, signal), answered);
		} finally {
			answered();
		}
	}

	/**
	 * Waits for the turn of one more request; turns are taken in order. A redirect calls it by itself, for it belongs to a
	 * request that is under way already.
	 *
	 * @param maxPerSecond - as in {@link run}
	 * @param signal - as in {@link run}
	 */
	async turn(maxPerSecond: number, signal: AbortSignal | undefined): Promise<Start> {
		const turn = waitIn(this.#turns, maxPerSecond, signal, () => ({ at: this.#clock() }));
		void this.#giveTurns();
		return await turn;
	}

	/** There is a token: from now on requests may go side by side. */
	goSideBySide(): void {
		this.#mayBeInFlight = MAX_IN_FLIGHT;
		for (const waiter of this.#slots.splice(0, MAX_IN_FLIGHT - this.#inFlight)) {
			this.#inFlight++;
			waiter.go();
		}
	}

	/**
	 * The server said 429.
	 *
	 * @param start - of the request
	 * @param maxPerSecond - that it kept to
	 * @param pauseMs - how long nothing is to be sent at all
	 */
	refused(start: Start, maxPerSecond: number, pauseMs: number): void {
		this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock() + pauseMs);
		const index = this.#starts.indexOf(start);
		if (index >= 0) this.#starts.splice(index, 1);
		const accepted = this.#starts.filter(({ at }) => at > start.at - 1000 && at <= start.at).length;
		// All but nothing of the limit was left to others: two requests came closer together than they were sent.
		if (accepted >= Math.floor((maxPerSecond * 1000) / SECOND_MS)) return;
		this.#allowedPerSecond = Math.max(1, Math.min(this.#allowedPerSecond, accepted));
		this.#growBy = 1;
		this.#growAt = this.#clock() + randomBetween(0.75, 1.25) * FIRST_GROWTH_MS;
	}

	async #giveTurns(): Promise<void> {
		if (this.#isGivingTurns) return;
		this.#isGivingTurns = true;
		for (let [next] = this.#turns; next !== undefined; [next] = this.#turns) {
			const waitMs = this.#startableAt(next.maxPerSecond) - this.#clock();
			if (waitMs > 0) {
				await this.#wait(Math.min(waitMs, SLEEP_SLICE_MS));
			} else {
				this.#turns.shift();
				next.go(this.#begin(next.maxPerSecond));
			}
		}
		this.#isGivingTurns = false;
	}

	#begin(maxPerSecond: number): Start {
		const start = { at: this.#clock() };
		this.#starts.push(start);
		const intervalMs = (SPACING * 1000) / Math.min(maxPerSecond, this.#allowedPerSecond);
		this.#nextStartAt = Math.max(this.#nextStartAt, start.at - BURST * intervalMs) + intervalMs;
		return start;
	}

	#startableAt(maxPerSecond: number): number {
		this.#grow(maxPerSecond);
		const earliest = Math.max(this.#pausedUntil, this.#nextStartAt);
		const perSecond = Math.min(maxPerSecond, this.#allowedPerSecond);
		const count = Math.max(1, Math.floor(perSecond));
		const windowMs = perSecond === Infinity ? 0 : (count / perSecond) * SECOND_MS;
		const forgotten = this.#clock() - Math.max(windowMs, REMEMBERED_MS);
		const remembered = this.#starts.findIndex(({ at }) => at >= forgotten);
		this.#starts.splice(0, remembered < 0 ? this.#starts.length : remembered);
		const oldest = this.#starts[this.#starts.length - count];
		return windowMs > 0 && oldest ? Math.max(earliest, oldest.at + windowMs) : earliest;
	}

	#grow(maxPerSecond: number): void {
		if (this.#clock() < this.#growAt) return;
		this.#allowedPerSecond += this.#growBy;
		this.#growBy *= 2;
		this.#growAt = this.#clock() + NEXT_GROWTH_MS;
		if (this.#allowedPerSecond >= maxPerSecond) this.#growAt = this.#allowedPerSecond = Infinity;
	}
}

/** Waits in a queue until called, or until the signal is aborted. */
async function waitIn<Value>(
	queue: Array<Waiter<Value>>,
	maxPerSecond: number,
	signal: AbortSignal | undefined,
	atAbort: () => Value,
): Promise<Value> {
	if (signal?.aborted) return atAbort();
	return await new Promise<Value>((resolve) => {
		const leave = () => {
			queue.splice(queue.indexOf(waiter), 1);
			resolve(atAbort());
		};
		const waiter: Waiter<Value> = {
			maxPerSecond,
			go(value) {
				signal?.removeEventListener('abort', leave);
				resolve(value);
			},
		};
		queue.push(waiter);
		signal?.addEventListener('abort', leave, { once: true });
	});
}
