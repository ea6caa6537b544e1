// Time and chance, for everything that runs in n8n: tests put others in their place.
import { sleep } from 'n8n-workflow';

/** Cancelling must not wait for a long pause: sleeps are cut into pieces of this length. */
export const SLEEP_SLICE_MS = 200;

/** Milliseconds by a clock that nobody sets: of use for distances only. */
export function now(): number {
	return performance.now();
}

/** Milliseconds since the epoch, by the computer's clock. */
export function date(): number {
	return Date.now();
}

/** Draws a number between two: those that were stopped together are not to come back together. */
export function randomBetween(from: number, to: number): number {
	return from + Math.random() * (to - from);
}

/** Waits, in slices: n8n 2 has no sleep that can be aborted. Returns early when the signal is aborted. */
export async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
	const endAt = now() + durationMs;
	for (let left = durationMs; left > 0 && !signal?.aborted; left = endAt - now()) {
		await sleep(Math.min(left, SLEEP_SLICE_MS));
	}
}
