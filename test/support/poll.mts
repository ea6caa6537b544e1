import { setTimeout as sleep } from 'node:timers/promises';

const POLL_INTERVAL_MS = 100;

/** Asks again and again until there is an answer other than `undefined`; throws what `describe` says if time is up. */
export async function pollUntil<T>(
	ask: () => Promise<T | undefined>,
	timeoutMs: number,
	describe: () => string,
): Promise<T> {
	const deadline = Date.now() + timeoutMs;
	for (;;) {
		const answer = await ask();
		if (answer !== undefined) return answer;
		if (Date.now() > deadline) throw new Error(`${describe()} (gave up after ${timeoutMs} ms)`);
		await sleep(POLL_INTERVAL_MS);
	}
}
