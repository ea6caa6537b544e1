import {
	folderProperty,
	idParameter,
	mailboxProperty,
	messageIdProperty,
} from '../../parameters/locators';
import { refuseMailbox } from '../folder/folders';
import type { BatchOperation } from '../types';
import { runBatch } from './batch';

/** Source: third-party (yaerp) for `ids` and `destinationFolderId` in the body; pytbox sends them in the query. */
export const move: BatchOperation = {
	value: 'move',
	name: 'Move',
	action: 'Move message',
	description: 'Move a message to another folder of the same mailbox',
	properties: [
		mailboxProperty,
		messageIdProperty,
		folderProperty({
			displayName: 'Destination Folder',
			name: 'destinationFolder',
			description: 'The folder that the message goes to',
			default: { mode: 'list', value: '' },
		}),
	],

	async executeBatch(context, itemIndexes) {
		return await runBatch(context, itemIndexes, (itemIndex) => {
			const folderId = idParameter(context, 'destinationFolder', 'Destination Folder', itemIndex);
			refuseMailbox(context, folderId, 'Destination Folder', itemIndex);
			return {
				action: 'move',
				body: { destinationFolderId: folderId },
				result: { success: true, folderId },
			};
		});
	},
};
