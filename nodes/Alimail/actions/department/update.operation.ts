import { idParameter } from '../../parameters/locators';
import {
	changedFields,
	fieldProperties,
	type WritableField,
} from '../../parameters/writableFields';
import { callApi } from '../../transport/call';
import type { ItemOperation } from '../types';
import {
	DEPARTMENT_PATH,
	departmentProperty,
	presentDepartment,
	withRealDepartments,
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
		neverEmpty: true,
	},
	{
		property: {
			displayName: 'Parent Department ID',
			name: 'parentId',
			type: 'string',
			default: '',
			placeholder: 'e.g. d-123456',
			description:
				'The department that this one is moved below, with all that belongs to it. $root stands for the uppermost one.',
		},
		neverEmpty: true,
	},
];

const DEPARTMENT_ID_FIELDS = ['parentId', 'hiddenExcludeDepartments'];

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
			description:
				'What is not added here stays as it is, and so does a field whose expression finds nothing. An empty text clears a field; name and parent always have a value.',
			options: fieldProperties(fields),
		},
	],

	async execute(context, itemIndex) {
		const id = idParameter(context, 'department', 'Department', itemIndex);
		const body = changedFields(context, fields, itemIndex);
		const answer = await callApi(context, {
			method: 'PATCH',
			path: DEPARTMENT_PATH,
			values: { departmentId: id },
			body: await withRealDepartments(context, body, DEPARTMENT_ID_FIELDS, itemIndex),
			itemIndex,
		});
		// What it answers is not known.
		return [{ json: { success: true, id, ...presentDepartment(answer) } }];
	},
};
