import { callApi } from '../../transport/call';
import { parameterError } from '../../transport/errors';
import { folderProperty, idParameter, mailboxParameter, mailboxProperty } from '../locators';
import type { ItemOperation } from '../types';
import { FOLDER_PATH, wellKnownName } from './folders';

/**
 * Deletes a folder (third-party: yaerp). What becomes of its messages is not known. The folders that every mailbox has are
 * refused here, lest it be found out what the server does with an inbox.
 */
export const deleteFolder: ItemOperation = {
	value: 'delete',
	name: 'Delete',
	action: 'Delete folder',
	description:
		'Delete a folder with its subfolders. Move the messages that you need first: Alimail does not say whether it keeps them.',
	properties: [
		mailboxProperty,
		folderProperty({
			description: 'The folder to delete. Folders that every mailbox has cannot be deleted.',
			default: { mode: 'list', value: '' },
		}),
	],

	async execute(context, itemIndex) {
		const id = idParameter(context, 'folder', 'Folder', itemIndex);
		const name = wellKnownName(id);
		if (name !== undefined) {
			const problem = `is '${name}', which every mailbox has. It cannot be deleted`;
			throw parameterError(context.getNode(), 'Folder', problem, itemIndex);
		}
		await callApi(context, {
			method: 'DELETE',
			path: FOLDER_PATH,
			values: { email: mailboxParameter(context, itemIndex), folderId: id },
			itemIndex,
		});
		return [{ json: { deleted: true, id } }];
	},
};
