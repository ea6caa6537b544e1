import {
	NodeApiError,
	type IDataObject,
	type ILoadOptionsFunctions,
	type INodeListSearchItems,
	type INodeListSearchResult,
} from 'n8n-workflow';

import { ROOT_DEPARTMENT, getDepartment, listDepartments } from '../actions/department/departments';
import { listFolders, wellKnownName } from '../actions/folder/folders';
import { searchFilter } from '../actions/user/filter';
import { userPage } from '../actions/user/users';
import { restatedError } from '../errors/nodeErrors';
import { isObject } from '../flow/isObject';
import { isEmailAddress } from '../parameters/emailAddress';
import { WELL_KNOWN_FOLDERS } from '../parameters/locators';
import { textOf } from '../transport/json';
import { nextCursor } from '../transport/pagination';

/** A list search has no input items. */
const NO_ITEM = 0;

/** Users that the list shows before it asks for more. */
const PAGE_SIZE = 100;

/** Departments that the list shows at most; the search text still has to be found among these. */
const MAX_DEPARTMENTS = 5000;

/** Mailboxes to choose from, by address. */
export async function searchMailboxes(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	return await usersAs(this, ({ email }) => textOf(email), filter, paginationToken, "'By Address'");
}

/** Users to choose from, by ID. */
export async function searchUsers(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const idOf = ({ id, email }: IDataObject) => textOf(id) ?? textOf(email);
	return await usersAs(this, idOf, filter, paginationToken, "'By Address' or 'By ID'");
}

/**
 * Folders of the chosen mailbox, with their paths. As long as no mailbox is chosen, or it depends on data that is not there
 * yet, those that every mailbox has.
 */
export async function searchFolders(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const mailbox = chosenMailbox(this);
	if (mailbox === undefined) return { results: matching([...WELL_KNOWN_FOLDERS], filter) };
	const folders = await permitted(
		this,
		'folders',
		"the permission Mail.Read.All (or the mailbox is outside the application's scope)",
		"'By ID'",
		async () =>
			await listFolders(this, { mailbox, allLevels: true, limit: Infinity, itemIndex: NO_ITEM }),
	);
	const found = folders.flatMap(({ id, path }) =>
		id === undefined ? [] : [{ name: path, value: id }],
	);
	const wellKnown = WELL_KNOWN_FOLDERS.filter(({ value }) =>
		found.some((folder) => folder.value === value),
	);
	const others = found
		.filter(({ value }) => wellKnownName(value) === undefined)
		.sort((left, right) => left.name.localeCompare(right.name));
	return { results: matching([...wellKnown, ...others], filter) };
}

/** Departments to choose from, the uppermost one first, the others with their paths. */
export async function searchDepartments(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const [root, departments] = await permitted(
		this,
		'departments',
		'the permission to read departments',
		"'By ID'",
		async () =>
			await Promise.all([
				getDepartment(this, ROOT_DEPARTMENT, undefined, NO_ITEM),
				listDepartments(this, {
					parentId: ROOT_DEPARTMENT,
					allLevels: true,
					limit: MAX_DEPARTMENTS,
					itemIndex: NO_ITEM,
				}),
			]),
	);
	const found = departments.flatMap(({ id, path }) =>
		id === undefined ? [] : [{ name: path, value: id }],
	);
	found.sort((left, right) => left.name.localeCompare(right.name));
	const rootId = textOf(root.id) ?? ROOT_DEPARTMENT;
	const uppermost = { name: textOf(root.name) ?? rootId, value: rootId };
	return { results: matching([uppermost, ...found], filter) };
}

async function usersAs(
	context: ILoadOptionsFunctions,
	valueOf: (user: IDataObject) => string | undefined,
	filter: string | undefined,
	cursor: string | undefined,
	otherwise: string,
): Promise<INodeListSearchResult> {
	const text = filter?.trim();
	const { answer, users } = await permitted(
		context,
		'users',
		'the permission User.Read.All',
		otherwise,
		async () =>
			await userPage(
				context,
				{ cursor, size: PAGE_SIZE, filter: text ? searchFilter(text) : undefined },
				NO_ITEM,
			),
	);
	const next = nextCursor(answer);
	return {
		results: users.flatMap((user) => {
			const value = valueOf(user);
			return value === undefined ? [] : [{ name: labelOf(user), value }];
		}),
		// A server that names the same page once more has come to its end.
		paginationToken: next === cursor ? undefined : next,
	};
}

function labelOf({ name, email, id }: IDataObject): string {
	const address = textOf(email) ?? textOf(id) ?? '';
	const called = textOf(name);
	return called === undefined ? address : `${called} (${address})`;
}

function matching(items: INodeListSearchItems[], filter: string | undefined) {
	const text = filter?.trim().toLowerCase() ?? '';
	return items.filter(({ name }) => name.toLowerCase().includes(text));
}

/** The value of the parameter *Mailbox*, if it is an address yet. */
function chosenMailbox(context: ILoadOptionsFunctions): string | undefined {
	const parameter: unknown = context.getCurrentNodeParameter('mailbox');
	const value = isObject(parameter) ? parameter.value : parameter;
	const address = typeof value === 'string' ? value.trim() : '';
	return isEmailAddress(address) ? address : undefined;
}

/**
 * Looks something up, and says what is missing when the application may not.
 *
 * Source for the names of permissions: third-party code and texts (several)
 */
async function permitted<T>(
	context: ILoadOptionsFunctions,
	what: string,
	permission: string,
	otherwise: string,
	lookUp: () => Promise<T>,
): Promise<T> {
	try {
		return await lookUp();
	} catch (error) {
		const forbidden = error instanceof NodeApiError && error.httpCode === '403';
		throw restatedError(context.getNode(), error, NO_ITEM, {
			message: (said) =>
				forbidden
					? `The application may not list ${what}: it lacks ${permission}. Choose ${otherwise} and enter what you look for, which works nevertheless.`
					: said,
			description: forbidden ? error.message : undefined,
		});
	}
}
