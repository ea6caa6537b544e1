import { describe, expect, it } from 'vitest';
import { freshSimulator } from '../../support/freshSimulator.mts';
import {
	DAY_MS,
	HOUR_MS,
	MINUTE_MS,
	subjectsOf,
	watchedMailbox,
} from '../../support/watchedMailbox.mts';

const ALICE = 'alice@example.com';
const invoices = { filters: { subject: 'invoice' } };
const newsletters = { filters: { subject: 'newsletter' } };
const PROJECTS = '104';

describe('filters are changed', () => {
	it('judge only what comes after the change, through days of both', async () => {
		const { pass, arrives, watch } = await watchedMailbox();
		const before = watch(invoices);
		await before.poll();
		for (let day = 0; day < 3; day++) {
			arrives(`Newsletter ${day}`);
			arrives(`Invoice ${day}`);
			arrives(`Newsletter ${day}, evening edition`);
			expect(await before.pollFor(DAY_MS, HOUR_MS)).toEqual([`Invoice ${day}`]);
		}
		arrives('Newsletter from before the change');
		expect(await before.pollFor(HOUR_MS, 10 * MINUTE_MS)).toEqual([]);
		// Too late for the last poll before the change.
		arrives('Newsletter of the last minute');
		arrives('Invoice of the last minute');
		pass(MINUTE_MS / 2);

		const after = watch({ ...newsletters, options: { lookBackHours: 720 } }, before.staticData);
		expect(subjectsOf(await after.activate('update'))).toEqual(['Invoice of the last minute']);
		expect(await after.pollFor(HOUR_MS, 10 * MINUTE_MS)).toEqual([]);
		for (let day = 0; day < 3; day++) {
			arrives(`Newsletter ${day}, new`);
			arrives(`Invoice ${day}, new`);
			expect(await after.pollFor(DAY_MS, HOUR_MS)).toEqual([`Newsletter ${day}, new`]);
		}
	});

	it.each(['init', 'update', 'activate'] as const)(
		'do so after a restart too, although polls without a find were not saved: %s',
		async (activation) => {
			const { pass, arrives, watch } = await watchedMailbox();
			const before = watch(invoices);
			await before.poll();
			for (let day = 0; day < 3; day++) {
				arrives(`Newsletter ${day}`);
				expect(await before.pollFor(DAY_MS, 6 * HOUR_MS)).toEqual([]);
			}
			const after = watch(newsletters, before.staticData);
			expect(await after.activate(activation)).toBeNull();
			arrives('Newsletter, new');
			pass(MINUTE_MS);
			expect(subjectsOf(await after.poll())).toEqual(['Newsletter, new']);
			const restarted = watch(newsletters, after.staticData);
			expect(await restarted.activate('init')).toBeNull();
			expect(await restarted.pollFor(DAY_MS, 6 * HOUR_MS)).toEqual([]);
		},
	);

	it('do not take back a message that has passed and could not be read yet', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const options = { downloadAttachments: true };
		const before = watch({ ...invoices, options });
		await before.poll();
		arrives('Invoice', { attachments: [{ name: 'a.txt', content: 'a' }] });
		simulator.fault({ path: /\$value$/, status: 403, times: 3 });
		pass(MINUTE_MS);
		expect(await before.poll()).toBeNull();
		const after = watch({ ...newsletters, options }, before.staticData);
		expect(await after.activate('update')).toBeNull();
		pass(MINUTE_MS);
		expect(await after.poll()).toBeNull();
		pass(MINUTE_MS);
		expect(subjectsOf(await after.poll())).toEqual(['Invoice']);
	});

	it('judge by the search that was set when the message came, however late the search learns of it', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const before = watch({ filters: { query: 'subject:invoice' } });
		await before.poll();
		arrives('Invoice');
		arrives('Newsletter');
		const path = `/v2/users/${encodeURIComponent(ALICE)}/messages/query`;
		simulator.fault({ path, body: { messages: [], nextCursor: '$', total: 0 }, times: 4 });
		pass(MINUTE_MS);
		expect(await before.poll()).toBeNull();
		const after = watch({ filters: { query: 'subject:newsletter' } }, before.staticData);
		expect(await after.activate('update')).toBeNull();
		arrives('Newsletter, new');
		pass(MINUTE_MS);
		expect(subjectsOf(await after.poll())).toEqual(['Invoice', 'Newsletter, new']);
	});
});

