import {
	NodeApiError,
	type IDataObject,
	type INodeProperties,
	type INodePropertyOptions,
} from 'n8n-workflow';

import type { AlimailContext } from '../../auth/credential';
import { idLocator } from '../../parameters/locators';
import { type WritableField } from '../../parameters/writableFields';
import { callApi } from '../../transport/call';
import { entriesOf, pickFields, textOf, withCounts } from '../../transport/json';
import { collect, pagesByOffset } from '../../transport/pagination';
import { walkTree, type PlacedEntry, type TreeEntry } from '../../transport/walkTree';

export const DEPARTMENTS_PATH = '/v2/departments';

/** One department (third-party: go-alimail). */
export const DEPARTMENT_PATH = `${DEPARTMENTS_PATH}/{departmentId}`;

/** Stands for the department above all others (third-party: go-alimail). */
export const ROOT_DEPARTMENT = '$root';

/** What Alimail gives of a department without `$select` (third-party: go-alimail). */
const PLAIN_FIELDS = ['id', 'name', 'parentId', 'createdTime'];

/** What walking the tree needs of a department. */
const TREE_FIELDS = ['id', 'name', 'hasSubDepartments'];

/** Counters; they may arrive as text. */
const COUNTERS = ['userCount'];

/** How much of a department comes out. Read it with `chosenFields`. */
export const fieldsProperty: INodeProperties = {
	displayName: 'Fields',
	name: 'fields',
	type: 'multiOptions',
	// Names that `$select` takes (third-party: go-alimail).
	options: [
		{ name: 'Can Manage', value: 'canManage' },
		{ name: 'Created Time', value: 'createdTime' },
		{ name: 'Departments That See It While Hidden', value: 'hiddenExcludeDepartments' },
		{ name: 'Email', value: 'email' },
		{ name: 'Has Sub-Departments', value: 'hasSubDepartments' },
		{ name: 'Has Users', value: 'hasUsers' },
		{ name: 'Hidden', value: 'isHidden' },
		{ name: 'ID', value: 'id' },
		{ name: 'Managers', value: 'managers' },
		{ name: 'Name', value: 'name' },
		{ name: 'Parent ID', value: 'parentId' },
		{ name: 'User Count', value: 'userCount' },
		{ name: 'Users That See It While Hidden', value: 'hiddenExcludeUsers' },
	] satisfies INodePropertyOptions[],
	default: [],
	description: 'The fields to return. Without any, these are ID, name, parent ID and created time.',
};

/** The department that an operation is about. */
export function departmentProperty(
	property: Partial<Pick<INodeProperties, 'displayName' | 'name' | 'description' | 'default'>>,
): INodeProperties {
	return idLocator(
		{
			displayName: 'Department',
			name: 'department',
			description: 'The department to work with',
			...property,
		},
		'searchDepartments',
		'e.g. d-123456, or $root for the uppermost one',
	);
}

/** The uppermost department as the value of {@link departmentProperty}. */
export const ROOT_DEFAULT: INodeProperties['default'] = { mode: 'id', value: ROOT_DEPARTMENT };

/** Fields of a department that both create and update write (third-party: go-alimail). */
export const writableFields: WritableField[] = [
	{
		property: {
			displayName: 'Departments That See It While Hidden',
			name: 'hiddenExcludeDepartments',
			type: 'string',
			default: '',
			placeholder: 'e.g. d-123456, d-123457',
			description:
				'IDs of departments that see this one although it is hidden, separated by commas',
		},
		holds: 'list',
	},
	{
		property: {
			displayName: 'Email',
			name: 'email',
			type: 'string',
			default: '',
			placeholder: 'e.g. engineering@example.com',
			description: 'The address of the department',
		},
		holds: 'address',
	},
	{
		property: {
			displayName: 'Hidden',
			name: 'isHidden',
			type: 'boolean',
			default: false,
			description: 'Whether the department is left out of the address book',
		},
	},
	{
		property: {
			displayName: 'Managers',
			name: 'managers',
			type: 'string',
			default: '',
			placeholder: 'e.g. nathan@example.com',
			description:
				'The managers of the department, separated by commas, in the form in which Get returns them',
		},
		holds: 'list',
	},
	{
		property: {
			displayName: 'Users That See It While Hidden',
			name: 'hiddenExcludeUsers',
			type: 'string',
			default: '',
			placeholder: 'e.g. u-123456, u-123457',
			description:
				'IDs of users that see this department although it is hidden, separated by commas',
		},
		holds: 'list',
	},
];

