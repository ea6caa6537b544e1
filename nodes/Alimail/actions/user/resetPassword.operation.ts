import { userProperty } from '../../parameters/locators';
import type { ItemOperation } from '../types';
import { callWithPassword } from './password';
import { forceChangeProperty, passwordParameter, passwordProperty } from './properties';
import { USER_PATH, userParameter } from './users';

/** Sets a password without knowing the old one (third-party: go-alimail, cratos). */
export const resetPassword: ItemOperation = {
	value: 'resetPassword',
	name: 'Reset Password',
	action: 'Reset user password',
	description: 'Set a new password for a user, without the old one',
	properties: [userProperty, passwordProperty, { ...forceChangeProperty, default: true }],

	async execute(context, itemIndex) {
		const user = userParameter(context, itemIndex);
		const password = passwordParameter(context, itemIndex);
		const forceChangePasswordNextSignIn =
			context.getNodeParameter('forceChangePasswordNextSignIn', itemIndex, true) !== false;
		await callWithPassword(
			context,
			{
				method: 'POST',
				path: `${USER_PATH}/resetPassword`,
				values: { user },
				body: { password, forceChangePasswordNextSignIn },
				itemIndex,
			},
			password,
		);
		return [{ json: { success: true, user, forceChangePasswordNextSignIn } }];
	},
};