describe('a message is filed into the folder', () => {
	const filed = async (ageMs: number, everyMs: number) => {
		const { simulator, arrives, watch } = await watchedMailbox();
		// Nothing else has come for a month.
		arrives('Old', {}, 30 * DAY_MS);
		const { poll, pollFor } = watch();
		await poll();
		expect(await pollFor(5 * DAY_MS, everyMs)).toEqual([]);
		const { id } = arrives('Filed', { folderId: PROJECTS }, ageMs);
		simulator.state.moveMessage(ALICE, id, '2');
		return await pollFor(DAY_MS, everyMs);
	};

	it.each([
		[24 * HOUR_MS + 2 * MINUTE_MS, MINUTE_MS * 10],
		[25 * HOUR_MS, HOUR_MS],
		[3 * DAY_MS, HOUR_MS],
		[29 * DAY_MS, HOUR_MS],
	])(
		'is not new when it was received longer than Look Back before the last poll: %i',
		async (age, every) => {
			expect(await filed(age, every)).toEqual([]);
		},
	);

	it.each([
		[23 * HOUR_MS, HOUR_MS],
		[24 * HOUR_MS - 2 * MINUTE_MS, MINUTE_MS * 10],
		[0, HOUR_MS],
	])('is new when it was received no longer than that before it: %i', async (age, every) => {
		expect(await filed(age, every)).toEqual(['Filed']);
	});

	it('counts from the last poll, however long the workflow was off', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const { poll, staticData } = watch();
		await poll();
		pass(10 * DAY_MS);
		for (const [subject, days] of [
			['Too old', 11.1],
			['Just before the last poll', 10.9],
			['Since', 4],
		] as const) {
			const { id } = arrives(subject, { folderId: PROJECTS }, days * DAY_MS);
			simulator.state.moveMessage(ALICE, id, '2');
		}
		const again = watch({}, staticData);
		expect(subjectsOf(await again.activate())).toEqual(['Just before the last poll', 'Since']);
	});

	it.each([-5 * HOUR_MS, 5 * HOUR_MS])(
		'never counts as old because the clocks differ: %i ms',
		async (aheadMs) => {
			const { arrives, pass, watch, setServerAhead } = await watchedMailbox();
			setServerAhead(aheadMs);
			const { poll } = watch({ options: { lookBackHours: 1 } });
			await poll();
			for (let hour = 0; hour < 48; hour++) {
				pass(HOUR_MS);
				arrives(`Mail ${hour}`, {}, 30 * MINUTE_MS);
				expect(subjectsOf(await poll())).toEqual([`Mail ${hour}`]);
			}
		},
	);
});

describe('a poll has more to read than it has time', () => {
	it('leaves the rest to the next, whatever happens to it meanwhile', async () => {
		const { simulator, pass, arrives, watch, countOf } = await watchedMailbox();
		const { poll, pollFor } = watch({
			filters: { unreadOnly: true },
			options: { fields: ['subject', 'body'] },
		});
		await poll();
		const messages = Array.from({ length: 25 }, (_, i) => arrives(`Mail ${i}`));
		simulator.fault({ path: /\/messages\/[^/]+$/, delayMs: 200, times: 10 });
		const first = poll();
		await expect.poll(() => countOf(/\/messages\/[^/]+$/)).toBe(10);
		pass(6 * MINUTE_MS);
		expect(subjectsOf(await first)).toEqual(messages.slice(0, 10).map(({ subject }) => subject));
		for (const message of messages) message.isRead = true;
		arrives('Mail 25');
		expect(subjectsOf(await poll())).toEqual(
			Array.from({ length: 16 }, (_, i) => `Mail ${i + 10}`),
		);
		expect(await pollFor(2 * DAY_MS, HOUR_MS)).toEqual([]);
	});
});

describe('a poll does not come to an end', () => {
	it('keeps others from polling for an hour, and then hands on nothing any more', async () => {
		const { simulator, pass, arrives, watch, countOf } = await watchedMailbox();
		const { poll, pollFor } = watch({ options: { fields: ['subject', 'body'] } });
		await poll();
		arrives('Once');
		simulator.fault({ path: /\/messages\/[^/]+$/, delayMs: 1500 });
		const stuck = poll();
		await expect.poll(() => countOf(/\/messages\/[^/]+$/)).toBe(1);
		pass(10 * MINUTE_MS);
		expect(await poll()).toBeNull();
		expect(countOf(/\/messages\/[^/]+$/)).toBe(1);
		pass(HOUR_MS);
		expect(subjectsOf(await poll())).toEqual(['Once']);
		arrives('Next');
		expect(await stuck).toBeNull();
		expect(subjectsOf(await poll())).toEqual(['Next']);
		expect(await pollFor(2 * DAY_MS, HOUR_MS)).toEqual([]);
	});

	it('does not keep a new activation from polling, and hands on nothing beside it', async () => {
		const { simulator, arrives, watch, countOf } = await watchedMailbox();
		const options = { fields: ['subject', 'body'] };
		const before = watch({ options });
		await before.poll();
		arrives('Once');
		simulator.fault({ path: /\/messages\/[^/]+$/, delayMs: 1000 });
		const late = before.poll();
		await expect.poll(() => countOf(/\/messages\/[^/]+$/)).toBe(1);
		const after = watch({ options }, before.staticData);
		expect(subjectsOf(await after.activate('update'))).toEqual(['Once']);
		expect(await late).toBeNull();
		expect(await after.pollFor(DAY_MS, HOUR_MS)).toEqual([]);
	});
});

