import type { ICredentialDataDecryptedObject, INode, INodeParameters } from 'n8n-workflow';
import { onTestFinished } from 'vitest';
import { type N8nApi, type StoredCredential, credentialOf } from '../../support/n8nApi.mts';
import type { NodeSketch } from '../../support/workflow.mts';
import { startSimulator, type Settings, type Simulator } from '../../simulator/index.mts';

/** Name of the node under test in the workflows of these tests. */
export const NODE = 'Alimail';

/** A user that the simulator knows. */
export const USER = '/v2/users/alice@example.com';

/** Where the credential asks whether its token still counts. */
export const PROBE = '/v2/organization/$current';

/** A simulator for one test. Its address is new to n8n, so nothing that an earlier test did is remembered for it. */
export async function simulated(settings: Partial<Settings> = {}): Promise<Simulator> {
	const simulator = await startSimulator({ settings: { rateLimit: Infinity, ...settings } });
	onTestFinished(() => simulator.close());
	return simulator;
}

/** Stores a credential for the simulator. */
export async function alimailCredential(
	n8n: N8nApi,
	{ url, clientId, clientSecret }: Pick<Simulator, 'url' | 'clientId' | 'clientSecret'>,
	fields: ICredentialDataDecryptedObject = {},
): Promise<StoredCredential> {
	return await n8n.createCredential('alimailApi', {
		region: 'custom',
		baseUrl: url,
		clientId,
		clientSecret,
		...fields,
	});
}

/** What a test may say about a node besides its parameters. */
export type NodeSettings = Pick<INode, 'onError' | 'typeVersion' | 'name'>;

/** Our node with API Request, Send. */
export function apiRequestNode(
	credential: StoredCredential,
	parameters: INodeParameters,
	settings: Partial<NodeSettings> = {},
): NodeSketch {
	return alimailNode(
		credential,
		{ resource: 'apiRequest', operation: 'send', ...parameters },
		settings,
	);
}

/** Our node with Token, Get. */
export function getTokenNode(
	credential: StoredCredential,
	options: INodeParameters = {},
	settings: Partial<NodeSettings> = {},
): NodeSketch {
	return alimailNode(credential, { resource: 'token', operation: 'get', options }, settings);
}

/** Our node. */
export function alimailNode(
	credential: StoredCredential,
	parameters: INodeParameters,
	settings: Partial<NodeSettings> = {},
): NodeSketch {
	return {
		name: NODE,
		type: 'n8n-nodes-alimail.alimail',
		parameters,
		credentials: credentialOf(credential),
		...settings,
	};
}

/** n8n's HTTP Request node with a *Predefined Credential Type*, in the version that new workflows get. */
export function httpRequestNode(
	n8n: N8nApi,
	credential: StoredCredential,
	parameters: INodeParameters,
	settings: Partial<NodeSettings> = {},
): NodeSketch {
	return {
		name: NODE,
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: n8n.version.startsWith('1.') ? 4.3 : 4.5,
		parameters: {
			authentication: 'predefinedCredentialType',
			nodeCredentialType: credential.type,
			...parameters,
		},
		credentials: credentialOf(credential),
		...settings,
	};
}

/** Parameters for a JSON body; the HTTP Request node and ours name them alike. */
export function jsonBody(body: unknown): INodeParameters {
	return {
		sendBody: true,
		contentType: 'json',
		specifyBody: 'json',
		jsonBody: JSON.stringify(body),
	};
}
