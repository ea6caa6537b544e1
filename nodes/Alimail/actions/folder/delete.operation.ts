import { folderProperty, mailboxParameter, mailboxProperty } from '../../parameters/locators';
import { callApi } from '../../transport/call';
import type { ItemOperation } from '../types';
import { FOLDER_PATH, changeableFolderParameter } from './folders';

/** Deletes a folder (third-party: yaerp). What becomes of its messages is not known. */
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
		const id = changeableFolderParameter(context, 'deleted', itemIndex);
		await callApi(context, {
			method: 'DELETE',
			path: FOLDER_PATH,
			values: { mailbox: mailboxParameter(context, itemIndex), folderId: id },
			itemIndex,
		});
		return [{ json: { deleted: true, id } }];
	},
};
