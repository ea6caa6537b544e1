import { READING } from '../../flow/pacing';
import { idParameter } from '../../parameters/locators';
import { chosenFields } from '../../parameters/values';
import type { ItemOperation } from '../types';
import { departmentProperty, fieldsProperty, getDepartment } from './departments';

/** Gets one department (third-party: go-alimail). */
export const get: ItemOperation = {
	value: 'get',
	name: 'Get',
	action: 'Get department',
	description: 'Look up one department, with its size and managers if asked for',
	properties: [departmentProperty({ description: 'The department to look up' }), fieldsProperty],
	concurrency: () => READING,

	async execute(context, itemIndex) {
		const id = idParameter(context, 'department', 'Department', itemIndex);
		const fields = chosenFields(context, itemIndex);
		return [{ json: await getDepartment(context, id, fields, itemIndex) }];
	},
};
