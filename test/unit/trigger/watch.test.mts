import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	readState,
	type RecordedMessage,
	type Waiting,
	type WatchState,
} from '../../../nodes/Alimail/trigger/state.ts';
import { look } from '../../../nodes/Alimail/trigger/watch.ts';

const HOUR_MS = 3_600_000;
const start = Date.parse('2025-03-01T08:00:00Z');
const WATCHING = 'alice inbox';

interface Mail extends RecordedMessage {
	/** Stays whatever the server does to the IDs. */
	name: string;
}

const mail = (name: string, receivedAt: number | undefined, more: Partial<Mail> = {}): Mail => ({
	name,
	id: `id-${name}`,
	internetMessageId: `<${name}@example.com>`,
	...(receivedAt !== undefined && { receivedAt }),
	...more,
});

const newestFirst = (mails: Mail[]) =>
	mails.toSorted((a, b) => (b.receivedAt ?? 0) - (a.receivedAt ?? 0));

/** A folder in pages, and how many of them were asked for. */
function paged(mails: Mail[], pageSize = 100) {
	const read = { pages: 0 };
	async function* pages() {
		for (let at = 0; at === 0 || at < mails.length; at += pageSize) {
			read.pages += 1;
			yield mails.slice(at, at + pageSize);
		}
	}
	return { read, pages: pages() };
}

/** A watch that polls, and keeps its state as n8n does. */
class Watch {
	state: WatchState | undefined;
	readonly lookBackMs: number;

	constructor(lookBackMs = 24 * HOUR_MS) {
		this.lookBackMs = lookBackMs;
	}

	async poll(mails: Mail[], options: { now?: number; pageSize?: number } = {}) {
		const { now = start, pageSize } = options;
		const { pages, read } = paged(mails, pageSize);
		const { fresh, next } = await look(this.state, pages, {
			watching: WATCHING,
			now,
			lookBackMs: this.lookBackMs,
		});
		this.state = readState(JSON.parse(JSON.stringify(next())), WATCHING);
		expect(this.state).toBeDefined();
		return { names: fresh.map(({ name }) => name), pages: read.pages };
	}
}