/** A department as an item shows it. */
export function presentDepartment(department: IDataObject): IDataObject {
	return withCounts(department, COUNTERS);
}

/**
 * Gets one department (third-party: go-alimail).
 *
 * @param id - an ID or `$root`
 */
export async function getDepartment(
	context: AlimailContext,
	id: string,
	fields: string[] | undefined,
	itemIndex: number,
): Promise<IDataObject> {
	const answer = await callApi(context, {
		method: 'GET',
		path: DEPARTMENT_PATH,
		values: { departmentId: id },
		query: { $select: fields?.join(',') },
		itemIndex,
	});
	return presentDepartment(answer);
}

/**
 * The ID of a department that may be given as `$root`. Filters and bodies are known to take IDs only.
 *
 * @throws NodeApiError when the server does not say which department that is
 */
export async function realDepartmentId(
	context: AlimailContext,
	id: string,
	itemIndex: number,
): Promise<string> {
	if (id !== ROOT_DEPARTMENT) return id;
	const root = await getDepartment(context, id, undefined, itemIndex);
	const realId = textOf(root.id);
	if (realId !== undefined) return realId;
	throw new NodeApiError(
		context.getNode(),
		{},
		{
			message: 'Alimail answered without the ID of the uppermost department',
			description: `Enter its ID in place of ${ROOT_DEPARTMENT}.`,
			itemIndex,
		},
	);
}

/**
 * The fields to write, with the ID of the uppermost department in place of `$root`.
 *
 * @param names - of the fields that hold such an ID or a list of them
 * @throws as {@link realDepartmentId}
 */
export async function withRealDepartments(
	context: AlimailContext,
	written: IDataObject,
	names: readonly string[],
	itemIndex: number,
): Promise<IDataObject> {
	const named = names.map((name) => [name, written[name]] as const);
	if (!named.some(([, value]) => [value].flat().includes(ROOT_DEPARTMENT))) return written;
	const rootId = await realDepartmentId(context, ROOT_DEPARTMENT, itemIndex);
	const resolved = { ...written };
	for (const [name, value] of named) {
		if (value === ROOT_DEPARTMENT) resolved[name] = rootId;
		if (!Array.isArray(value)) continue;
		const ids = value.map((id) => (id === ROOT_DEPARTMENT ? rootId : id));
		// n8n's type allows a list of one kind only, and this one is of the same kind as before.
		resolved[name] = [...new Set(ids)] as typeof value;
	}
	return resolved;
}

export interface DepartmentListing {
	/** What is below this department, by ID or `$root`. */
	parentId: string;
	/** Also what is further below. */
	allLevels: boolean;
	/** Names for `$select`; what Alimail gives without it if left out. */
	fields?: string[];
	/** `Infinity` for all. */
	limit: number;
	itemIndex: number;
}

/**
 * Lists departments, parents before those below them (third-party: go-alimail for `departments`, `offset`, `limit`,
 * `total` and `$select`). `path` begins below `parentId`.
 *
 * @throws NodeApiError for what the server refuses
 */
export async function listDepartments(
	context: AlimailContext,
	{ parentId, allLevels, fields, limit, itemIndex }: DepartmentListing,
): Promise<PlacedEntry[]> {
	const wanted = fields ?? PLAIN_FIELDS;
	// `hasSubDepartments` saves a request for every department that has none; paths need the names.
	const asked = [...new Set([...wanted, ...TREE_FIELDS])];
	const departmentsIn = (page: IDataObject) => entriesOf(context, page, ['departments'], itemIndex);

	const childrenOf = async (id: string, mostWanted: number): Promise<TreeEntry[]> => {
		const pages = pagesByOffset(
			async (offset, size) =>
				await callApi(context, {
					method: 'GET',
					path: `${DEPARTMENT_PATH}/departments`,
					values: { departmentId: id },
					query: { offset, limit: size, $select: asked.join(',') },
					itemIndex,
				}),
			(page) => departmentsIn(page).length,
		);
		return (await collect(pages, departmentsIn, mostWanted)).map((department) => {
			const departmentId = textOf(department.id);
			return {
				id: departmentId,
				name: textOf(department.name) ?? departmentId ?? '',
				mayHaveChildren: department.hasSubDepartments !== false,
				data: presentDepartment(pickFields(department, wanted)),
			};
		});
	};
	return await walkTree(childrenOf, parentId, { allLevels, limit });
}
