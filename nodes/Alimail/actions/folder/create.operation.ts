import {
	idLocator,
	mailboxParameter,
	mailboxProperty,
	addedIdParameter,
} from '../../parameters/locators';
import { optionsProperty } from '../../parameters/properties';
import { requiredTextParameter } from '../../parameters/values';
import { callApi } from '../../transport/call';
import type { ItemOperation } from '../types';
import { FOLDERS_PATH, folderIn } from './folders';

/** Makes a folder (third-party: yaerp). Without a parent nothing is sent as one, since the root's ID is only seen in answers. */
export const create: ItemOperation = {
	value: 'create',
	name: 'Create',
	action: 'Create folder',
	description: 'Make a folder in a mailbox, at the top level or below another folder',
	properties: [
		mailboxProperty,
		{
			displayName: 'Name',
			name: 'displayName',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. Projects',
			description: 'How the folder is called in the mailbox',
		},
		optionsProperty([
			idLocator(
				{
					displayName: 'Parent Folder',
					name: 'parentFolder',
					required: false,
					description: 'Where the folder is made. Without it, at the top level.',
				},
				'searchFolders',
				'e.g. 2 for the inbox',
			),
		]),
	],

	async execute(context, itemIndex) {
		const displayName = requiredTextParameter(context, 'displayName', 'Name', itemIndex);
		const folderId = addedIdParameter(
			context,
			'options',
			'parentFolder',
			'Parent Folder',
			itemIndex,
		);
		const answer = await callApi(context, {
			method: 'POST',
			path: FOLDERS_PATH,
			values: { mailbox: mailboxParameter(context, itemIndex) },
			body: { displayName, folderId },
			itemIndex,
		});
		return [{ json: { displayName, ...folderIn(answer) } }];
	},
};