describe('mail comes and goes at random', () => {
	const lookBackMs = 24 * HOUR_MS;
	const pageSize = 5;

	const action = fc.oneof(
		{
			weight: 3,
			arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(6 * HOUR_MS) }),
		},
		{
			weight: 1,
			arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(72 * HOUR_MS) }),
		},
		{
			weight: 4,
			arbitrary: fc.record({
				do: fc.constant('arrive' as const),
				count: fc.integer({ min: 1, max: 17 }),
				lateMs: fc.oneof(fc.constant(0), fc.nat(lookBackMs)),
			}),
		},
		{ weight: 1, arbitrary: fc.record({ do: fc.constant('arriveFromTheFuture' as const) }) },
		{
			weight: 2,
			arbitrary: fc.record({
				do: fc.constant('arriveTooLate' as const),
				lateMs: fc.integer({ min: lookBackMs, max: 30 * lookBackMs }),
			}),
		},
		{ weight: 2, arbitrary: fc.record({ do: fc.constant('moveAway' as const), which: fc.nat() }) },
		{
			weight: 2,
			arbitrary: fc.record({
				do: fc.constant('moveBack' as const),
				which: fc.nat(),
				newId: fc.boolean(),
			}),
		},
		{
			weight: 5,
			arbitrary: fc.record({
				do: fc.constant('poll' as const),
				outcome: fc.constantFrom(
					'done' as const,
					'done' as const,
					'failsWhilePaging' as const,
					'failsAfterwards' as const,
					'leavesSome' as const,
					'disturbed' as const,
				),
				at: fc.nat(3),
			}),
		},
		{ weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
	);

	it('hands every message on exactly once, and keeps no more than the window holds', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(action, { maxLength: 60 }),
				fc.integer({ min: 1, max: 12 }),
				fc.integer({ min: -10 * HOUR_MS, max: 10 * HOUR_MS }),
				fc.boolean(),
				async (actions, oldMessages, skewMs, tellsTime) => {
					let clock = start;
					let count = 0;
					const folder: Array<Mail & { enteredAt: number }> = [];
					const elsewhere: typeof folder = [];
					const add = (receivedAt: number) => {
						const whole = Math.floor(receivedAt / 1000) * 1000;
						folder.push({ ...mail(`m${count++}`, whole), enteredAt: clock });
					};
					for (let i = 0; i < oldMessages; i++) add(clock - i * 5 * HOUR_MS);
					const known = new Set(folder.map(({ name }) => name));

					let state: WatchState | undefined;
					/** As it lies in n8n's database: saved when the workflow is activated and when a poll hands something on. */
					let saved: string | undefined;
					let newestAtLastPoll = -Infinity;
					const handedOn = new Map<string, number>();
					const everListed = new Map<string, number>();

					async function* pages(failAt: number, disturb: (page: number) => void) {
						// By position, as the worst of servers does.
						for (let page = 0; ; page++) {
							if (page === failAt) throw new Error('503');
							const slice = newestFirst(folder).slice(page * pageSize, (page + 1) * pageSize);
							for (const { id, receivedAt } of slice as Mail[]) everListed.set(id, receivedAt!);
							yield slice as Mail[];
							if ((page + 1) * pageSize >= folder.length) return;
							disturb(page);
						}
					}
					const poll = async (
						failAt: number,
						disturb: (page: number) => void,
						keep = true,
						isRead: (index: number) => boolean = () => true,
					) => {
						const options = {
							watching: WATCHING,
							now: clock + skewMs,
							lookBackMs,
							serverTime: () => (tellsTime ? clock : undefined),
						};
						const found = await look(state, pages(failAt, disturb), options);
						if (!keep) return;
						const before = state;
						const fresh = found.fresh.filter((_, index) => isRead(index));
						const unread = found.fresh.filter((_, index) => !isRead(index));
						const waiting: Waiting = { failures: 1, tries: 1 };
						state = found.next(new Map(unread.map((message) => [message, waiting])));
						for (const { name } of fresh) handedOn.set(name, (handedOn.get(name) ?? 0) + 1);
						const ages = fresh.map(({ receivedAt }) => receivedAt);
						expect(ages).toEqual(ages.toSorted((a, b) => a! - b!));
						if (fresh.length > 0 || before === undefined) saved = JSON.stringify(state);
					};
					const calm = () => {};
					const pollAndCheck = async () => {
						await poll(Infinity, calm);
						for (const { name, receivedAt, enteredAt } of folder) {
							if (known.has(name) || receivedAt! < enteredAt - lookBackMs) continue;
							expect(handedOn.get(name), `${name} was handed on`).toBe(1);
						}
						const within = [...everListed.values()].filter((at) => at >= state!.since - HOUR_MS);
						const records = Object.values(state!.seen).join('');
						expect(records.length).toBeLessThanOrEqual(within.length * 18);
						expect(state!.undated).toBe('');
						const before = newestAtLastPoll - lookBackMs;
						expect(state!.since).toBeGreaterThanOrEqual(before);
						newestAtLastPoll = state!.polledAt;
					};

					const polls = {
						done: pollAndCheck,
						failsAfterwards: async () => await poll(Infinity, calm, false),
						leavesSome: async (at: number) =>
							await poll(Infinity, calm, true, (index) => index % 4 === at),
						failsWhilePaging: async (at: number) => {
							const before = JSON.stringify(state);
							const failure = await poll(at, calm).then(
								() => undefined,
								(error: Error) => error,
							);
							if (failure) expect(JSON.stringify(state)).toBe(before);
						},
						/** A message leaves while pages are read: those behind it move up, one of them unseen. */
						disturbed: async (at: number) => {
							await poll(Infinity, (page) => {
								const [first] = newestFirst(folder);
								if (page !== at || !first) return;
								elsewhere.push(...folder.splice(folder.indexOf(first as (typeof folder)[0]), 1));
							});
							await pollAndCheck();
						},
					};

					await pollAndCheck();
					for (const step of actions) {
						switch (step.do) {
							case 'pass':
								clock += step.ms;
								break;
							case 'arrive':
								for (let i = 0; i < step.count; i++) add(clock - step.lateMs);
								break;
							case 'arriveTooLate':
								add(clock - step.lateMs);
								break;
							case 'arriveFromTheFuture':
								add(clock + 3 * lookBackMs);
								break;
							case 'moveAway':
								if (folder.length > 0) {
									elsewhere.push(...folder.splice(step.which % folder.length, 1));
								}
								break;
							case 'moveBack': {
								const [moved] =
									elsewhere.length > 0 ? elsewhere.splice(step.which % elsewhere.length, 1) : [];
								if (!moved) break;
								const id = step.newId ? `${moved.id}'` : moved.id;
								folder.push({ ...moved, id, enteredAt: clock });
								break;
							}
							case 'poll':
								await polls[step.outcome](step.at);
								break;
							case 'crash':
								state = readState(JSON.parse(saved!), WATCHING);
								newestAtLastPoll = -Infinity;
								break;
						}
					}
					await pollAndCheck();
					for (const [name, times] of handedOn) {
						expect(known.has(name), `${name} was there before`).toBe(false);
						expect(times, name).toBe(1);
					}
				},
			),
			{ numRuns: 400 },
		);
	});
});

