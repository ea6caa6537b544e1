import { callApi } from '../../transport/call';
import { idParameter } from '../locators';
import type { ItemOperation } from '../types';
import { DEPARTMENT_PATH, departmentProperty } from './departments';

/** Deletes a department (third-party: go-alimail). What becomes of its members is not known. */
export const deleteDepartment: ItemOperation = {
	value: 'delete',
	name: 'Delete',
	action: 'Delete department',
	description:
		'Delete a department. Move its users and sub-departments first: Alimail does not say what becomes of them.',
	properties: [departmentProperty({ description: 'The department to delete' })],

	async execute(context, itemIndex) {
		const id = idParameter(context, 'department', 'Department', itemIndex);
		await callApi(context, {
			method: 'DELETE',
			path: DEPARTMENT_PATH,
			values: { departmentId: id },
			itemIndex,
		});
		return [{ json: { deleted: true, id } }];
	},
};
