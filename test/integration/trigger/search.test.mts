import { describe, expect, it } from 'vitest';
import {
	DAY_MS,
	HOUR_MS,
	MINUTE_MS,
	subjectsOf,
	watchedMailbox,
} from '../../support/watchedMailbox.mts';

const QUERY = `/v2/users/${encodeURIComponent('alice@example.com')}/messages/query`;
const knowsNothing = { path: QUERY, body: { messages: [], nextCursor: '$', total: 0 } };

describe('a message waits for the search, and is read meanwhile', () => {
	it('was judged once: unread when it was found', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const { poll } = watch({ filters: { query: 'subject:invoice', unreadOnly: true } });
		await poll();
		const message = arrives('Invoice');
		simulator.fault({ ...knowsNothing, times: 2 });
		pass(MINUTE_MS);
		expect(await poll()).toBeNull();
		message.isRead = true;
		pass(MINUTE_MS);
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
		expect(await pollFor(70 * MINUTE_MS, 10 * MINUTE_MS)).toEqual([]);
		outage.clear();
		pass(MINUTE_MS);
		expect(subjectsOf(await poll())).toEqual(['Invoice']);
	});

	const neverFound = async (more: { options?: { downloadAttachments: boolean } } = {}) => {
		const box = await watchedMailbox();
		const poller = box.watch({ filters: { query: 'subject:invoice' }, ...more });
		await poller.poll();
		box.arrives('Invoice', { attachments: [{ name: 'a.txt', content: 'a' }] });
		box.simulator.fault({ ...knowsNothing, times: Infinity });
		box.pass(MINUTE_MS);
		expect(await poller.poll()).toBeNull();
		expect(await poller.pollFor(23 * HOUR_MS, HOUR_MS)).toEqual([]);
		box.pass(HOUR_MS);
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
		expect(await pollFor(3 * DAY_MS, HOUR_MS)).toEqual([]);
	});

	it('the error is not forgotten when the message cannot be read just then', async () => {
		const { simulator, pass, poll } = await neverFound({ options: { downloadAttachments: true } });
		simulator.fault({ path: /\$value$/, status: 403, times: 1 });
		expect(await poll()).toBeNull();
		pass(MINUTE_MS);
		const [item] = (await poll())!;
		expect(Object.keys(item!.binary!)).toEqual(['attachment_0']);
		expect(item!.json.error).toMatch(/^Not judged by 'Search Query'/);
		expect(item!.json.error).not.toContain('Missing');
	});
});
