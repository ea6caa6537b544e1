import { describe, expect, it } from 'vitest';
import type { WatchState } from '../../../nodes/Alimail/trigger/state.ts';
import { look } from '../../../nodes/Alimail/trigger/watch.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const start = Date.parse('2025-03-01T08:00:00Z');
const WATCHING = 'alice inbox';

interface Clocks {
	/** Of this computer, compared with the time at which mail is received. */
	localMs: number;
	/** As answers tell it, compared with the same; undefined where they do not. */
	serverMs: number | undefined;
}

/** A watch that polls every hour, with *Look Back* at a day; message IDs say when a message was received. */
class Watch {
	state: WatchState | undefined;
	time = start;
	readonly folder: number[] = [];
	readonly clocks: Clocks;

	constructor(clocks: Clocks) {
		this.clocks = clocks;
	}

	arrives(ageMs: number) {
		this.folder.push(this.time - ageMs);
		this.folder.sort((left, right) => right - left);
	}

	/** @returns how long before this poll each found message was received */
	async poll() {
		this.time += HOUR_MS;
		const { localMs, serverMs } = this.clocks;
		const page = this.folder.map((receivedAt) => ({ id: String(receivedAt), receivedAt }));
		const { fresh, next } = await look(this.state, pageOf(page), {
			watching: WATCHING,
			now: this.time + localMs,
			serverTime: () => (serverMs === undefined ? undefined : this.time + serverMs),
			lookBackMs: DAY_MS,
		});
		this.state = next();
		return fresh.map(({ receivedAt }) => this.time - receivedAt);
	}

	async polls(count: number) {
		const found: number[] = [];
		for (let i = 0; i < count; i++) found.push(...(await this.poll()));
		return found;
	}
}

async function* pageOf<T>(page: T[]) {
	yield page;
}

/** What counts as new in a folder where nothing else has come for a month. */
async function found(ageMs: number, clocks: Clocks): Promise<boolean> {
	const watch = new Watch(clocks);
	watch.arrives(30 * DAY_MS);
	expect(await watch.polls(72)).toEqual([]);
	watch.arrives(ageMs);
	return (await watch.polls(48)).length > 0;
}

describe("Look Back counts from the last poll, by the server's clock", () => {
	it.each([
		[0, true],
		[DAY_MS - HOUR_MS, true],
		[DAY_MS, true],
		[DAY_MS + 1, false],
		[2 * DAY_MS, false],
		[29 * DAY_MS, false],
	])('mail received %i ms before it', async (ageMs, isNew) => {
		expect(await found(ageMs, { localMs: 0, serverMs: 0 })).toBe(isNew);
	});
});

describe('a clock that is wrong makes Look Back longer, never shorter', () => {
	it.each<[string, Clocks]>([
		['this computer is ahead', { localMs: 400 * DAY_MS, serverMs: 0 }],
		['this computer is behind', { localMs: -5 * HOUR_MS, serverMs: 0 }],
		['this computer is far behind', { localMs: -400 * DAY_MS, serverMs: 0 }],
		['what the answers tell is ahead', { localMs: 0, serverMs: 400 * DAY_MS }],
		['what the answers tell is behind', { localMs: 0, serverMs: -5 * HOUR_MS }],
		['the answers tell nothing', { localMs: 0, serverMs: undefined }],
		[
			'the answers tell nothing, and this computer is ahead',
			{ localMs: 5 * HOUR_MS, serverMs: undefined },
		],
	])('%s', async (_, clocks) => {
		for (const ageMs of [0, HOUR_MS, DAY_MS - HOUR_MS, DAY_MS]) {
			expect(await found(ageMs, clocks)).toBe(true);
		}
	});

	it('and by no more than it is wrong', async () => {
		for (const clocks of [
			{ localMs: -5 * HOUR_MS, serverMs: 0 },
			{ localMs: 0, serverMs: -5 * HOUR_MS },
		]) {
			expect(await found(DAY_MS + 5 * HOUR_MS, clocks)).toBe(true);
			expect(await found(DAY_MS + 6 * HOUR_MS, clocks)).toBe(false);
		}
		for (const clocks of [
			{ localMs: 400 * DAY_MS, serverMs: 0 },
			{ localMs: 0, serverMs: 400 * DAY_MS },
		]) {
			expect(await found(DAY_MS + HOUR_MS, clocks)).toBe(false);
		}
	});

	it('also once it is set right', async () => {
		const watch = new Watch({ localMs: 0, serverMs: 0 });
		watch.arrives(0);
		await watch.poll();
		watch.clocks.serverMs = 5 * HOUR_MS;
		watch.arrives(-5 * HOUR_MS);
		expect(await watch.polls(2)).toHaveLength(1);
		watch.clocks.serverMs = 0;
		watch.arrives(DAY_MS - HOUR_MS);
		expect(await watch.poll()).toHaveLength(1);
	});
});
