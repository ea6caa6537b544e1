import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { READING } from '../../flow/pacing';
import { idParameter } from '../../parameters/locators';
import { simplifyProperty, wantsSimple } from '../../parameters/properties';
import { resultLimit, returnAllProperties } from '../../parameters/values';
import { callApi } from '../../transport/call';
import { countOf, entriesOf, pickFields, textOf } from '../../transport/json';
import { collect, pagesByOffset } from '../../transport/pagination';
import { walkTree } from '../../transport/walkTree';
import type { ItemOperation } from '../types';

/** Stands for the folder above all others (third-party: yaerp, email-agent). */
const ROOT_FOLDER = '$root';

/** What *Simplify* leaves of a contact (third-party: yaerp for the names). */
const SIMPLE_FIELDS = [
	'id',
	'name',
	'email',
	'phone',
	'workPhone',
	'companyName',
	'jobTitle',
	'info',
	'folderId',
	'folderPath',
	'modifiedTime',
];

/** All that is known of a contact (third-party: yaerp, email-agent). */
const ALL_FIELDS = [
	...SIMPLE_FIELDS,
	'nickname',
	'homeAddress',
	'workAddress',
	'manager',
	'isHidden',
	'createdTime',
];

/** Lists shared contacts (third-party: yaerp and email-agent for both paths and their answers). */
export const getAll: ItemOperation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many shared contacts',
	description: 'List the contacts that the organization shares with all its users',
	properties: [
		{
			displayName: 'Folder ID',
			name: 'folderId',
			type: 'string',
			default: ROOT_FOLDER,
			required: true,
			placeholder: 'e.g. cf-123456',
			description: 'The contact folder to read. $root stands for the uppermost one.',
		},
		...returnAllProperties(),
		{
			displayName: 'Include Subfolders',
			name: 'includeSubfolders',
			type: 'boolean',
			default: false,
			description: 'Whether to read the folders below as well, down to the last level',
		},
		simplifyProperty,
	],
	concurrency: () => READING,

	async execute(context, itemIndex) {
		const limit = resultLimit(context, itemIndex);
		const folderId = idParameter(context, 'folderId', 'Folder ID', itemIndex);
		const simplify = wantsSimple(context, itemIndex);
		const $select = (simplify ? SIMPLE_FIELDS : ALL_FIELDS).join(',');
		const contactsOf = async (id: string, most: number) =>
			await list(context, { what: 'contacts', folderId: id, $select }, most, itemIndex);
		const contacts = await contactsOf(folderId, limit);
		if (
			contacts.length < limit &&
			context.getNodeParameter('includeSubfolders', itemIndex, false) === true
		) {
			for (const id of await foldersBelow(context, folderId, itemIndex)) {
				const rest = limit - contacts.length;
				if (rest === 0) break;
				contacts.push(...(await contactsOf(id, rest)));
			}
		}
		return contacts.map((contact) => ({
			json: simplify ? pickFields(contact, SIMPLE_FIELDS) : contact,
		}));
	},
};

async function foldersBelow(
	context: IExecuteFunctions,
	folderId: string,
	itemIndex: number,
): Promise<string[]> {
	const folders = await walkTree(
		async (parentId) =>
			(await list(context, { what: 'folders', folderId: parentId }, Infinity, itemIndex)).map(
				(folder) => ({
					id: textOf(folder.id),
					name: textOf(folder.name) ?? '',
					mayHaveChildren: countOf(folder.childFolderCount) !== 0,
					data: folder,
				}),
			),
		folderId,
		{ allLevels: true, limit: Infinity },
	);
	return folders.flatMap(({ id }) => id ?? []);
}

interface ListSource {
	what: 'contacts' | 'folders';
	/** Whose contacts, or which folders below. */
	folderId: string;
	/** Fields to name: without it, contacts come with little more than name and address (third-party: yaerp). */
	$select?: string;
}

async function list(
	context: IExecuteFunctions,
	{ what, folderId, $select }: ListSource,
	limit: number,
	itemIndex: number,
): Promise<IDataObject[]> {
	const entriesIn = (page: IDataObject) => entriesOf(context, page, [what], itemIndex);
	const pages = pagesByOffset(
		async (offset, size) =>
			await callApi(context, {
				method: 'GET',
				path: `/v2/sharedContactFolders/{folderId}/${what === 'contacts' ? what : 'childFolders'}`,
				values: { folderId },
				query: { offset, limit: size, $select },
				itemIndex,
			}),
		(page) => entriesIn(page).length,
	);
	return await collect(pages, entriesIn, limit);
}
