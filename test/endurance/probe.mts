// Loaded into n8n by `--import`: measures from inside what cannot be seen from outside, and tells it over a Unix socket.
import { createServer } from 'node:http';
import { console as inspectorConsole, Session, type Profiler } from 'node:inspector';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import { timesInside, type Pause, type ProbeSample } from './pauses.mts';

const TICK_MS = 10;

/** A pause of the event loop that is worth a look. */
const LONG_PAUSE_MS = 100;

/** Dense enough for twenty samples in such a pause. */
const PROFILING_INTERVAL_MICROSECONDS = 5_000;

const MEBIBYTE = 2 ** 20;

function measure(socket: string): void {
	setFlagsFromString('--expose-gc');
	const collectGarbage = runInNewContext('gc') as () => void;
	const delay = monitorEventLoopDelay({ resolution: TICK_MS });
	const profiler = new RunningProfiler();
	let pauses: Pause[] = [];
	let lastTick = { at: now(), cpu: cpuMs() };

	setInterval(() => {
		const tick = { at: now(), cpu: cpuMs() };
		if (tick.at - lastTick.at > (LONG_PAUSE_MS + TICK_MS) * 1000) {
			pauses.push({ from: lastTick.at, until: tick.at, cpuMs: tick.cpu - lastTick.cpu });
		}
		lastTick = tick;
	}, TICK_MS).unref();

	function takeSample(): ProbeSample {
		const handles: Record<string, number> = {};
		for (const type of process.getActiveResourcesInfo()) handles[type] = (handles[type] ?? 0) + 1;
		const found = timesInside(profiler.next(), pauses);
		const delayMs = { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 };
		// The measuring itself makes pauses, which are not to count.
		delay.disable();
		collectGarbage();
		const { rss, heapUsed, external } = process.memoryUsage();
		delay.reset();
		delay.enable();
		pauses = [];
		lastTick = { at: now(), cpu: cpuMs() };
		return {
			residentMiB: rss / MEBIBYTE,
			heapMiB: (heapUsed + external) / MEBIBYTE,
			delayMs,
			handles,
			...found,
		};
	}

	delay.enable();
	createServer((_request, response) => response.end(JSON.stringify(takeSample())))
		.listen(socket)
		.unref();
}

/**
 * A profiler that is on all the time: it says afterwards whose code a pause was. A new profile begins before the last one
 * ends, because V8 stops for most of a second to list all code whenever it starts from nothing.
 */
class RunningProfiler {
	readonly #session = new Session();
	#number = 0;
	#finished: Profiler.Profile | undefined;

	constructor() {
		this.#session.connect();
		this.#session.on('Profiler.consoleProfileFinished', ({ params }) => {
			this.#finished = params.profile;
		});
		this.#session.post('Profiler.enable');
		this.#session.post('Profiler.setSamplingInterval', {
			interval: PROFILING_INTERVAL_MICROSECONDS,
		});
		inspectorConsole.profile('0');
	}

	/** The profile since the start or since the last call. */
	next(): Profiler.Profile {
		inspectorConsole.profile(String(this.#number + 1));
		// In one process the event comes before this returns.
		inspectorConsole.profileEnd(String(this.#number));
		this.#number += 1;
		if (this.#finished === undefined) throw new Error('There is no profile');
		return this.#finished;
	}
}

/** Microseconds on the clock that the profiler uses too. */
function now(): number {
	return Number(process.hrtime.bigint() / 1000n);
}

function cpuMs(): number {
	const { user, system } = process.threadCpuUsage();
	return (user + system) / 1000;
}

// n8n's child processes get the same options, and are not to be measured.
if (isMainThread && process.argv[2] === 'start' && process.env.ENDURANCE_SOCKET) {
	measure(process.env.ENDURANCE_SOCKET);
}
