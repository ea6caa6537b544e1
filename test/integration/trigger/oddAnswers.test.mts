import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, subjectsOf, watchedMailbox } from '../../support/watchedMailbox.mts';

describe('times that are none', () => {
	it.each(['1970-01-01T00:00:00Z', '0001-01-01T00:00:00Z'])(
		'a message with the zero time is a message without a time: %s',
		async (receivedDateTime) => {
			const { pass, arrives, watch } = await watchedMailbox();
			const { poll } = watch();
			arrives('Old');
			await poll();
			arrives('Zero', { receivedDateTime });
			pass(MINUTE_MS);
			expect(subjectsOf(await poll())).toEqual(['Zero']);
		},
	);

	it.each(['9e27', '1e300'])(
		'an absurd time does not end the watch: %s',
		async (receivedDateTime) => {
			const { pass, arrives, watch } = await watchedMailbox();
			const { poll } = watch();
			await poll();
			// Put there afterwards, so that the simulator lists it at all.
			Object.assign(arrives('Absurd'), { receivedDateTime });
			pass(MINUTE_MS);
			await poll();
			const found: string[] = [];
			for (let hour = 0; hour < 5; hour++) {
				arrives(`Mail ${hour}`);
				pass(HOUR_MS);
				found.push(...subjectsOf(await poll()));
			}
			expect(found).toEqual(['Mail 0', 'Mail 1', 'Mail 2', 'Mail 3', 'Mail 4']);
		},
	);

	it('the earliest time that there is does not stop a search filter', async () => {
		const { pass, arrives, watch } = await watchedMailbox();
		const { poll } = watch({ filters: { query: 'subject:invoice' } });
		await poll();
		Object.assign(arrives('Invoice of the stone age'), {
			receivedDateTime: '-271821-04-20T00:00:00Z',
		});
		arrives('Invoice');
		pass(MINUTE_MS);
		expect(subjectsOf(await poll())).toContain('Invoice');
	});
});

describe('one message of a hostile shape', () => {
	it('headers of a hostile shape hold back no other mail', async () => {
		const { pass, arrives, watch } = await watchedMailbox();
		const { poll } = watch({ options: { fields: ['subject', 'internetMessageHeaders'] } });
		await poll();
		arrives('Hostile', {
			internetMessageHeaders: { 'X-Bad': [{ toString: 1, valueOf: 1 }] } as never,
		});
		arrives('Good');
		pass(MINUTE_MS);
		expect(subjectsOf(await poll())).toContain('Good');
	});
});
