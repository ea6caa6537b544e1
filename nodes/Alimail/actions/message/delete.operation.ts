import { parameterError } from '../../errors/nodeErrors';
import { mailboxProperty, messageIdProperty } from '../../parameters/locators';
import type { BatchOperation } from '../types';
import { runBatch } from './batch';

/**
 * Deletes messages. That they go to Deleted Items follows from `USER_DELETED` (inferred), and so does that a second call
 * deletes for good what the first has moved there: nothing may make it twice by itself.
 *
 * Source: third-party (yaerp)
 */
export const deleteMessage: BatchOperation = {
	value: 'delete',
	name: 'Delete',
	action: 'Delete message',
	description:
		'Move a message to Deleted Items. What is there already is deleted for good. Works for drafts too.',
	properties: [
		mailboxProperty,
		messageIdProperty,
		{
			displayName:
				'If this runs again for messages that it has moved to Deleted Items, it deletes them for good. Keep <b>Retry On Fail</b> in the settings off.',
			name: 'retryNotice',
			type: 'notice',
			default: '',
		},
	],

	async executeBatch(context, itemIndexes) {
		return await runBatch(context, itemIndexes, (itemIndex) => {
			if (context.getNode().retryOnFail === true) {
				const problem = 'is on in the settings of this node, and Delete must not run twice';
				const advice =
					'Switch it off: another try would delete for good what the first one has moved to Deleted Items. What is safe to repeat, the node repeats by itself.';
				throw parameterError(context.getNode(), 'Retry On Fail', problem, itemIndex, advice);
			}
			return {
				action: 'batchDelete',
				body: { deleteType: 'USER_DELETED' },
				result: { deleted: true },
				onceOnly:
					'Leave them out when you run this again: Delete deletes for good what is in Deleted Items.',
			};
		});
	},
};
