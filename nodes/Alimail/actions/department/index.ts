import type { Resource } from '../types';
import { create } from './create.operation';
import { deleteDepartment } from './delete.operation';
import { get } from './get.operation';
import { getAll } from './getAll.operation';
import { update } from './update.operation';

export const department: Resource = {
	value: 'department',
	name: 'Department',
	operations: [getAll, create, deleteDepartment, get, update],
};
