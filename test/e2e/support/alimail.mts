import type {
	ICredentialDataDecryptedObject,
	INode,
	INodeExecutionData,
	INodeParameters,
} from 'n8n-workflow';
import { onTestFinished } from 'vitest';
import { errorOf, type Execution, outputOf, type RecordedError } from '../../support/execution.mts';
import { type N8nApi, type StoredCredential, credentialOf } from '../../support/n8nApi.mts';
import type { NodeSketch } from '../../support/workflow.mts';
import {
	startSimulator,
	type Settings,
	type Simulator,
	type SimulatorOptions,
} from '../../simulator/index.mts';

/** Name of the node under test in the workflows of these tests. */
export const NODE = 'Alimail';

/** A user that the simulator knows. */
export const USER = '/v2/users/alice@example.com';

/** Where the credential asks whether its token still counts. */
export const PROBE = '/v2/organization/$current';

/** A simulator for one test. Its address is new to n8n, so nothing that an earlier test did is remembered for it. */
export async function simulated(
	settings: Partial<Settings> = {},
	options: Pick<SimulatorOptions, 'clientSecret'> = {},
): Promise<Simulator> {
	const simulator = await startSimulator({
		...options,
		settings: { rateLimit: Infinity, ...settings },
	});
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

/** What came of a run of the node under test. */
export interface NodeRun {
	execution: Execution;
	/** The items of its first output. */
	output: INodeExecutionData[];
	/** Their `json`. */
	json: Array<INodeExecutionData['json']>;
	/** What it ended with, if it failed. */
	error: RecordedError | undefined;
}

/** Runs API Request in an execution that a webhook starts, once for every item, with a credential of its own. */
export async function sendRequests(
	n8n: N8nApi,
	simulator: Simulator,
	parameters: INodeParameters,
	{
		items = [{}],
		...settings
	}: { items?: Array<Record<string, unknown>> } & Partial<NodeSettings> = {},
): Promise<NodeRun> {
	const credential = await alimailCredential(n8n, simulator);
	const node = apiRequestNode(credential, parameters, settings);
	const { execution } = await n8n.runWithItems(items, [node]);
	return runOf(execution);
}

/** Reads what came of the node under test in an execution. */
export function runOf(execution: Execution): NodeRun {
	const output = outputOf(execution, NODE);
	return { execution, output, json: output.map(({ json }) => json), error: errorOf(execution) };
}

/** Entries of a fixed collection, as the editor stores them. */
export function pairs(values: Record<string, string>): INodeParameters {
	return { parameters: Object.entries(values).map(([name, value]) => ({ name, value })) };
}
