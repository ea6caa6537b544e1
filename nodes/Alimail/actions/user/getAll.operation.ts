import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { parameterError } from '../../errors/nodeErrors';
import { READING } from '../../flow/pacing';
import { addedIdParameter, idLocator } from '../../parameters/locators';
import { optionsProperty, wantsSimple } from '../../parameters/properties';
import {
	collectionParameter,
	filtersParameter,
	refuseEmpty,
	resultLimit,
	returnAllProperties,
	trimmedText,
} from '../../parameters/values';
import { realDepartmentId } from '../department/departments';
import type { ItemOperation } from '../types';
import { isFilter, userFilter } from './filter';
import {
	EMPLOYEE_TYPE_OPTIONS,
	STATUS_OPTIONS,
	outputProperties,
	selectedFields,
} from './properties';
import { listUsers, presentUser } from './users';

const filtersProperty: INodeProperties = {
	displayName: 'Filters',
	name: 'filters',
	type: 'collection',
	placeholder: 'Add Filter',
	default: {},
	description: 'A user is returned if all of them match',
	options: [
		idLocator(
			{
				displayName: 'Department',
				name: 'department',
				required: false,
				description: 'The department that the users belong to',
			},
			'searchDepartments',
			'e.g. d-123456',
		),
		{
			displayName: 'Email',
			name: 'email',
			type: 'string',
			default: '',
			placeholder: 'e.g. nathan@example.com',
			description: 'A whole address, or a part of it',
		},
		{
			displayName: 'Employee Number',
			name: 'employeeNo',
			type: 'string',
			default: '',
			placeholder: 'e.g. E042',
			description: 'The whole employee number',
		},
		{
			displayName: 'Employee Type',
			name: 'employeeType',
			type: 'options',
			options: EMPLOYEE_TYPE_OPTIONS,
			default: 'EMPLOYEE',
			description: 'Whether accounts of persons or of services are returned',
		},
		{
			displayName: 'Include Sub-Departments',
			name: 'includeSubDepartments',
			type: 'boolean',
			default: true,
			description:
				'Whether users of the departments below the chosen one are returned as well. Without it they are not.',
		},
		{
			displayName: 'Job Title',
			name: 'jobTitle',
			type: 'string',
			default: '',
			placeholder: 'e.g. Manager',
			description: 'A part of the job title',
		},
		{
			displayName: 'Name',
			name: 'name',
			type: 'string',
			default: '',
			placeholder: 'e.g. Nathan',
			description: 'A part of the name',
		},
		{
			displayName: 'Nickname',
			name: 'nickname',
			type: 'string',
			default: '',
			placeholder: 'e.g. nate',
			description: 'A part of the nickname',
		},
		{
			displayName: 'Status',
			name: 'status',
			type: 'options',
			options: STATUS_OPTIONS,
			default: 'NORMAL',
			description: 'Whether users that can work or frozen ones are returned',
		},
		{
			displayName: 'Work Location',
			name: 'workLocation',
			type: 'string',
			default: '',
			placeholder: 'e.g. Hangzhou',
			description: 'A part of the work location',
		},
	],
};

/**
 * Lists users (third-party: go-alimail and others for `cursor`, `size`, `filter`, `orderby`, `order` and `$select`). Which
 * fields `orderby` takes is not known: those offered are likely ones.
 */
export const getAll: ItemOperation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many users',
	description: 'List the users of the organization, or those that match the filters',
	properties: [
		...returnAllProperties(),
		filtersProperty,
		...outputProperties,
		optionsProperty([
			{
				displayName: 'Filter Expression',
				name: 'filter',
				type: 'string',
				default: '',
				placeholder: 'e.g. (|(name=*Nathan)(!(status=FREEZE)))',
				description:
					'A condition in the LDAP form of Alimail, which has to match in addition to the filters above',
			},
			{
				displayName: 'Sort By',
				name: 'orderBy',
				type: 'options',
				options: [
					{ name: 'Created Time', value: 'createdTime' },
					{ name: 'Email', value: 'email' },
					{ name: 'Employee Number', value: 'employeeNo' },
					{ name: 'Name', value: 'name' },
					{ name: 'Nickname', value: 'nickname' },
				],
				default: 'name',
				description: 'The field that the users are sorted by',
			},
			{
				displayName: 'Sort Direction',
				name: 'order',
				type: 'options',
				options: [
					{ name: 'Ascending', value: 'ASC' },
					{ name: 'Descending', value: 'DES' },
				],
				default: 'ASC',
				description: 'Whether the users come from first to last or from last to first',
			},
		]),
	],
	concurrency: () => READING,

	async execute(context, itemIndex) {
		const limit = resultLimit(context, itemIndex);
		const options = collectionParameter(context, 'options', itemIndex);
		const query = {
			orderby: trimmedText(context, options.orderBy, 'Sort By', itemIndex) || undefined,
			order: trimmedText(context, options.order, 'Sort Direction', itemIndex) || undefined,
			filter: await filterFor(context, options, itemIndex),
			$select: selectedFields(context, itemIndex),
		};
		const users = await listUsers(context, query, limit, itemIndex);
		const simplify = wantsSimple(context, itemIndex);
		return users.map((user) => ({ json: presentUser(user, simplify) }));
	},
};

async function filterFor(
	context: IExecuteFunctions,
	options: IDataObject,
	itemIndex: number,
): Promise<string | undefined> {
	const filters = filtersParameter(context, filtersProperty, itemIndex);
	const text = (name: string, displayName: string) =>
		trimmedText(context, filters[name], displayName, itemIndex);
	const { includeSubDepartments = false } = filters;
	if (typeof includeSubDepartments !== 'boolean') {
		const problem = 'must be true or false';
		throw parameterError(context.getNode(), 'Include Sub-Departments', problem, itemIndex);
	}
	const department = addedIdParameter(context, 'filters', 'department', 'Department', itemIndex);
	const asked = {
		email: text('email', 'Email'),
		employeeNo: text('employeeNo', 'Employee Number'),
		employeeType: text('employeeType', 'Employee Type'),
		jobTitle: text('jobTitle', 'Job Title'),
		name: text('name', 'Name'),
		nickname: text('nickname', 'Nickname'),
		status: text('status', 'Status'),
		workLocation: text('workLocation', 'Work Location'),
		raw: filterExpression(context, options, itemIndex),
	};
	if (department === undefined) return userFilter(asked);
	const departmentId = await realDepartmentId(context, department, itemIndex);
	return userFilter({ ...asked, departmentId, includeSubDepartments });
}

function filterExpression(
	context: IExecuteFunctions,
	options: IDataObject,
	itemIndex: number,
): string | undefined {
	if (!Object.hasOwn(options, 'filter')) return undefined;
	refuseEmpty(context, 'Filter Expression', options.filter, itemIndex);
	const filter = trimmedText(context, options.filter, 'Filter Expression', itemIndex);
	if (isFilter(filter)) return filter;
	const problem = 'must be one condition in parentheses, e.g. (name=*Nathan)';
	throw parameterError(context.getNode(), 'Filter Expression', problem, itemIndex);
}
