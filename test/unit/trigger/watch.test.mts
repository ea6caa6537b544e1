import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	look,
	readState,
	type ListedMessage,
	type WatchState,
} from '../../../nodes/Alimail/trigger/watch.ts';

const hourMs = 3_600_000;
const start = Date.parse('2025-03-01T08:00:00Z');
const watching = 'alice inbox';

interface Mail extends ListedMessage {
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

	constructor(lookBackMs = 24 * hourMs) {
		this.lookBackMs = lookBackMs;
	}

	async poll(mails: Mail[], options: { now?: number; pageSize?: number } = {}) {
		const { now = start, pageSize } = options;
		const { pages, read } = paged(mails, pageSize);
		const { fresh, next } = await look(this.state, pages, {
			watching,
			now,
			lookBackMs: this.lookBackMs,
		});
		this.state = readState(JSON.parse(JSON.stringify(next())), watching);
		expect(this.state).toBeDefined();
		return { names: fresh.map(({ name }) => name), pages: read.pages };
	}
}

describe('mail comes and goes at random', () => {
	const lookBackMs = 24 * hourMs;
	const pageSize = 5;

	const action = fc.oneof(
		{
			weight: 3,
			arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(6 * hourMs) }),
		},
		{
			weight: 1,
			arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(72 * hourMs) }),
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
				fc.integer({ min: -10 * hourMs, max: 10 * hourMs }),
				async (actions, oldMessages, skewMs) => {
					let clock = start;
					let count = 0;
					const folder: Array<Mail & { enteredAt: number }> = [];
					const elsewhere: typeof folder = [];
					const add = (receivedAt: number) => {
						const whole = Math.floor(receivedAt / 1000) * 1000;
						folder.push({ ...mail(`m${count++}`, whole), enteredAt: clock });
					};
					for (let i = 0; i < oldMessages; i++) add(clock - i * 5 * hourMs);
					const known = new Set(folder.map(({ name }) => name));

					let state: WatchState | undefined;
					/** As it lies in n8n's database: saved when the workflow is activated and when a poll hands something on. */
					let saved: string | undefined;
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
					const poll = async (failAt: number, disturb: (page: number) => void, keep = true) => {
						const options = { watching, now: clock + skewMs, lookBackMs };
						const { fresh, next } = await look(state, pages(failAt, disturb), options);
						if (!keep) return;
						const before = state;
						state = next();
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
						const within = [...everListed.values()].filter((at) => at >= state!.since - hourMs);
						const records = Object.values(state!.seen).join('');
						expect(records.length).toBeLessThanOrEqual(within.length * 18);
						expect(state!.undated).toBe('');
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
								if (step.outcome === 'done') await pollAndCheck();
								if (step.outcome === 'failsAfterwards') await poll(Infinity, calm, false);
								if (step.outcome === 'failsWhilePaging') {
									const before = structuredClone(state);
									await poll(step.at, calm).catch(() => {});
									if (folder.length > step.at * pageSize) continue;
									expect(before).toBeDefined();
								}
								if (step.outcome === 'disturbed') {
									// A message leaves while pages are read: those behind it move up, one of them unseen.
									await poll(Infinity, (page) => {
										if (page === step.at) elsewhere.push(newestFirst(folder)[0] as never);
										if (page === step.at) folder.splice(folder.indexOf(elsewhere.at(-1)!), 1);
									});
									await pollAndCheck();
								}
								break;
							case 'crash':
								state = readState(JSON.parse(saved!), watching);
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
