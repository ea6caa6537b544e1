import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import type { AlimailContext } from '../../auth/credential';
import { parameterError } from '../../errors/nodeErrors';
import { isObject } from '../../flow/isObject';
import { WELL_KNOWN_FOLDERS, idParameter } from '../../parameters/locators';
import { callApi } from '../../transport/call';
import { countOf, entriesOf, textOf, withCounts } from '../../transport/json';
import { walkTree, type PlacedEntry, type TreeEntry } from '../../transport/walkTree';

/** `mailFolders` of a mailbox. Source: https://help.aliyun.com/document_detail/2856396.html */
export const FOLDERS_PATH = '/v2/users/{mailbox}/mailFolders';

/** One folder (third-party: yaerp). */
export const FOLDER_PATH = `${FOLDERS_PATH}/{folderId}`;

/** What folders at the top level have for a parent (third-party: yaerp and others). */
const ROOT_FOLDER = '0';

/** Counters of a folder; they may arrive as text (third-party: yaerp). */
const COUNTERS = ['childFolderCount', 'totalItemCount', 'unreadItemCount'];

export interface FolderListing {
	/** Address of the mailbox. */
	mailbox: string;
	/** What is below this folder; the whole mailbox if left out. */
	parentId?: string;
	/** Also what is further below. */
	allLevels: boolean;
	/** `Infinity` for all. */
	limit: number;
	itemIndex: number;
}

/**
 * Lists folders, parents before their subfolders. `path` begins at `parentId`; folders that every mailbox has stand in it
 * by their English name, whatever the language of the mailbox.
 *
 * Sources: the list and its query parameter `folderId`, the key `folders` (vendor code and third-party: pytbox, XiaoMi,
 * yaerp; a single third-party text has `value`)
 *
 * @throws NodeApiError for what the server refuses
 */
export async function listFolders(
	context: AlimailContext,
	{ mailbox, parentId, allLevels, limit, itemIndex }: FolderListing,
): Promise<PlacedEntry[]> {
	const childrenOf = async (folderId: string | undefined): Promise<TreeEntry[]> => {
		const answer = await callApi(context, {
			method: 'GET',
			path: FOLDERS_PATH,
			values: { mailbox },
			query: { folderId },
			itemIndex,
		});
		return entriesOf(context, answer, ['folders', 'value'], itemIndex).map(treeEntry);
	};
	return await walkTree<string | undefined>(childrenOf, parentId, { allLevels, limit });
}

/** The name by which people know a folder that every mailbox has; undefined for the folders that users make. */
export function wellKnownName(folderId: string | undefined): string | undefined {
	return WELL_KNOWN_FOLDERS.find(({ value }) => value === folderId)?.name;
}

/**
 * Reads the folder that is to be changed. What the server would do with those that every mailbox has is not known, and better
 * not found out.
 *
 * @param change - what cannot be done to them, e.g. `deleted`
 * @throws NodeOperationError when it is one of those
 */
export function changeableFolderParameter(
	context: IExecuteFunctions,
	change: string,
	itemIndex: number,
): string {
	const id = idParameter(context, 'folder', 'Folder', itemIndex);
	refuseMailbox(context, id, 'Folder', itemIndex);
	const name = wellKnownName(id);
	if (name === undefined) return id;
	const problem = `is '${name}', which every mailbox has. It cannot be ${change}`;
	throw parameterError(context.getNode(), 'Folder', problem, itemIndex);
}

/**
 * Refuses the ID of what is above all folders.
 *
 * @throws NodeOperationError that names the parameter
 */
export function refuseMailbox(
	context: IExecuteFunctions,
	id: string,
	displayName: string,
	itemIndex: number,
): void {
	if (id !== ROOT_FOLDER) return;
	const problem = `is ${ROOT_FOLDER}, which stands for the whole mailbox. Choose a folder in it`;
	throw parameterError(context.getNode(), displayName, problem, itemIndex);
}

/**
 * The folder in the answer to a create or rename. What those answer is not known: the folder itself, wrapped into `folder`
 * as a message is into `message`, and nothing at all are accepted.
 */
export function folderIn(answer: IDataObject): IDataObject {
	return withCounts(isObject(answer.folder) ? answer.folder : answer, COUNTERS);
}

function treeEntry(folder: IDataObject): TreeEntry {
	const id = textOf(folder.id);
	const children = countOf(folder.childFolderCount);
	return {
		id,
		name: wellKnownName(id) ?? textOf(folder.displayName) ?? id ?? '',
		mayHaveChildren: children === undefined || children > 0,
		data: withCounts(folder, COUNTERS),
	};
}
