import { userProperty } from '../../parameters/locators';
import {
	changedFields,
	fieldProperties,
	type WritableField,
} from '../../parameters/writableFields';
import { callApi } from '../../transport/call';
import { withRealDepartments } from '../department/departments';
import type { ItemOperation } from '../types';
import { writableFields } from './properties';
import { USER_PATH, userParameter, withoutPasswords } from './users';

const fields: WritableField[] = [
	...writableFields,
	{
		property: {
			displayName: 'Department IDs',
			name: 'departmentIds',
			type: 'string',
			default: '',
			placeholder: 'e.g. d-123456, d-123457',
			description: 'All departments that the user belongs to from now on, separated by commas',
		},
		holds: 'list',
		neverEmpty: true,
	},
	{
		property: {
			displayName: 'Name',
			name: 'name',
			type: 'string',
			default: '',
			placeholder: 'e.g. Nathan Smith',
			description: 'The full name of the user',
		},
		neverEmpty: true,
	},
];

/** Changes a user (third-party: go-alimail; cratos freezes users that way). Only what was set is sent. */
export const update: ItemOperation = {
	value: 'update',
	name: 'Update',
	action: 'Update user',
	description:
		'Change what is known about a user, or freeze and unfreeze the account by its status',
	properties: [
		userProperty,
		{
			displayName: 'Update Fields',
			name: 'updateFields',
			type: 'collection',
			placeholder: 'Add Field',
			default: {},
			description:
				'What is not added here stays as it is, and so does a field whose expression finds nothing. An empty text clears a field; name and departments always have a value.',
			options: fieldProperties(fields),
		},
	],

	async execute(context, itemIndex) {
		const user = userParameter(context, itemIndex);
		const body = changedFields(context, fields, itemIndex);
		const answer = await callApi(context, {
			method: 'PATCH',
			path: USER_PATH,
			values: { user },
			body: await withRealDepartments(context, body, ['departmentIds'], itemIndex),
			itemIndex,
		});
		// What it answers is not known.
		return [{ json: { success: true, user, ...withoutPasswords(answer) } }];
	},
};
