import { currentAccessToken } from '../../auth/authentication';
import { CREDENTIAL_NAME } from '../../auth/credential';
import { date } from '../../flow/clock';
import { optionsProperty } from '../../parameters/properties';
import { collectionParameter } from '../../parameters/values';
import type { BatchOperation } from '../types';

/**
 * Hands out the access token of the credential, with the fields that Alimail's token endpoint gives.
 *
 * Source: https://help.aliyun.com/document_detail/2855420.html
 */
export const get: BatchOperation = {
	value: 'get',
	name: 'Get',
	action: 'Get token',
	description: 'Get the access token of the credential, for use outside this node',
	hiddenFromAgents: true,
	properties: [
		{
			displayName:
				"The access token appears in the output and is stored with the execution. Anyone who sees it can use the mail API until it expires. You don't need it to call the API: use the resource 'API Request', or the HTTP Request node with this credential.",
			name: 'tokenNotice',
			type: 'notice',
			default: '',
		},
		optionsProperty([
			{
				displayName: 'Force New Token',
				name: 'forceNewToken',
				type: 'boolean',
				default: false,
				description:
					'Whether to ask Alimail for a new token even while the current one is still good',
			},
		]),
	],

	/** At most one exchange per run, however many items come in. */
	async executeBatch(context, itemIndexes) {
		const forceNew = itemIndexes.some(
			(itemIndex) => collectionParameter(context, 'options', itemIndex).forceNewToken === true,
		);
		const credentials = await context.getCredentials(CREDENTIAL_NAME);
		const outcome = await currentAccessToken(context, credentials, { forceNew }).then(
			(token) => [
				{
					json: {
						access_token: token.value,
						token_type: token.type,
						expires_in: Math.max(0, Math.floor((token.expiresAt - date()) / 1000)),
						expires_at: new Date(token.expiresAt).toISOString(),
						...(token.lifetimeAssumed && { expires_in_assumed: true }),
					},
				},
			],
			(error: Error) => error,
		);
		return new Map(itemIndexes.map((itemIndex) => [itemIndex, outcome]));
	},
};
