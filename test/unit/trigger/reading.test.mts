import type { IPollFunctions } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { readItem, withError } from '../../../nodes/Alimail/trigger/reading.ts';

const context = {} as IPollFunctions;

describe('a message of which no item can be made', () => {
	it('is to blame itself, and still says which one it is', async () => {
		const from = {
			get email() {
				throw new TypeError('secret');
			},
		};
		const read = await readItem(
			context,
			{
				mailbox: 'alice@example.com',
				simplify: true,
				fields: ['from'],
				attachmentsPrefix: undefined,
			},
			{ id: 'A', receivedAt: undefined, data: { id: 'A', from } as never },
			{ readAll: false, onAnswer: () => {} },
		);
		expect(read.problems).toMatchObject([{ part: 'message', isServerWide: false }]);
		expect(withError(read, {}).json).toEqual({
			id: 'A',
			error: 'Missing: from. It could not be read.',
		});
	});
});
