import { folderProperty, mailboxParameter, mailboxProperty } from '../../parameters/locators';
import { requiredTextParameter } from '../../parameters/values';
import { callApi } from '../../transport/call';
import type { ItemOperation } from '../types';
import { FOLDER_PATH, changeableFolderParameter, folderIn } from './folders';

/** Renames a folder (third-party: yaerp; DingTalk's gateway to the same mail uses another method, which is not this host's). */
export const rename: ItemOperation = {
	value: 'rename',
	name: 'Rename',
	action: 'Rename folder',
	description: 'Give a folder another name. Its ID and its messages stay as they are.',
	properties: [
		mailboxProperty,
		folderProperty({
			description: 'The folder to rename. Folders that every mailbox has keep their names.',
			default: { mode: 'list', value: '' },
		}),
		{
			displayName: 'New Name',
			name: 'displayName',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. Projects 2026',
			description: 'How the folder is called from now on',
		},
	],

	async execute(context, itemIndex) {
		const id = changeableFolderParameter(context, 'renamed', itemIndex);
		const displayName = requiredTextParameter(context, 'displayName', 'New Name', itemIndex);
		const answer = await callApi(context, {
			method: 'PATCH',
			path: FOLDER_PATH,
			values: { mailbox: mailboxParameter(context, itemIndex), folderId: id },
			body: { displayName },
			itemIndex,
		});
		return [{ json: { id, displayName, ...folderIn(answer) } }];
	},
};
