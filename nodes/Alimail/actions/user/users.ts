import {
	jsonParse,
	type IDataObject,
	type IExecuteFunctions,
	type INodePropertyOptions,
} from 'n8n-workflow';

import type { AlimailContext } from '../../auth/credential';
import { parameterError } from '../../errors/nodeErrors';
import { isObject } from '../../flow/isObject';
import { addressProblem } from '../../parameters/emailAddress';
import { idParameter } from '../../parameters/locators';
import { callApi } from '../../transport/call';
import { entriesOf, pickFields } from '../../transport/json';
import { MAX_PAGE_SIZE, collect, pagesByCursor } from '../../transport/pagination';

export const USERS_PATH = '/v2/users';

/** One user, by ID or address (third-party: go-alimail, cratos). */
export const USER_PATH = `${USERS_PATH}/{user}`;

/** What *Simplify* leaves of a user. */
const SIMPLE_FIELDS = [
	'id',
	'email',
	'name',
	'nickname',
	'employeeNo',
	'jobTitle',
	'status',
	'departmentIds',
	'emailAliases',
	'createdTime',
];

/** Names that `$select` takes (third-party: go-alimail, cratos). */
export const USER_FIELDS: INodePropertyOptions[] = [
	{ name: 'Avatar', value: 'avatar' },
	{ name: 'Client Password Enabled', value: 'enableClientPassword' },
	{ name: 'Created Time', value: 'createdTime' },
	{ name: 'Custom Fields', value: 'customFields' },
	{ name: 'Custom Name', value: 'customName' },
	{ name: 'Delegate Type', value: 'delegateType' },
	{ name: 'Department IDs', value: 'departmentIds' },
	{ name: 'Department Path', value: 'departmentPath' },
	{ name: 'Domain', value: 'domain' },
	{ name: 'Email', value: 'email' },
	{ name: 'Email Aliases', value: 'emailAliases' },
	{ name: 'Employee Number', value: 'employeeNo' },
	{ name: 'Employee Type', value: 'employeeType' },
	{ name: 'Frozen Time', value: 'freezedTime' },
	{ name: 'Hidden', value: 'isHidden' },
	{ name: 'Home Location', value: 'homeLocation' },
	{ name: 'ID', value: 'id' },
	{ name: 'Information', value: 'info' },
	{ name: 'Initial Password', value: 'isInitialPassword' },
	{ name: 'Job Title', value: 'jobTitle' },
	{ name: 'Last Login IP', value: 'lastLoginIp' },
	{ name: 'Last Login Time', value: 'lastLoginTime' },
	{ name: 'Last Login Time by Standard Protocol', value: 'lastLoginTime4StandardProtocol' },
	{ name: 'Last Password Change Time', value: 'lastPasswordChangeTime' },
	{ name: 'Manager', value: 'managerInfo' },
	{ name: 'Manager Email', value: 'managerEmail' },
	{ name: 'Name', value: 'name' },
	{ name: 'Nickname', value: 'nickname' },
	{ name: 'Office Location', value: 'officeLocation' },
	{ name: 'Password Expiry Time', value: 'passwordExpireTime' },
	{ name: 'Phone', value: 'phone' },
	{ name: 'Shared With Others', value: 'isSharedWithOthers' },
	{ name: 'Status', value: 'status' },
	{ name: 'Work Location', value: 'workLocation' },
	{ name: 'Work Phone', value: 'workPhone' },
];

/** Where a list of users starts, and what of it is wanted. */
export interface UserPage {
	/** LDAP-style; see filter.ts. */
	filter?: string;
	cursor?: string;
	/** Entries of a page, up to 100. */
	size?: number;
	orderby?: string;
	/** `ASC` or `DES`. */
	order?: string;
	/** Names separated by commas. */
	$select?: string;
}

/**
 * One page of the users (third-party: go-alimail and others).
 *
 * @throws NodeApiError for what the server refuses
 */
export async function userPage(
	context: AlimailContext,
	query: UserPage,
	itemIndex: number,
): Promise<{ answer: IDataObject; users: IDataObject[] }> {
	const answer = await callApi(context, {
		method: 'GET',
		path: USERS_PATH,
		query: { ...query },
		itemIndex,
	});
	return { answer, users: usersIn(context, answer, itemIndex) };
}

/**
 * Users from as many pages as it takes.
 *
 * @param limit - how many; `Infinity` for all
 */
export async function listUsers(
	context: AlimailContext,
	query: Omit<UserPage, 'cursor' | 'size'>,
	limit: number,
	itemIndex: number,
): Promise<IDataObject[]> {
	const size = Math.min(limit, MAX_PAGE_SIZE);
	const pages = pagesByCursor(
		async (cursor) => (await userPage(context, { ...query, cursor, size }, itemIndex)).answer,
	);
	return await collect(pages, (page) => usersIn(context, page, itemIndex), limit);
}

function usersIn(context: AlimailContext, answer: IDataObject, itemIndex: number): IDataObject[] {
	return entriesOf(context, answer, ['users'], itemIndex);
}

/** A user as an item shows it: without a password, should one come, and as few fields as asked for. */
export function presentUser(user: IDataObject, simplify: boolean): IDataObject {
	const shown = withoutPasswords(user);
	return simplify ? pickFields(shown, SIMPLE_FIELDS) : shown;
}

/** An answer without any field named `password`, however deep. */
export function withoutPasswords(answer: IDataObject): IDataObject {
	const shown = JSON.stringify(answer, (name, value: unknown) =>
		name.toLowerCase() === 'password' ? undefined : value,
	);
	return jsonParse<IDataObject>(shown);
}

/**
 * Reads the user that an operation is about.
 *
 * @returns an ID or an address
 * @throws NodeOperationError when there is none, or what should be an address is none
 */
export function userParameter(context: IExecuteFunctions, itemIndex: number): string {
	const user = idParameter(context, 'user', 'User', itemIndex);
	const entered: unknown = context.getNodeParameter('user', itemIndex, '');
	const byAddress = isObject(entered) && entered.mode === 'address';
	const problem = byAddress || user.includes('@') ? addressProblem(user) : undefined;
	if (problem) throw parameterError(context.getNode(), 'User', problem, itemIndex);
	return user;
}