describe('mail comes day after day', () => {
	it('keeps a state of the same size, and reads one page while the window fits into it', async () => {
		const watch = new Watch();
		const mails: Mail[] = [];
		const sizes: number[] = [];
		for (let hour = 0; hour < 30 * 24; hour++) {
			const now = start + hour * HOUR_MS;
			mails.unshift(mail(`a${hour}`, now - 2000), mail(`b${hour}`, now - 2000));
			const { names, pages } = await watch.poll(mails, { now });
			expect(names).toEqual(hour === 0 ? [] : [`b${hour}`, `a${hour}`]);
			expect(pages).toBe(1);
			sizes.push(JSON.stringify(watch.state).length);
		}
		expect(Math.max(...sizes.slice(48))).toBe(Math.min(...sizes.slice(48)));
		expect(sizes.at(-1)).toBeLessThan(3000);
	});

	it('reads no page more because of old mail behind the window', async () => {
		const watch = new Watch();
		const old = Array.from({ length: 5000 }, (_, i) => mail(`old${i}`, start - (i + 1) * HOUR_MS));
		expect(await watch.poll(old)).toEqual({ names: [], pages: 1 });
		expect(await watch.poll(old)).toEqual({ names: [], pages: 1 });
	});
});

describe('10,000 messages arrive in the same second', () => {
	it('hands on each of them once, and keeps 18 characters for each', async () => {
		const watch = new Watch();
		await watch.poll([mail('old', start - HOUR_MS)]);
		const burst = Array.from({ length: 10_000 }, (_, i) => mail(`m${i}`, start));
		const { names } = await watch.poll(burst);
		expect(names).toEqual(burst.map(({ name }) => name).reverse());
		expect((await watch.poll([mail('more', start), ...burst])).names).toEqual(['more']);
		expect(JSON.stringify(watch.state).length).toBeLessThan(10_001 * 18 + 200);
		const later = start + 30 * HOUR_MS;
		await watch.poll([mail('later', later), ...burst], { now: later });
		await watch.poll([mail('later', later), ...burst], { now: later });
		expect(JSON.stringify(watch.state).length).toBeLessThan(200);
	});
});

