import type { Resource } from '../types';
import { addAlias } from './addAlias.operation';
import { create } from './create.operation';
import { deleteUser } from './delete.operation';
import { get } from './get.operation';
import { getAll } from './getAll.operation';
import { resetPassword } from './resetPassword.operation';
import { update } from './update.operation';

export const user: Resource = {
	value: 'user',
	name: 'User',
	operations: [getAll, addAlias, create, deleteUser, get, resetPassword, update],
};
