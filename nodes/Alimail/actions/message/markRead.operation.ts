import { mailboxProperty, messageIdProperty } from '../../parameters/locators';
import type { BatchOperation } from '../types';
import { runBatch } from './batch';

/**
 * Source: third-party (yaerp) and vendor code (dws) for the name of the action; third-party (email-agent) for `message`
 * beside it, in the only call that is known to have been tried out.
 */
export const markRead: BatchOperation = {
	value: 'markRead',
	name: 'Mark as Read',
	action: 'Mark message as read',
	description: 'Take the unread mark off a message, as opening it does',
	properties: [mailboxProperty, messageIdProperty],

	async executeBatch(context, itemIndexes) {
		return await runBatch(context, itemIndexes, () => ({
			action: 'batchUpdate',
			body: { action: 'markRead', message: { isRead: true } },
			result: { success: true, isRead: true },
		}));
	},
};
