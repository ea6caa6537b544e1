import type { IPollFunctions } from 'n8n-workflow';

import { now } from '../flow/clock';

/**
 * A poll without any progress for so long will not come to an end. Longer than the transport waits for a server that is
 * silent, repetitions included, and than a large file takes.
 */
const LONGEST_SILENCE_MS = 3_600_000;

/** Polls under way, by what they watch. */
const turns = new Map<string, Turn>();

/** A poll under way. */
export class Turn {
	/** By {@link now}. */
	#progressAt = now();

	readonly #key: string;

	readonly #context: IPollFunctions;

	readonly #endsAt: number;

	constructor(key: string, context: IPollFunctions, endsAt: number) {
		this.#key = key;
		this.#context = context;
		this.#endsAt = endsAt;
	}

	/** Whether the poll has used up its time, and is to leave the rest to the next one. */
	get isTimeUp(): boolean {
		return now() >= this.#endsAt;
	}

	/** Whether another poll has taken over. What this one found must then be neither handed on nor remembered. */
	get isOver(): boolean {
		return turns.get(this.#key) !== this;
	}

	/** Tells that the poll is alive. */
	progress(): void {
		this.#progressAt = now();
	}

	/** Makes room for the next poll. */
	end(): void {
		if (!this.isOver) turns.delete(this.#key);
	}

	/** Whether a poll from this context has to wait for the end of this one. */
	holdsBack(context: IPollFunctions): boolean {
		return context === this.#context && now() - this.#progressAt < LONGEST_SILENCE_MS;
	}
}

/**
 * Begins a poll, if it may begin. n8n starts a poll also while the one before is not done, and the two would hand over the
 * same messages. A poll of a former activation (n8n makes a context for each) is taken over at once: n8n 2 throws away what it
 * finds, and n8n 1 would hand it on beside what the new one finds. So is one that has stopped making progress.
 *
 * @param key - tells what is watched
 * @param budgetMs - after so many milliseconds the poll is to begin nothing more
 * @returns undefined while another poll is under way
 */
export function takeTurn(key: string, context: IPollFunctions, budgetMs: number): Turn | undefined {
	if (turns.get(key)?.holdsBack(context)) return undefined;
	const turn = new Turn(key, context, now() + budgetMs);
	turns.set(key, turn);
	return turn;
}
