import { parameterError } from '../../errors/nodeErrors';
import { addressProblem } from '../../parameters/emailAddress';
import { userProperty } from '../../parameters/locators';
import { requiredTextParameter } from '../../parameters/values';
import { callApi } from '../../transport/call';
import type { ItemOperation } from '../types';
import { USER_PATH, userParameter } from './users';

/** Gives a user one more address (third-party: go-alimail). */
export const addAlias: ItemOperation = {
	value: 'addAlias',
	name: 'Add Alias',
	action: 'Add alias to user',
	description: 'Give a user one more address, whose mail arrives in the same mailbox',
	properties: [
		userProperty,
		{
			displayName: 'Alias',
			name: 'alias',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. sales@example.com',
			description: 'The additional address, in a domain of the organization and not in use',
		},
		{
			displayName: 'Use as Default',
			name: 'asDefault',
			type: 'boolean',
			default: false,
			description: 'Whether the alias becomes the default address of the user',
		},
	],

	async execute(context, itemIndex) {
		const user = userParameter(context, itemIndex);
		const alias = requiredTextParameter(context, 'alias', 'Alias', itemIndex);
		const problem = addressProblem(alias);
		if (problem) throw parameterError(context.getNode(), 'Alias', problem, itemIndex);
		const asDefault = context.getNodeParameter('asDefault', itemIndex, false) === true;
		await callApi(context, {
			method: 'POST',
			path: `${USER_PATH}/emailAliases`,
			values: { user },
			body: { alias, asDefault },
			itemIndex,
		});
		return [{ json: { success: true, user, alias, asDefault } }];
	},
};
