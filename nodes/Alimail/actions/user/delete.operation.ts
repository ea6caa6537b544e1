import { userProperty } from '../../parameters/locators';
import { callApi } from '../../transport/call';
import type { ItemOperation } from '../types';
import { USER_PATH, userParameter } from './users';

/** Deletes a user (third-party: go-alimail). */
export const deleteUser: ItemOperation = {
	value: 'delete',
	name: 'Delete',
	action: 'Delete user',
	description:
		'Delete a user together with the mailbox and all its mail. To keep the mail, set the status to frozen with Update instead.',
	properties: [userProperty],

	async execute(context, itemIndex) {
		const user = userParameter(context, itemIndex);
		await callApi(context, { method: 'DELETE', path: USER_PATH, values: { user }, itemIndex });
		return [{ json: { deleted: true, id: user } }];
	},
};
