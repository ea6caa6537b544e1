import { READING } from '../../flow/pacing';
import { userProperty } from '../../parameters/locators';
import { wantsSimple } from '../../parameters/properties';
import { callApi } from '../../transport/call';
import type { ItemOperation } from '../types';
import { outputProperties, selectedFields } from './properties';
import { USER_PATH, presentUser, userParameter } from './users';

/** Gets one user (third-party: go-alimail, cratos). The answer is the user itself, without a wrapper. */
export const get: ItemOperation = {
	value: 'get',
	name: 'Get',
	action: 'Get user',
	description: 'Look up one user of the organization by address or ID',
	properties: [userProperty, ...outputProperties],
	concurrency: () => READING,

	async execute(context, itemIndex) {
		const user = await callApi(context, {
			method: 'GET',
			path: USER_PATH,
			values: { user: userParameter(context, itemIndex) },
			query: { $select: selectedFields(context, itemIndex) },
			itemIndex,
		});
		return [{ json: presentUser(user, wantsSimple(context, itemIndex)) }];
	},
};
