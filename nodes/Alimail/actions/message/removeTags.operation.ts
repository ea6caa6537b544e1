import { mailboxProperty, messageIdProperty } from '../../parameters/locators';
import type { BatchOperation } from '../types';
import { runBatch } from './batch';
import { readTags, tagsProperty } from './tags';

/** Source: third-party (yaerp) and vendor code (dws) for the name of the action. */
export const removeTags: BatchOperation = {
	value: 'removeTags',
	name: 'Remove Tags',
	action: 'Remove tags from message',
	description: 'Take tags off a message. Those that it does not have are passed over.',
	properties: [mailboxProperty, messageIdProperty, tagsProperty],

	async executeBatch(context, itemIndexes) {
		return await runBatch(context, itemIndexes, (itemIndex) => {
			const tags = readTags(context, itemIndex);
			return {
				action: 'batchUpdate',
				body: { action: 'removeTags', tags },
				result: { success: true, removedTags: tags },
			};
		});
	},
};
