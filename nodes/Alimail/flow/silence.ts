import { sleep } from 'n8n-workflow';

import { now } from './clock';

/** How often the watches look. */
const CHECK_MS = 200;

/** After a check that comes late, because the process was busy, silence counts as no longer than this. */
const LONGEST_COUNTED_MS = 2 * CHECK_MS;

const watches = new Set<SilenceWatch>();
let isChecking = false;

/** Watches something that moves in pieces, from {@link SilenceWatch.start} on, and ends it when nothing has moved for too long. */
export class SilenceWatch {
	readonly #controller = new AbortController();

	/** It was this watch that ended what it watches. */
	hasTripped = false;

	#silentMs = 0;

	#endAt = Infinity;

	#isHeldUp = () => false;

	readonly #limitMs: number;

	/** @param limitMs - for how long nothing may move, give or take a quarter of a second */
	constructor(limitMs: number) {
		this.#limitMs = limitMs;
	}

	/** Ends what is watched; also once {@link end} is called. */
	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	/** Also for a watch that has started: then as {@link moved}. */
	start(): void {
		if (this.signal.aborted) return;
		this.moved();
		watches.add(this);
		void checkAll();
	}

	moved(): void {
		this.#silentMs = 0;
	}

	/**
	 * Also ends what moves, but never comes to its end.
	 *
	 * @param endAt - by {@link now}
	 */
	until(endAt: number): void {
		this.#endAt = endAt;
	}

	/** Does not count while this says that it is not the other side that one waits for. */
	exceptWhile(isHeldUp: () => boolean): void {
		this.#isHeldUp = isHeldUp;
	}

	/** Until it is started again. */
	stop(): void {
		watches.delete(this);
	}

	/**
	 * For good. What nobody has read, such as the body of a redirect, would keep its connection: axios hands out streams that
	 * cannot be destroyed as long as they wait for the server, so that they are aborted.
	 */
	end(): void {
		this.stop();
		this.#controller.abort();
	}

	check(elapsedMs: number): void {
		this.#silentMs = this.#isHeldUp()
			? 0
			: this.#silentMs + Math.min(elapsedMs, LONGEST_COUNTED_MS);
		if (this.#silentMs < this.#limitMs && now() < this.#endAt) return;
		this.hasTripped = true;
		this.end();
	}
}

/** One loop for all watches, which ends with the last of them. */
async function checkAll(): Promise<void> {
	if (isChecking) return;
	isChecking = true;
	for (let last = now(); watches.size > 0; ) {
		await sleep(CHECK_MS);
		const elapsedMs = now() - last;
		last += elapsedMs;
		for (const watch of [...watches]) watch.check(elapsedMs);
	}
	isChecking = false;
}