describe('messages leave the folder while its pages are read after a long time', () => {
	it('finds with the next poll what had slipped from one page to another', async () => {
		const watch = new Watch();
		await watch.poll([mail('old', start)]);
		const now = start + 10 * 24 * HOUR_MS;
		const missed = Array.from({ length: 240 }, (_, i) => mail(`m${i}`, now - i * HOUR_MS));
		async function* drifting() {
			yield missed.slice(0, 100);
			yield missed.slice(150);
		}
		const options = { watching: WATCHING, now, lookBackMs: watch.lookBackMs };
		const first = await look(watch.state, drifting(), options);
		expect(first.fresh).toHaveLength(190);
		watch.state = first.next();
		const { names } = await watch.poll(missed, { now });
		expect(names).toEqual(
			missed
				.slice(100, 150)
				.map(({ name }) => name)
				.reverse(),
		);
		expect((await watch.poll(missed, { now })).names).toEqual([]);
	});
});

describe('a message whose time cannot be read', () => {
	const dated = Array.from({ length: 6 }, (_, i) => mail(`d${i}`, start - i * 10 * HOUR_MS));
	const undated = mail('undated', undefined);

	it.each([0, 1, 3])('is handed on once, at place %i of the folder', async (place) => {
		const watch = new Watch();
		await watch.poll(dated);
		const mails = dated.toSpliced(place, 0, undated);
		expect((await watch.poll(mails)).names).toEqual(['undated']);
		expect((await watch.poll(mails)).names).toEqual([]);
		const later = start + 900 * HOUR_MS;
		const more = [mail('later', later), ...mails];
		expect((await watch.poll(more, { now: later })).names).toEqual(['later']);
		expect((await watch.poll(more, { now: later })).names).toEqual([]);
		expect((await watch.poll(mails, { now: later })).names).toEqual([]);
	});

	it('keeps its place among the others', async () => {
		const watch = new Watch();
		await watch.poll([mail('old', start - HOUR_MS)]);
		const mails = [
			mail('c', start),
			undated,
			mail('a', start - 1000),
			mail('old', start - HOUR_MS),
		];
		expect((await watch.poll(mails)).names).toEqual(['a', 'undated', 'c']);
	});

	it('is handed on as the only message of its folder', async () => {
		const watch = new Watch();
		await watch.poll([]);
		expect((await watch.poll([undated])).names).toEqual(['undated']);
		expect((await watch.poll([undated])).names).toEqual([]);
	});

	it('is not new when it stands among mail from before the window', async () => {
		const watch = new Watch();
		const old = Array.from({ length: 6 }, (_, i) => mail(`o${i}`, start - (i + 50) * HOUR_MS));
		await watch.poll([mail('new', start), ...old]);
		const mails = [mail('new', start), ...old.toSpliced(3, 0, undated)];
		expect((await watch.poll(mails)).names).toEqual([]);
	});

	it('is one of many: a server that says no times at all costs one page when nothing is new', async () => {
		const watch = new Watch();
		const all = Array.from({ length: 5000 }, (_, i) => mail(`u${i}`, undefined));
		expect(await watch.poll(all)).toEqual({ names: [], pages: 20 });
		expect(await watch.poll(all)).toEqual({ names: [], pages: 1 });
		const burst = Array.from({ length: 3000 }, (_, i) => mail(`n${i}`, undefined));
		const { names } = await watch.poll([...burst, ...all]);
		expect(names).toHaveLength(3000);
		expect(await watch.poll([...burst, ...all])).toEqual({ names: [], pages: 1 });
		expect(JSON.stringify(watch.state).length).toBeLessThan(2000 * 18 + 300);
	});
});

describe('the server lists in another order than it was asked for', () => {
	it.each([
		['the oldest first', (mails: Mail[]) => mails.toReversed()],
		['late mail on top', (mails: Mail[]) => [mails[3]!, mails[7]!, ...mails]],
		[
			'by arrival, and some came late',
			(mails: Mail[]) => mails.toSpliced(50, 0, mails.at(-2)!).toSpliced(99, 0, mails.at(-1)!),
		],
	])('loses nothing: %s', async (_, order) => {
		const watch = new Watch();
		const old = Array.from({ length: 500 }, (_, i) =>
			mail(`o${i}`, start - (i + 1) * 10 * HOUR_MS),
		);
		await watch.poll(order(old));
		const fresh = Array.from({ length: 150 }, (_, i) => mail(`n${i}`, start - i * 1000));
		const { names } = await watch.poll(order([...fresh, ...old]));
		expect(names.toSorted()).toEqual(fresh.map(({ name }) => name).toSorted());
		expect((await watch.poll(order([...fresh, ...old]))).names).toEqual([]);
	});
});

