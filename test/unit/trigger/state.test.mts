import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	readState,
	type RecordedMessage,
	type Waiting,
} from '../../../nodes/Alimail/trigger/state.ts';
import { look } from '../../../nodes/Alimail/trigger/watch.ts';

const HOUR_MS = 3_600_000;
const start = Date.parse('2025-03-01T08:00:00Z');
const WATCHING = 'alice inbox';

const mail = (name: string, receivedAt: number): RecordedMessage => ({
	id: `id-${name}`,
	internetMessageId: `<${name}@example.com>`,
	receivedAt,
});

async function* pageOf(...mails: RecordedMessage[]) {
	yield mails;
}

describe('the package is updated while a workflow is active', () => {
	/** As version 0.1.0 wrote it after it had seen `old` and handed on `new`. */
	const written = {
		version: 1,
		watching: WATCHING,
		since: 1740726000000,
		newest: 1740816000000,
		seen: { '483559': 'G4-jNbyJqzds70qE4h', '483560': 'kBdp7QbtgORjhAMJV6' },
		undated: '',
	};

	it('loses nothing, and hands on nothing again', async () => {
		const mails = [mail('new', start), mail('old', start - HOUR_MS)];
		const meanwhile = mail('meanwhile', start + HOUR_MS);
		const now = start + 2 * HOUR_MS;
		const options = { watching: WATCHING, now, serverTime: () => now, lookBackMs: 24 * HOUR_MS };
		const first = await look(readState(written, WATCHING), pageOf(meanwhile, ...mails), options);
		expect(first.fresh).toEqual([meanwhile]);
		const state = readState(JSON.parse(JSON.stringify(first.next())), WATCHING);
		expect(state).toMatchObject({ version: 2, polledAt: now, since: now - 24 * HOUR_MS });
		const second = await look(state, pageOf(meanwhile, ...mails), options);
		expect(second.fresh).toEqual([]);
	});
});

describe('a message waits', () => {
	it('holds the window open for itself, with what is known of it', async () => {
		const options = (hours: number) => ({
			watching: WATCHING,
			now: start + hours * HOUR_MS,
			serverTime: () => start + hours * HOUR_MS,
			lookBackMs: HOUR_MS,
		});
		let state = (await look(undefined, pageOf(), options(0))).next();
		const stuck = mail('stuck', start + HOUR_MS);
		for (let hours = 1; hours < 100; hours++) {
			const other = mail(`other ${hours}`, start + hours * HOUR_MS);
			const { fresh, waitingOf, next } = await look(state, pageOf(other, stuck), options(hours));
			expect(fresh).toEqual([stuck, other]);
			const waiting: Waiting = { failures: hours, tries: 0, from: start };
			expect(waitingOf(stuck)).toEqual(
				hours === 1
					? undefined
					: { failures: hours - 1, tries: 0, from: start, receivedAt: stuck.receivedAt },
			);
			state = readState(JSON.parse(JSON.stringify(next(new Map([[stuck, waiting]])))), WATCHING)!;
		}
		const { next } = await look(state, pageOf(stuck), options(100));
		expect(next()).toMatchObject({ waiting: {}, since: start + 99 * HOUR_MS });
	});
});

describe('static data that somebody has changed', () => {
	const hostile = fc.oneof(
		fc.anything(),
		fc.record(
			{
				version: fc.constantFrom(1, 2, 0, '1', null),
				watching: fc.constantFrom(WATCHING, 'other'),
				since: fc.oneof(fc.double(), fc.anything()),
				newest: fc.oneof(fc.double(), fc.anything()),
				seen: fc.oneof(fc.constant({}), fc.dictionary(fc.string(), fc.string()), fc.anything()),
				polledAt: fc.oneof(fc.double(), fc.anything()),
				undated: fc.oneof(fc.constant(''), fc.string(), fc.anything()),
				waiting: fc.oneof(
					fc.dictionary(
						fc.string({ minLength: 10, maxLength: 10 }),
						fc.record({
							tries: fc.oneof(fc.integer(), fc.anything()),
							receivedAt: fc.oneof(fc.double(), fc.anything()),
							isMissed: fc.anything(),
							isUnsearched: fc.anything(),
							filters: fc.oneof(fc.dictionary(fc.string(), fc.anything()), fc.anything()),
						}),
					),
					fc.anything(),
				),
				filters: fc.oneof(fc.dictionary(fc.string(), fc.anything()), fc.anything()),
			},
			{ requiredKeys: [] },
		),
	);

	it('is either a state or starts the watch anew, and is never a reason to stop', async () => {
		await fc.assert(
			fc.asyncProperty(hostile, async (value) => {
				const state = readState(value, WATCHING);
				const options = { watching: WATCHING, now: start, lookBackMs: HOUR_MS };
				const { next } = await look(state, pageOf(mail('m', start)), options);
				expect(readState(JSON.parse(JSON.stringify(next())), WATCHING)).toEqual(next());
			}),
			{ numRuns: 500 },
		);
	});

	it('goes on without the hour that cannot be read', async () => {
		const options = { watching: WATCHING, now: start, lookBackMs: HOUR_MS };
		const state = (await look(undefined, pageOf(mail('m', start)), options)).next();
		for (const [hour, records] of [
			['1e+21', ''],
			['1', 'short'],
			['2', 3],
		] as const) {
			const changed = { ...state, seen: { ...state.seen, [hour]: records } };
			expect(readState(changed, WATCHING)).toEqual(state);
		}
	});

	it('is not used for another mailbox or folder', async () => {
		const options = { watching: WATCHING, now: start, lookBackMs: HOUR_MS };
		const state = (await look(undefined, pageOf(mail('m', start)), options)).next();
		expect(readState(state, WATCHING)).toEqual(state);
		expect(readState(state, 'bob inbox')).toBeUndefined();
	});
});
