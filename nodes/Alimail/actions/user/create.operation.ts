import { parameterError } from '../../errors/nodeErrors';
import { addressProblem } from '../../parameters/emailAddress';
import { idLocator, idParameter } from '../../parameters/locators';
import { requiredTextParameter } from '../../parameters/values';
import {
	fieldProperties,
	writtenFields,
	type WritableField,
} from '../../parameters/writableFields';
import { withRealDepartments } from '../department/departments';
import type { ItemOperation } from '../types';
import { callWithPassword } from './password';
import {
	forceChangeProperty,
	passwordProperty,
	passwordParameter,
	writableFields,
} from './properties';
import { USERS_PATH } from './users';

const fields: WritableField[] = [
	...writableFields,
	{ property: forceChangeProperty },
	{
		property: {
			displayName: 'More Department IDs',
			name: 'departmentIds',
			type: 'string',
			default: '',
			placeholder: 'e.g. d-123456, d-123457',
			description:
				'Departments that the user belongs to besides the one above, separated by commas',
		},
		holds: 'list',
	},
];

/** Makes a user (third-party: go-alimail). Address, password, name and departments are always sent. */
export const create: ItemOperation = {
	value: 'create',
	name: 'Create',
	action: 'Create user',
	description: 'Add a user with a mailbox to the organization',
	properties: [
		{
			displayName: 'Email',
			name: 'email',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. nathan@example.com',
			description: 'The address of the new mailbox, in a domain of the organization',
		},
		{
			displayName: 'Name',
			name: 'name',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. Nathan Smith',
			description: 'The full name of the user',
		},
		passwordProperty,
		idLocator(
			{
				displayName: 'Department',
				name: 'department',
				description: 'The department that the user belongs to',
			},
			'searchDepartments',
			'e.g. d-123456',
		),
		{
			displayName: 'Additional Fields',
			name: 'additionalFields',
			type: 'collection',
			placeholder: 'Add Field',
			default: {},
			options: fieldProperties(fields),
		},
	],

	async execute(context, itemIndex) {
		const email = requiredTextParameter(context, 'email', 'Email', itemIndex);
		const problem = addressProblem(email);
		if (problem) throw parameterError(context.getNode(), 'Email', problem, itemIndex);
		const name = requiredTextParameter(context, 'name', 'Name', itemIndex);
		const password = passwordParameter(context, itemIndex);
		const department = idParameter(context, 'department', 'Department', itemIndex);
		const { departmentIds: more, ...written } = writtenFields(
			context,
			'additionalFields',
			fields,
			itemIndex,
			{ keepEmpty: false },
		);
		const departmentIds = [...new Set([department, ...(Array.isArray(more) ? more : [])])];
		const departments = await withRealDepartments(
			context,
			{ departmentIds },
			['departmentIds'],
			itemIndex,
		);
		const answer = await callWithPassword(
			context,
			{
				method: 'POST',
				path: USERS_PATH,
				body: { ...written, email, name, password, ...departments },
				itemIndex,
			},
			password,
		);
		return [{ json: { email, name, ...answer } }];
	},
};
