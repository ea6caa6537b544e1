import type { Resource } from '../types';
import { getAll } from './getAll.operation';

export const sharedContact: Resource = {
	value: 'sharedContact',
	name: 'Shared Contact',
	operations: [getAll],
};
