import type { Resource } from '../types';
import { create } from './create.operation';
import { deleteFolder } from './delete.operation';
import { getAll } from './getAll.operation';
import { rename } from './rename.operation';

export const folder: Resource = {
	value: 'folder',
	name: 'Folder',
	operations: [getAll, create, deleteFolder, rename],
};
