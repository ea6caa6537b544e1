import { mailboxProperty } from '../locators';
import type { BatchOperation } from '../types';
import { runBatch } from './batch';
import { messageIdProperty } from './properties';

/** Source: third-party (yaerp). That the messages go to Deleted Items follows from `USER_DELETED` (inferred). */
export const deleteMessage: BatchOperation = {
	value: 'delete',
	name: 'Delete',
	action: 'Delete message',
	description:
		'Move a message to Deleted Items. What is there already is deleted for good. Works for drafts too.',
	properties: [mailboxProperty, messageIdProperty],

	async executeBatch(context, itemIndexes) {
		return await runBatch(context, itemIndexes, () => ({
			action: 'batchDelete',
			body: { deleteType: 'USER_DELETED' },
			result: { deleted: true },
		}));
	},
};
