import { callApi } from '../../transport/call';
import { parameterError } from '../../transport/errors';
import { fieldProperties, writtenFields, type WritableField } from '../fields';
import { idParameter } from '../locators';
import type { ItemOperation } from '../types';
import {
	DEPARTMENT_PATH,
	departmentProperty,
	presentDepartment,
	writableFields,
} from './departments';

const fields: WritableField[] = [
	...writableFields,
	{
		property: {
			displayName: 'Name',
			name: 'name',
			type: 'string',
			default: '',
			placeholder: 'e.g. Engineering',
			description: 'How the department is called in the address book',
		},
	},
	{
		property: {
			displayName: 'Parent Department ID',
			name: 'parentId',
			type: 'string',
			default: '',
			placeholder: 'e.g. d-123456',
			description: 'The department that this one is moved below, with all that belongs to it',
		},
	},
];

/** Changes a department (third-party: go-alimail). Only what was set is sent. */
export const update: ItemOperation = {
	value: 'update',
	name: 'Update',
	action: 'Update department',
	description: 'Change what is known about a department, or move it below another one',
	properties: [
		departmentProperty({ description: 'The department to change' }),
		{
			displayName: 'Update Fields',
			name: 'updateFields',
			type: 'collection',
			placeholder: 'Add Field',
			default: {},
			description: 'What is not added here stays as it is. An empty text clears a field.',
			options: fieldProperties(fields),
		},
	],

	async execute(context, itemIndex) {
		const id = idParameter(context, 'department', 'Department', itemIndex);
		const body = writtenFields(context, 'updateFields', fields, itemIndex, { keepEmpty: true });
		if (Object.keys(body).length === 0) {
			const advice = 'Add at least one field that is to change.';
			throw parameterError(context.getNode(), 'Update Fields', 'is empty', itemIndex, advice);
		}
		const answer = await callApi(context, {
			method: 'PATCH',
			path: DEPARTMENT_PATH,
			values: { departmentId: id },
			body,
			itemIndex,
		});
		// What it answers is not known.
		return [{ json: { success: true, id, ...presentDepartment(answer) } }];
	},
};
