import type { Profiler } from 'node:inspector';

/** Where the package lies in a user folder of n8n. */
const PACKAGE_PATH = '/node_modules/n8n-nodes-alimail/';

/** A time during which the event loop did not come round. Microseconds on the profiler's clock. */
export interface Pause {
	from: number;
	until: number;
	/** What the thread computed meanwhile. Less than the pause when other processes had the processor. */
	cpuMs: number;
}

/** A pause, and how much of it is this package's. */
export interface JudgedPause {
	durationMs: number;
	cpuMs: number;
	/** From 0 to 1: how much of it had a function of this package on the stack. */
	ownShare: number;
	/** The package's function that was seen most often in it. */
	ownFunction?: string;
}

/** What the probe measured since it was last asked. */
export interface ProbeSample {
	/** After a collection of garbage, as the heap. */
	residentMiB: number;
	/** JavaScript objects, and the buffers that they hold. */
	heapMiB: number;
	delayMs: { p99: number; max: number };
	/** What keeps the event loop alive, by type. */
	handles: Record<string, number>;
	pauses: JudgedPause[];
	/** Of all samples of the profiler that found n8n at work. */
	ownShare: number;
}

const IDLE = new Set(['(idle)', '(program)', '(root)']);

/** Tells for each pause, and for the whole profile, how much of it had this package on the stack. */
export function timesInside(
	profile: Profiler.Profile,
	pauses: readonly Pause[],
): Pick<ProbeSample, 'pauses' | 'ownShare'> {
	const owners = ownersOf(profile.nodes);
	const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
	const { samples = [], timeDeltas = [] } = profile;
	let at = profile.startTime;
	const timed = samples.map((id, index) => ({ id, at: (at += timeDeltas[index] ?? 0) }));
	const busy = samples.filter((id) => !IDLE.has(names.get(id) ?? ''));
	return {
		pauses: pauses.map(({ from, until, cpuMs }) => {
			const within = timed.filter((sample) => sample.at >= from && sample.at <= until);
			const own = within.flatMap(({ id }) => owners.get(id) ?? []);
			return {
				durationMs: (until - from) / 1000,
				cpuMs,
				ownShare: within.length === 0 ? 0 : own.length / within.length,
				...(own.length > 0 && { ownFunction: mostFrequent(own) }),
			};
		}),
		ownShare: busy.length === 0 ? 0 : busy.filter((id) => owners.has(id)).length / busy.length,
	};
}

/** The package's innermost function on the stack of each node of a profile; nodes without one are left out. */
function ownersOf(nodes: readonly Profiler.ProfileNode[]): Map<number, string> {
	const owners = new Map<number, string>();
	const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((c) => [c, id])));
	for (const { id, callFrame } of nodes) {
		const { url, functionName, lineNumber } = callFrame;
		// Parents come before their children.
		const inherited = owners.get(parents.get(id) ?? NaN);
		if (url.includes(PACKAGE_PATH)) {
			owners.set(id, `${functionName || '(anonymous)'} ${url.split('/').at(-1)}:${lineNumber + 1}`);
		} else if (inherited !== undefined) owners.set(id, inherited);
	}
	return owners;
}

function mostFrequent(values: readonly string[]): string {
	const counts = new Map<string, number>();
	for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
	return [...counts].sort(([, one], [, other]) => other - one)[0]![0];
}

/** Whether a pause is this package's doing: longer than is allowed, really computed, and most of it in its functions. */
export function isOwn(pause: JudgedPause, allowedMs: number): boolean {
	return pause.cpuMs > allowedMs && pause.ownShare > 0.5;
}