describe('the credential is changed while the workflow is active', () => {
	it('counts from the next poll on, and starts a new watch on another server', async () => {
		const { simulator, trigger, pass, arrives, watch } = await watchedMailbox();
		const { poll } = watch();
		await poll();
		arrives('On the first server');
		pass(MINUTE_MS);
		expect(subjectsOf(await poll())).toEqual(['On the first server']);

		await using moved = await secondServer();
		moved.state.addMessage(ALICE, { subject: 'Was there' });
		trigger.credentials.stored = { ...trigger.credentials.stored, baseUrl: moved.url };
		simulator.clearRequests();
		pass(MINUTE_MS);
		expect(await poll()).toBeNull();
		expect(simulator.requests).toEqual([]);
		moved.state.addMessage(ALICE, { subject: 'On the second server' });
		pass(MINUTE_MS);
		expect(subjectsOf(await poll())).toEqual(['On the second server']);
	});
});

describe('the server clock was ahead, and is set right', () => {
	it('loses no mail that comes after that', async () => {
		const { pass, arrives, watch, setServerAhead } = await watchedMailbox();
		setServerAhead(5 * HOUR_MS);
		const { poll, pollFor } = watch({ options: { lookBackHours: 1 } });
		await poll();
		arrives('Before');
		pass(MINUTE_MS);
		expect(subjectsOf(await poll())).toEqual(['Before']);
		setServerAhead(0);
		pass(MINUTE_MS);
		await poll();
		arrives('After');
		pass(MINUTE_MS);
		expect([...subjectsOf(await poll()), ...(await pollFor(DAY_MS, HOUR_MS))]).toEqual(['After']);
	});
});

describe('two triggers of one workflow share a node ID', () => {
	it('both poll, also at the same moment', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const inbox = watch();
		const folder = { __rl: true, mode: 'id', value: PROJECTS };
		const other = watch({ folder }, {}, 'Another Trigger');
		await inbox.poll();
		await other.poll();
		const found: string[] = [];
		for (let i = 0; i < 5; i++) {
			arrives(`Inbox ${i}`);
			simulator.state.addMessage(ALICE, { subject: `Projects ${i}`, folderId: PROJECTS });
			pass(MINUTE_MS);
			const [one, two] = await Promise.all([inbox.poll(), other.poll()]);
			found.push(...subjectsOf(one), ...subjectsOf(two));
		}
		expect(found.sort()).toEqual(
			[0, 1, 2, 3, 4].flatMap((i) => [`Inbox ${i}`, `Projects ${i}`]).sort(),
		);
	});
});

describe('the package is updated from its first release', () => {
	it('goes on where it was, with nothing lost and nothing twice', async () => {
		const { pass, arrives, watch } = await watchedMailbox();
		const before = watch();
		await before.poll();
		for (const hour of [0, 1, 2]) {
			arrives(`Mail ${hour}`);
			pass(HOUR_MS);
			await before.poll();
		}
		const old = structuredClone(before.staticData) as Record<
			string,
			{ watch: Record<string, unknown> }
		>;
		const { watch: state } = Object.values(old)[0]!;
		Object.assign(state, { version: 1, newest: Date.now() - HOUR_MS });
		for (const name of ['polledAt', 'waiting', 'filters']) delete state[name];
		arrives('While n8n was updated');
		pass(HOUR_MS);
		const after = watch({}, old as never);
		expect(subjectsOf(await after.activate('init'))).toEqual(['While n8n was updated']);
		expect(await after.pollFor(3 * DAY_MS, HOUR_MS)).toEqual([]);
	});
});

async function secondServer() {
	const server = await freshSimulator();
	return Object.assign(server, { [Symbol.asyncDispose]: async () => await server.close() });
}
