import { idParameter } from '../../parameters/locators';
import { requiredTextParameter } from '../../parameters/values';
import { fieldProperties, writtenFields } from '../../parameters/writableFields';
import { callApi } from '../../transport/call';
import type { ItemOperation } from '../types';
import {
	DEPARTMENTS_PATH,
	ROOT_DEFAULT,
	departmentProperty,
	presentDepartment,
	withRealDepartments,
	writableFields,
} from './departments';

/** Makes a department (third-party: go-alimail). */
export const create: ItemOperation = {
	value: 'create',
	name: 'Create',
	action: 'Create department',
	description: 'Add a department below another one',
	properties: [
		{
			displayName: 'Name',
			name: 'name',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. Engineering',
			description: 'How the department is called in the address book',
		},
		departmentProperty({
			displayName: 'Parent Department',
			name: 'parentDepartment',
			description: 'The department above the new one. $root stands for the uppermost one.',
			default: ROOT_DEFAULT,
		}),
		{
			displayName: 'Additional Fields',
			name: 'additionalFields',
			type: 'collection',
			placeholder: 'Add Field',
			default: {},
			options: fieldProperties(writableFields),
		},
	],

	async execute(context, itemIndex) {
		const name = requiredTextParameter(context, 'name', 'Name', itemIndex);
		const parent = idParameter(context, 'parentDepartment', 'Parent Department', itemIndex);
		const written = writtenFields(context, 'additionalFields', writableFields, itemIndex, {
			keepEmpty: false,
		});
		const body = await withRealDepartments(
			context,
			{ ...written, name, parentId: parent },
			['parentId', 'hiddenExcludeDepartments'],
			itemIndex,
		);
		const answer = await callApi(context, {
			method: 'POST',
			path: DEPARTMENTS_PATH,
			body,
			itemIndex,
		});
		return [{ json: { name, parentId: body.parentId, ...presentDepartment(answer) } }];
	},
};
