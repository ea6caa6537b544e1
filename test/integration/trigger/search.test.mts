import { describe, expect, it } from 'vitest';
import {
	dayMs,
	hourMs,
	minuteMs,
	subjectsOf,
	watchedMailbox,
} from '../../support/watchedMailbox.mts';

const query = `/v2/users/${encodeURIComponent('alice@example.com')}/messages/query`;
const knowsNothing = { path: query, body: { messages: [], nextCursor: '$', total: 0 } };

describe('a message waits for the search, and is read meanwhile', () => {
	it('was judged once: unread when it was found', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const { poll } = watch({ filters: { query: 'subject:invoice', unreadOnly: true } });
		await poll();
		const message = arrives('Invoice');
		simulator.fault({ ...knowsNothing, times: 2 });
		pass(minuteMs);
		expect(await poll()).toBeNull();
		message.isRead = true;
		pass(minuteMs);
		expect(subjectsOf(await poll())).toEqual(['Invoice']);
	});
});

describe('the search knows nothing for longer than Look Back', () => {
	it('a message that waits for it is not lost', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const { poll, pollFor } = watch({
			filters: { query: 'subject:invoice' },
			options: { lookBackHours: 1 },
		});
		await poll();
		arrives('Invoice');
		const outage = simulator.fault({ ...knowsNothing, times: Infinity });
		// The index of the search is rebuilt, which takes 70 minutes.
		expect(await pollFor(70 * minuteMs, 10 * minuteMs)).toEqual([]);
		outage.clear();
		pass(minuteMs);
		expect(subjectsOf(await poll())).toEqual(['Invoice']);
	});

	const neverFound = async (more: { options?: { downloadAttachments: boolean } } = {}) => {
		const box = await watchedMailbox();
		const poller = box.watch({ filters: { query: 'subject:invoice' }, ...more });
		await poller.poll();
		box.arrives('Invoice', { attachments: [{ name: 'a.txt', content: 'a' }] });
		box.simulator.fault({ ...knowsNothing, times: Infinity });
		box.pass(minuteMs);
		expect(await poller.poll()).toBeNull();
		expect(await poller.pollFor(23 * hourMs, hourMs)).toEqual([]);
		box.pass(hourMs);
		return { ...box, ...poller };
	};

	it('a message comes after a day, with an error that says that it was not judged', async () => {
		const { poll, pollFor } = await neverFound();
		expect(await poll()).toMatchObject([
			{
				json: {
					subject: 'Invoice',
					error: expect.stringMatching(/^Not judged by 'Search Query'/) as string,
				},
			},
		]);
		expect(await pollFor(3 * dayMs, hourMs)).toEqual([]);
	});

	it('the error is not forgotten when the message cannot be read just then', async () => {
		const { simulator, pass, poll } = await neverFound({ options: { downloadAttachments: true } });
		simulator.fault({ path: /\$value$/, status: 403, times: 1 });
		expect(await poll()).toBeNull();
		pass(minuteMs);
		const [item] = (await poll())!;
		expect(Object.keys(item!.binary!)).toEqual(['attachment_0']);
		expect(item!.json.error).toMatch(/^Not judged by 'Search Query'/);
		expect(item!.json.error).not.toContain('Missing');
	});
});