describe('a message is moved away and comes back', () => {
	const other = mail('other', start - 2 * HOUR_MS);

	it('is not handed on again under the same ID', async () => {
		const watch = new Watch();
		await watch.poll([other]);
		expect((await watch.poll([mail('m', start), other])).names).toEqual(['m']);
		await watch.poll([other]);
		expect((await watch.poll([mail('m', start), other])).names).toEqual([]);
	});

	it('is not handed on again under a new ID, however often', async () => {
		const watch = new Watch();
		await watch.poll([other]);
		await watch.poll([mail('m', start), other]);
		for (const id of ['second', 'third', 'fourth']) {
			await watch.poll([other]);
			expect((await watch.poll([mail('m', start, { id }), other])).names).toEqual([]);
		}
		expect(watch.state!.seen[Math.floor(start / HOUR_MS)]).toHaveLength(18);
	});

	it('is not confused with a copy of the same mail that lies beside it', async () => {
		const watch = new Watch();
		await watch.poll([other]);
		await watch.poll([mail('m', start), other]);
		const copy = mail('m', start, { name: 'copy', id: 'copy' });
		expect((await watch.poll([copy, mail('m', start), other])).names).toEqual(['copy']);
	});

	it('is not confused with another that has no Message-ID either', async () => {
		const watch = new Watch();
		await watch.poll([other]);
		await watch.poll([mail('m', start, { internetMessageId: '' }), other]);
		const next = mail('next', start, { internetMessageId: '' });
		expect((await watch.poll([next, other])).names).toEqual(['next']);
	});
});

describe('the clock of this computer is wrong', () => {
	it.each([-400 * 24 * HOUR_MS, -5 * HOUR_MS, 5 * HOUR_MS])(
		'loses nothing: %i ms',
		async (skew) => {
			const watch = new Watch();
			const mails = [mail('old', start - HOUR_MS)];
			await watch.poll(mails, { now: start + skew });
			for (let hour = 0; hour < 60; hour++) {
				const at = start + hour * HOUR_MS;
				mails.unshift(mail(`m${hour}`, at));
				expect((await watch.poll(mails, { now: at + skew })).names).toEqual([`m${hour}`]);
			}
		},
	);
});

describe('the look-back time is changed', () => {
	it('does not hand on again what a longer one lets come into view', async () => {
		const mails = Array.from({ length: 50 }, (_, i) => mail(`m${i}`, start - i * HOUR_MS));
		const watch = new Watch(2 * HOUR_MS);
		await watch.poll(mails);
		const longer = new Watch(48 * HOUR_MS);
		longer.state = watch.state;
		expect((await longer.poll(mails)).names).toEqual([]);
		const late = mail('late', start - HOUR_MS);
		expect((await longer.poll(mails.toSpliced(1, 0, late))).names).toEqual(['late']);
	});
});

describe('a message could not be read', () => {
	it('is found again by the next look', async () => {
		const watch = new Watch();
		await watch.poll([mail('old', start - HOUR_MS)]);
		const mails = [mail('b', start), mail('a', start - 1000), mail('old', start - HOUR_MS)];
		const options = { watching: WATCHING, now: start, lookBackMs: watch.lookBackMs };
		const { fresh, next } = await look(watch.state, paged(mails).pages, options);
		const waiting: Waiting = { failures: 1, tries: 1 };
		watch.state = next(new Map([[fresh[0]!, waiting]]));
		expect((await watch.poll(mails)).names).toEqual(['a']);
		expect((await watch.poll(mails)).names).toEqual([]);
	});
});
