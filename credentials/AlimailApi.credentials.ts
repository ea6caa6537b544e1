import type {
	IAuthenticate,
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IDataObject,
	IHttpRequestHelper,
	INodeProperties,
	Icon,
} from 'n8n-workflow';

import { authenticate, renewAccessToken } from '../nodes/Alimail/auth/authentication';
import { tokenRequest } from '../nodes/Alimail/auth/exchange';

export class AlimailApi implements ICredentialType {
	name = 'alimailApi';

	displayName = 'Alimail API';

	icon: Icon = { light: 'file:../icons/alimail.svg', dark: 'file:../icons/alimail.dark.svg' };

	documentationUrl =
		'https://github.com/n8n-nodes-alimail/n8n-nodes-alimail?tab=readme-ov-file#the-credential';

	httpRequestNode = {
		name: 'Alimail',
		docsUrl: 'https://mailhelp.aliyun.com/openapi/index.html',
		apiBaseUrlPlaceholder: 'https://alimail-cn.aliyuncs.com/v2/',
	};

	properties: INodeProperties[] = [
		{
			displayName: 'Region',
			name: 'region',
			type: 'options',
			options: [
				{ name: 'China (Mainland)', value: 'cn', description: 'alimail-cn.aliyuncs.com' },
				{ name: 'Custom', value: 'custom', description: 'Another server, by its address' },
				{ name: 'Germany', value: 'de', description: 'alimail-de.aliyuncs.com' },
				{ name: 'Hong Kong', value: 'hk', description: 'alimail-hk.aliyuncs.com' },
				{ name: 'Singapore', value: 'sg', description: 'alimail-sg.aliyuncs.com' },
				{ name: 'United States', value: 'us', description: 'alimail-us.aliyuncs.com' },
			],
			default: 'cn',
			description:
				'Where the Alimail of your organization is hosted. An application works in its own region only.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. https://mail-open.xc.aliyun.com',
			displayOptions: { show: { region: ['custom'] } },
			description:
				'Scheme and host of the server, without a path. It receives the application secret, so it must use https.',
		},
		{
			displayName: 'Application ID',
			name: 'clientId',
			type: 'string',
			default: '',
			required: true,
			description:
				"In the Alimail admin console: Advanced Features → API Open Platform → the application's details (高级功能 → API 开放平台). The free edition has no API.",
		},
		{
			displayName: 'Application Secret',
			name: 'clientSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description:
				"On the same page as the ID: Advanced Features → API Open Platform → the application's details. Only an administrator sees it.",
		},
		{
			displayName: 'Access Token',
			name: 'accessToken',
			type: 'hidden',
			// Without `password` n8n sends the stored token to the browser.
			typeOptions: { expirable: true, password: true },
			default: '',
		},
		{
			// Expiry and a fingerprint of the fields above. With `password`, n8n restores it together with the token when
			// the form is saved; else an older form would bring back an older expiry.
			displayName: 'Access Token Details',
			name: 'accessTokenDetails',
			type: 'hidden',
			typeOptions: { password: true },
			default: '',
		},
	];

	async preAuthentication(
		this: IHttpRequestHelper,
		credentials: ICredentialDataDecryptedObject,
	): Promise<IDataObject> {
		return await renewAccessToken(credentials, this.helpers.httpRequest);
	}

	authenticate: IAuthenticate = authenticate;

	/**
	 * The exchange itself: permissions are chosen per application, and no call is known that every application may make.
	 * `preAuthentication` reports most faults before this runs; this finds a secret that was changed in the console while
	 * the stored token is still good.
	 */
	test: ICredentialTestRequest = {
		request: {
			...tokenRequest({
				origin:
					'={{ $credentials.region === "custom" ? $credentials.baseUrl.trim() : "https://alimail-" + $credentials.region + ".aliyuncs.com" }}',
				clientId: '={{ $credentials.clientId.trim() }}',
				clientSecret: '={{ $credentials.clientSecret.trim() }}',
			}),
			ignoreHttpStatusErrors: true,
		},
		rules: [
			{
				type: 'responseSuccessBody',
				properties: {
					key: 'access_token',
					value: undefined,
					message:
						'Alimail gave no access token, though the stored one is still good. Check in its console whether the Application Secret was changed, or the application disabled.',
				},
			},
		],
	};
}
