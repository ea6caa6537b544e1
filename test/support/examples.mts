import { readFile, readdir } from 'node:fs/promises';
import type { INode } from 'n8n-workflow';
import type { StoredCredential } from './n8nApi.mts';
import { credentialOf } from './n8nApi.mts';
import type { WorkflowSketch } from './workflow.mts';

const folder = new URL('../../examples/', import.meta.url);

/** What an example is to work with. */
export interface ExampleSettings {
	/** Of the type `alimailApi`. */
	credential: StoredCredential;
	/** Values for the fields of the node *Mailbox*, e.g. `{ mailbox: 'alice@example.com' }`. */
	values: Record<string, string>;
}

/** The names of the workflows in `examples/`, without their ending. */
export async function exampleNames(): Promise<string[]> {
	const files = await readdir(folder);
	return files
		.filter((file) => file.endsWith('.json'))
		.map((file) => file.slice(0, -'.json'.length))
		.sort();
}

/**
 * An example as it is in its file, or as its reader has it after choosing the credential and filling in the node *Mailbox*
 * and the mailbox of the trigger.
 */
export async function readExample(
	name: string,
	settings?: ExampleSettings,
): Promise<WorkflowSketch> {
	const file = await readFile(new URL(`${name}.json`, folder), 'utf8');
	const example = JSON.parse(file) as WorkflowSketch;
	if (settings === undefined) return example;
	const { credential, values } = settings;
	return { ...example, nodes: example.nodes.map((node) => prepared(node, credential, values)) };
}

function prepared(
	node: INode,
	credential: StoredCredential,
	values: Record<string, string>,
): INode {
	if (node.credentials?.alimailApi) {
		const chosen = { ...node, credentials: credentialOf(credential) };
		if (!node.type.endsWith('Trigger') || values.mailbox === undefined) return chosen;
		const mailbox = { __rl: true, mode: 'address', value: values.mailbox };
		return { ...chosen, parameters: { ...node.parameters, mailbox } };
	}
	const { assignments } = (node.parameters.assignments ?? {}) as {
		assignments?: Array<{ name: string; value: unknown }>;
	};
	if (node.name !== 'Mailbox' || !assignments) return node;
	const filled = assignments.map((one) => ({ ...one, value: values[one.name] ?? one.value }));
	return {
		...node,
		parameters: { ...node.parameters, assignments: { assignments: filled } },
	} as INode;
}
