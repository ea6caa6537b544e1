import { describe, expect, it } from 'vitest';
import {
	DAY_MS,
	HOUR_MS,
	MINUTE_MS,
	subjectsOf,
	watchedMailbox,
} from '../../support/watchedMailbox.mts';
import type { WatchState } from '../../../nodes/Alimail/trigger/state.ts';

const ALICE = 'alice@example.com';
const PROJECTS = '104';
const LISTED = /\/mailFolders\/2\/messages$/;

describe('a message that waits leaves a folder of more than one page', () => {
	const waitingFile = async () => {
		const box = await watchedMailbox();
		const { simulator, pass, arrives, watch } = box;
		const poller = watch({
			filters: { subject: 'infected' },
			options: { downloadAttachments: true, lookBackHours: 1 },
		});
		await poller.poll();
		const infected = arrives('Infected', { attachments: [{ name: 'virus.exe', content: 'x' }] });
		const refusal = simulator.fault({ path: /\$value$/, status: 403, times: Infinity });
		const mails = () => {
			for (let i = 0; i < 120; i++) arrives(`Mail ${i}`);
		};
		mails();
		pass(MINUTE_MS);
		await poller.poll();
		return { ...box, poller, infected, mails, refusal };
	};

	it.each(['deleted', 'moved'] as const)('does not hold the window open: %s', async (how) => {
		const { simulator, pass, countOf, poller, infected, mails } = await waitingFile();
		// A person or a virus scanner takes it away before it was tried five times.
		if (how === 'deleted') simulator.state.removeMessage(ALICE, infected.id);
		else simulator.state.moveMessage(ALICE, infected.id, PROJECTS);
		const requests: number[] = [];
		for (let day = 0; day < 5; day++) {
			mails();
			pass(DAY_MS);
			const before = countOf(LISTED);
			await poller.poll();
			requests.push(countOf(LISTED) - before);
		}
		expect(Math.max(...requests.slice(2))).toBeLessThanOrEqual(requests[1]!);
	});

	it('is found again when only one poll has missed it', async () => {
		const { simulator, pass, arrives, poller, infected, refusal } = await waitingFile();
		// It slips from one page to the other, as it does when mail above it is deleted meanwhile.
		for (let round = 0; round < 3; round++) {
			simulator.state.moveMessage(ALICE, infected.id, PROJECTS);
			arrives(`Round ${round}`);
			pass(2 * HOUR_MS);
			expect(await poller.poll()).toBeNull();
			simulator.state.moveMessage(ALICE, infected.id, '2');
			pass(2 * HOUR_MS);
			expect(await poller.poll()).toBeNull();
		}
		refusal.clear();
		pass(MINUTE_MS);
		expect(subjectsOf(await poller.poll())).toEqual(['Infected']);
	});
});

describe('a message waits for the search and leaves a busy folder', () => {
	it('is forgotten', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const poller = watch({ filters: { query: 'subject:invoice' } });
		await poller.poll();
		for (let i = 0; i < 120; i++) arrives(`Mail ${i}`);
		const path = `/v2/users/${encodeURIComponent(ALICE)}/messages/query`;
		simulator.fault({ path, body: { messages: [], nextCursor: '$', total: 0 }, times: 2 });
		pass(MINUTE_MS);
		expect(await poller.poll()).toBeNull();
		for (const { id, subject } of [...simulator.state.mailbox(ALICE).messages.values()]) {
			// A rule of the mail client files one of them.
			if (subject === 'Mail 7') simulator.state.moveMessage(ALICE, id, PROJECTS);
		}
		for (let day = 0; day < 4; day++) {
			for (let i = 0; i < 120; i++) arrives(`Invoice ${day}.${i}`, {}, i);
			pass(DAY_MS);
			await poller.poll();
		}
		const { watch: state } = Object.values(
			poller.staticData as Record<string, { watch: WatchState }>,
		)[0]!;
		expect(Object.keys(state.waiting)).toEqual([]);
	}, 60_000);
});
