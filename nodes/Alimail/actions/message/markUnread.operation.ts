import { mailboxProperty, messageIdProperty } from '../../parameters/locators';
import type { BatchOperation } from '../types';
import { runBatch } from './batch';

/**
 * Source: third-party (yaerp) and vendor code (dws) for the name of the action; third-party (email-agent) for `message`
 * beside it, in the only call that is known to have been tried out.
 */
export const markUnread: BatchOperation = {
	value: 'markUnread',
	name: 'Mark as Unread',
	action: 'Mark message as unread',
	description: 'Show a message as new again, so that it stands out',
	properties: [mailboxProperty, messageIdProperty],

	async executeBatch(context, itemIndexes) {
		return await runBatch(context, itemIndexes, () => ({
			action: 'batchUpdate',
			body: { action: 'markUnread', message: { isRead: false } },
			result: { success: true, isRead: false },
		}));
	},
};
