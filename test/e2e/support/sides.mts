import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';
import type { N8nApi, StoredCredential } from '../../support/n8nApi.mts';
import type { NodeSketch } from '../../support/workflow.mts';
import type { Simulator } from '../../simulator/index.mts';
import { alimailCredential, apiRequestNode, httpRequestNode } from './alimail.mts';

/** A request in the words of both nodes. */
export interface SideRequest {
	method?: 'GET' | 'POST';
	url: string;
	parameters?: INodeParameters;
	neverError?: boolean;
	/** Page through a list of users, two at a time. */
	paged?: boolean;
	/** Of the HTTP Request node; the newest by default. */
	typeVersion?: number;
}

/** One way to authenticate against a token endpoint, and the node that it is used in. */
export interface Side {
	name: 'ours' | 'ours, own node' | 'plain' | 'oauth2';
	create(
		n8n: N8nApi,
		simulator: Simulator,
		fields?: ICredentialDataDecryptedObject,
	): Promise<StoredCredential>;
	node(n8n: N8nApi, credential: StoredCredential, request: SideRequest): NodeSketch;
}

const controlCredential =
	(type: string): Side['create'] =>
	async (n8n, { url, clientId, clientSecret }, fields = {}) =>
		await n8n.createCredential(type, { baseUrl: url, clientId, clientSecret, ...fields });

const inHttpRequestNode: Side['node'] = (n8n, credential, request) => {
	const { method = 'GET', url, parameters = {}, neverError, paged, typeVersion } = request;
	const response = { response: { response: { neverError: true } } };
	return httpRequestNode(
		n8n,
		credential,
		{
			method,
			url,
			...(paged && {
				sendQuery: true,
				queryParameters: { parameters: [{ name: 'size', value: '2' }] },
			}),
			options: { ...(neverError && response), ...(paged && { pagination: usersByCursor }) },
			...parameters,
		},
		{ ...(typeVersion !== undefined && { typeVersion }) },
	);
};

/** What somebody enters in the HTTP Request node to follow `nextCursor`. */
const usersByCursor = {
	pagination: {
		paginationMode: 'updateAParameterInEachRequest',
		parameters: {
			parameters: [{ type: 'qs', name: 'cursor', value: '={{ $response.body.nextCursor }}' }],
		},
		paginationCompleteWhen: 'other',
		completeExpression: '={{ !$response.body.hasMore }}',
		limitPagesFetched: true,
		maxRequests: 20,
		requestInterval: 0,
	},
};

const inOwnNode: Side['node'] = (_n8n, credential, request) => {
	const { method = 'GET', url, parameters = {}, neverError, paged } = request;
	return apiRequestNode(credential, {
		method,
		path: url,
		...(paged && { pagination: 'cursor', itemsPath: 'users', returnAll: true }),
		options: { ...(neverError && { neverError: true }), ...(paged && { pageSize: 2 }) },
		...parameters,
	});
};

/** Our credential in both nodes, and beside it what n8n offers for such an endpoint. */
export const sides: Side[] = [
	{ name: 'ours', create: alimailCredential, node: inHttpRequestNode },
	{ name: 'ours, own node', create: alimailCredential, node: inOwnNode },
	{ name: 'plain', create: controlCredential('plainTokenApi'), node: inHttpRequestNode },
	{ name: 'oauth2', create: controlCredential('oAuth2TokenApi'), node: inHttpRequestNode },
];
