import { describe, expect, it } from 'vitest';
import {
	dayMs,
	hourMs,
	minuteMs,
	subjectsOf,
	watchedMailbox,
} from '../../support/watchedMailbox.mts';
import type { WatchState } from '../../../nodes/Alimail/trigger/state.ts';

const alice = 'alice@example.com';
const projects = '104';
const listed = /\/mailFolders\/2\/messages$/;

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
		pass(minuteMs);
		await poller.poll();
		return { ...box, poller, infected, mails, refusal };
	};

	it.each(['deleted', 'moved'] as const)('does not hold the window open: %s', async (how) => {
		const { simulator, pass, countOf, poller, infected, mails } = await waitingFile();
		// A person or a virus scanner takes it away before it was tried five times.
		if (how === 'deleted') simulator.state.removeMessage(alice, infected.id);
		else simulator.state.moveMessage(alice, infected.id, projects);
		const requests: number[] = [];
		for (let day = 0; day < 5; day++) {
			mails();
			pass(dayMs);
			const before = countOf(listed);
			await poller.poll();
			requests.push(countOf(listed) - before);
		}
		expect(Math.max(...requests.slice(2))).toBeLessThanOrEqual(requests[1]!);
	});

	it('is found again when only one poll has missed it', async () => {
		const { simulator, pass, arrives, poller, infected, refusal } = await waitingFile();
		// It slips from one page to the other, as it does when mail above it is deleted meanwhile.
		for (let round = 0; round < 3; round++) {
			simulator.state.moveMessage(alice, infected.id, projects);
			arrives(`Round ${round}`);
			pass(2 * hourMs);
			expect(await poller.poll()).toBeNull();
			simulator.state.moveMessage(alice, infected.id, '2');
			pass(2 * hourMs);
			expect(await poller.poll()).toBeNull();
		}
		refusal.clear();
		pass(minuteMs);
		expect(subjectsOf(await poller.poll())).toEqual(['Infected']);
	});
});

describe('a message waits for the search and leaves a busy folder', () => {
	it('is forgotten', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const poller = watch({ filters: { query: 'subject:invoice' } });
		await poller.poll();
		for (let i = 0; i < 120; i++) arrives(`Mail ${i}`);
		const path = `/v2/users/${encodeURIComponent(alice)}/messages/query`;
		simulator.fault({ path, body: { messages: [], nextCursor: '$', total: 0 }, times: 2 });
		pass(minuteMs);
		expect(await poller.poll()).toBeNull();
		for (const { id, subject } of [...simulator.state.mailbox(alice).messages.values()]) {
			// A rule of the mail client files one of them.
			if (subject === 'Mail 7') simulator.state.moveMessage(alice, id, projects);
		}
		for (let day = 0; day < 4; day++) {
			for (let i = 0; i < 120; i++) arrives(`Invoice ${day}.${i}`, {}, i);
			pass(dayMs);
			await poller.poll();
		}
		const { watch: state } = Object.values(
			poller.staticData as Record<string, { watch: WatchState }>,
		)[0]!;
		expect(Object.keys(state.waiting)).toEqual([]);
	}, 60_000);
});
