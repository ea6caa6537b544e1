import { READING } from '../../flow/pacing';
import {
	idLocator,
	mailboxParameter,
	mailboxProperty,
	addedIdParameter,
} from '../../parameters/locators';
import { optionsProperty } from '../../parameters/properties';
import { collectionParameter, resultLimit, returnAllProperties } from '../../parameters/values';
import type { ItemOperation } from '../types';
import { listFolders } from './folders';

/**
 * Lists the folders of a mailbox.
 *
 * Source: https://help.aliyun.com/document_detail/2856396.html; subfolders by `folderId` third-party (yaerp)
 */
export const getAll: ItemOperation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many folders',
	description: 'List the folders of a mailbox with their message counts and paths',
	properties: [
		mailboxProperty,
		...returnAllProperties(),
		optionsProperty([
			{
				displayName: 'Include Subfolders',
				name: 'includeSubfolders',
				type: 'boolean',
				default: true,
				description:
					'Whether to go down to the last level. Every folder that has subfolders takes one more request.',
			},
			idLocator(
				{
					displayName: 'Parent Folder',
					name: 'parentFolder',
					required: false,
					description: 'List what is below this folder. Paths then begin there.',
				},
				'searchFolders',
				'e.g. 2 for the inbox',
			),
		]),
	],
	concurrency: () => READING,

	async execute(context, itemIndex) {
		const { includeSubfolders } = collectionParameter(context, 'options', itemIndex);
		const folders = await listFolders(context, {
			mailbox: mailboxParameter(context, itemIndex),
			parentId: addedIdParameter(context, 'options', 'parentFolder', 'Parent Folder', itemIndex),
			allLevels: includeSubfolders !== false,
			limit: resultLimit(context, itemIndex),
			itemIndex,
		});
		return folders.map(({ data, path }) => ({ json: { ...data, path } }));
	},
};
