import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { parameterError } from '../../errors/nodeErrors';
import { simplifyProperty, wantsSimple } from '../../parameters/properties';
import { chosenFields } from '../../parameters/values';
import { type WritableField } from '../../parameters/writableFields';
import { USER_FIELDS } from './users';

export const STATUS_OPTIONS: INodeProperties['options'] = [
	{ name: 'Frozen', value: 'FREEZE' },
	{ name: 'Normal', value: 'NORMAL' },
];

export const EMPLOYEE_TYPE_OPTIONS: INodeProperties['options'] = [
	{ name: 'Employee', value: 'EMPLOYEE' },
	{ name: 'Service', value: 'SERVICE' },
];

/** How much of a user comes out. Read *Fields* with {@link selectedFields}. */
export const outputProperties: INodeProperties[] = [
	simplifyProperty,
	{
		displayName: 'Fields',
		name: 'fields',
		type: 'multiOptions',
		displayOptions: { show: { simplify: [false] } },
		options: USER_FIELDS,
		default: [],
		description:
			'The fields to return. Alimail gives some, such as phone, manager and last login, only if they are named here. Leave empty for the ones that it gives anyway.',
	},
];

/** `$select` for {@link outputProperties}; undefined for what Alimail gives without it. */
export function selectedFields(context: IExecuteFunctions, itemIndex: number): string | undefined {
	return wantsSimple(context, itemIndex) ? undefined : chosenFields(context, itemIndex)?.join(',');
}

/** Whether the user has to change a password that was set for them. */
export const forceChangeProperty: INodeProperties = {
	displayName: 'Force Password Change',
	name: 'forceChangePasswordNextSignIn',
	type: 'boolean',
	default: false,
	description: 'Whether the user has to choose another password at the next sign-in',
};

/** A password that is set for a user. It goes to Alimail and nowhere else. */
export const passwordProperty: INodeProperties = {
	displayName: 'Password',
	name: 'password',
	type: 'string',
	typeOptions: { password: true },
	default: '',
	required: true,
	description:
		'Has to meet the password rules of the organization. It does not appear in the output.',
};

/**
 * Reads {@link passwordProperty}, with any white space that is in it.
 *
 * @throws NodeOperationError when it is empty
 */
export function passwordParameter(context: IExecuteFunctions, itemIndex: number): string {
	const password = context.getNodeParameter('password', itemIndex, '');
	if (typeof password === 'string' && password !== '') return password;
	const problem = password === '' ? 'is empty' : 'must be text';
	throw parameterError(context.getNode(), 'Password', problem, itemIndex);
}

/** Fields of a user that both create and update write (third-party: go-alimail). */
export const writableFields: WritableField[] = [
	text('Custom Name', 'customName', 'Another name for the user'),
	text('Employee Number', 'employeeNo', 'The number of the user in the organization', 'e.g. E042'),
	{
		property: {
			displayName: 'Employee Type',
			name: 'employeeType',
			type: 'options',
			options: EMPLOYEE_TYPE_OPTIONS,
			default: 'EMPLOYEE',
			description: 'Whether the account belongs to a person or to a service',
		},
	},
	{
		property: {
			displayName: 'Hidden',
			name: 'isHidden',
			type: 'boolean',
			default: false,
			description: 'Whether the user is left out of the address book',
		},
	},
	text('Home Location', 'homeLocation', 'Where the user lives'),
	text('Information', 'info', 'A remark about the user'),
	text('Job Title', 'jobTitle', 'What the user does in the organization', 'e.g. Account Manager'),
	{
		property: {
			displayName: 'Manager Email',
			name: 'managerEmail',
			type: 'string',
			default: '',
			placeholder: 'e.g. nathan@example.com',
			description: 'The address of the person that the user reports to',
		},
		holds: 'address',
	},
	text('Nickname', 'nickname', 'A second name that the user goes by'),
	text('Office Location', 'officeLocation', 'The office in which the user works'),
	text('Phone', 'phone', 'The mobile number of the user', 'e.g. +86 138 0000 0000'),
	{
		property: {
			displayName: 'Status',
			name: 'status',
			type: 'options',
			options: STATUS_OPTIONS,
			default: 'NORMAL',
			description:
				'Frozen suspends the account without deleting it. Normal makes a frozen account usable again.',
		},
	},
	text('Work Location', 'workLocation', 'The place where the user works', 'e.g. Hangzhou'),
	text('Work Phone', 'workPhone', 'The number of the user at work'),
];

function text(
	displayName: string,
	name: string,
	description: string,
	placeholder?: string,
): WritableField {
	return {
		property: {
			displayName,
			name,
			type: 'string',
			default: '',
			description,
			...(placeholder !== undefined && { placeholder }),
		},
	};
}
