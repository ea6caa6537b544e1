/** Pairs of samples that are taken at most: a busy machine disturbs single ones. */
const MOST_ROUNDS = 40;

/** Of the limit: below this much of it, and above so many times of it, more samples would change nothing. */
const CLEARLY_BELOW = 0.9;
const CLEARLY_ABOVE = 3;

/** What is measured at once lasts so long at least: less cannot be told from noise. */
const SHORTEST_SAMPLE_MS = 2;

/** A busy machine can disturb all the pairs of one look: only what stays in every look is the work's own. */
const LOOKS = 3;

/** Work that every character takes part in once: what is done faster than that is not measured, but its surroundings. */
const PLAIN_WORK = (text: string) => text.replace(/[^]/g, (character) => character);

/**
 * How the time of some work grows with its input: that for a longer text, divided by that for the text itself. Other
 * programs can only lengthen a run, so the fastest of several comes closest to the work alone.
 *
 * @param work - what is measured; must not change anything
 * @param textOf - makes an input of about so many characters
 * @param length - of the smaller input, in characters: so many that a run takes about a millisecond, for in shorter ones
 * caches and the collection of garbage count for more than the work
 * @param bounds - `times`: how much longer the longer input is; `limit`: once the ratio is no higher, nothing more is measured
 * @returns the ratio, at most that to plain work on the shorter text: about `times` for work in proportion to the text, about its
 * square for work in proportion to the square of the text
 */
export function growthRatio(
	work: (text: string) => unknown,
	textOf: (length: number) => string,
	length: number,
	{ times = 10, limit = 12 } = {},
): number {
	let smallest = Infinity;
	for (let look = 0; look < LOOKS && smallest > limit; look++) {
		smallest = Math.min(smallest, ratioIn(work, textOf, length, { times, limit }));
	}
	return smallest;
}

/** One look. */
function ratioIn(
	work: (text: string) => unknown,
	textOf: (length: number) => string,
	length: number,
	{ times, limit }: { times: number; limit: number },
): number {
	const [short, long] = [textOf(length), textOf(times * length)];
	// The engine is to be done with compiling before the first sample.
	for (let run = 0; run < 3; run++) msOf(work, short, 1);
	const runs = Math.ceil(SHORTEST_SAMPLE_MS / Math.max(msOf(work, long, 1), 0.01));
	for (let run = 0; run < 3; run++) msOf(PLAIN_WORK, short, 1);
	let [shortMs, longMs, plainMs] = [Infinity, Infinity, Infinity];
	for (let round = 0; round < MOST_ROUNDS; round++) {
		// As much text in both, so that the collection of garbage falls into both alike.
		shortMs = Math.min(shortMs, msOf(work, short, times * runs));
		plainMs = Math.min(plainMs, msOf(PLAIN_WORK, short, times));
		longMs = Math.min(longMs, msOf(work, long, runs));
		const ratio = longMs / Math.max(shortMs, plainMs, SHORTEST_SAMPLE_MS / times);
		if (round >= 2 && ratio < limit * CLEARLY_BELOW) break;
		if (round >= 12 && ratio > limit * CLEARLY_ABOVE) break;
	}
	return longMs / Math.max(shortMs, plainMs, SHORTEST_SAMPLE_MS / times);
}

/** Time of one run, as the average of so many. */
function msOf(work: (text: string) => unknown, text: string, runs: number): number {
	// Another copy for each: V8 remembers what it has found in a string.
	const copies = Array.from({ length: runs }, () => ` ${text}`.slice(1));
	const start = performance.now();
	for (const copy of copies) work(copy);
	return (performance.now() - start) / runs;
}
