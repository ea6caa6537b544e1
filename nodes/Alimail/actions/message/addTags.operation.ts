import { mailboxProperty, messageIdProperty } from '../../parameters/locators';
import type { BatchOperation } from '../types';
import { runBatch } from './batch';
import { readTags, tagsProperty } from './tags';

/** Source: third-party (yaerp) and vendor code (dws) for the name of the action. */
export const addTags: BatchOperation = {
	value: 'addTags',
	name: 'Add Tags',
	action: 'Add tags to message',
	description: 'Put tags on a message, such as the follow-up flag',
	properties: [mailboxProperty, messageIdProperty, tagsProperty],

	async executeBatch(context, itemIndexes) {
		return await runBatch(context, itemIndexes, (itemIndex) => {
			const tags = readTags(context, itemIndex);
			return {
				action: 'batchUpdate',
				body: { action: 'addTags', tags },
				result: { success: true, addedTags: tags },
			};
		});
	},
};
