import { READING } from '../../flow/pacing';
import { idParameter } from '../../parameters/locators';
import { chosenFields, resultLimit, returnAllProperties } from '../../parameters/values';
import type { ItemOperation } from '../types';
import { ROOT_DEFAULT, departmentProperty, fieldsProperty, listDepartments } from './departments';

/** Lists departments (third-party: go-alimail). For the users of a department there is *Get Many* of users. */
export const getAll: ItemOperation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many departments',
	description: 'List the departments below another one, directly or at all levels',
	properties: [
		departmentProperty({
			displayName: 'Parent Department',
			name: 'parentDepartment',
			description:
				'The departments below this one are returned. $root stands for the uppermost one.',
			default: ROOT_DEFAULT,
		}),
		...returnAllProperties(),
		{
			displayName: 'Include All Levels',
			name: 'includeAllLevels',
			type: 'boolean',
			default: false,
			description:
				'Whether to go down to the last level. Every department that has others below takes one more request.',
		},
		fieldsProperty,
	],
	concurrency: () => READING,

	async execute(context, itemIndex) {
		const departments = await listDepartments(context, {
			parentId: idParameter(context, 'parentDepartment', 'Parent Department', itemIndex),
			allLevels: context.getNodeParameter('includeAllLevels', itemIndex, false) === true,
			fields: chosenFields(context, itemIndex),
			limit: resultLimit(context, itemIndex),
			itemIndex,
		});
		return departments.map(({ data, path }) => ({ json: { ...data, path } }));
	},
};
