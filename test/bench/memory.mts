import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 25;

/** Watches the resident memory of a process while something runs. Linux only. */
export async function watchMemory<T>(
	pid: number,
	work: () => Promise<T>,
): Promise<{ result: T; growthMiB: number }> {
	const before = await residentMiB(pid);
	let peak = before;
	let running = true;
	const watching = (async () => {
		while (running) {
			peak = Math.max(peak, await residentMiB(pid));
			await sleep(INTERVAL_MS);
		}
	})();
	try {
		const result = await work();
		peak = Math.max(peak, await residentMiB(pid));
		return { result, growthMiB: peak - before };
	} finally {
		running = false;
		await watching;
	}
}

async function residentMiB(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
