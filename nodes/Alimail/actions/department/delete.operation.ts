import { parameterError } from '../../errors/nodeErrors';
import { idParameter } from '../../parameters/locators';
import { callApi } from '../../transport/call';
import type { ItemOperation } from '../types';
import { DEPARTMENT_PATH, ROOT_DEPARTMENT, departmentProperty } from './departments';

/** Deletes a department (third-party: go-alimail). What becomes of its members is not known, and so the uppermost one is refused here. */
export const deleteDepartment: ItemOperation = {
	value: 'delete',
	name: 'Delete',
	action: 'Delete department',
	description:
		'Delete a department. Move its users and sub-departments first: Alimail does not say what becomes of them.',
	properties: [departmentProperty({ description: 'The department to delete' })],

	async execute(context, itemIndex) {
		const id = idParameter(context, 'department', 'Department', itemIndex);
		if (id.toLowerCase() === ROOT_DEPARTMENT) {
			const problem = `is ${ROOT_DEPARTMENT}, the uppermost one. It cannot be deleted`;
			throw parameterError(context.getNode(), 'Department', problem, itemIndex);
		}
		await callApi(context, {
			method: 'DELETE',
			path: DEPARTMENT_PATH,
			values: { departmentId: id },
			itemIndex,
		});
		return [{ json: { deleted: true, id } }];
	},
};
