import { randomUUID } from 'node:crypto';
import type { IConnections, INode, INodeParameters, IWorkflowSettings } from 'n8n-workflow';

/** A node as a test writes it down; what n8n also wants is filled in. */
export type NodeSketch = Pick<INode, 'name' | 'type'> & Partial<INode>;

/** What is sent to n8n to create a workflow. */
export interface WorkflowSketch {
	name: string;
	nodes: INode[];
	connections: IConnections;
	settings: IWorkflowSettings;
}

/** Completes a node: an id, a position, version 1. */
export function completeNode(sketch: NodeSketch, index = 0): INode {
	return {
		id: randomUUID(),
		typeVersion: 1,
		position: [index * 220, 0],
		parameters: {},
		...sketch,
	};
}

/** A workflow in which each node feeds the next one. */
export function chainOf(sketches: NodeSketch[], settings: IWorkflowSettings = {}): WorkflowSketch {
	const nodes = sketches.map(completeNode);
	const connections: IConnections = {};
	for (const [index, { name }] of nodes.entries()) {
		const next = nodes[index + 1];
		if (next) connections[name] = { main: [[{ node: next.name, type: 'main', index: 0 }]] };
	}
	return {
		name: `Test ${randomUUID()}`,
		nodes,
		connections,
		settings: { executionOrder: 'v1', ...settings },
	};
}

/** A trigger that answers with all items of the last node. */
export function webhookTrigger(path: string, parameters: INodeParameters = {}): NodeSketch {
	return {
		name: 'Webhook',
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		webhookId: path,
		parameters: {
			path,
			httpMethod: 'POST',
			responseMode: 'lastNode',
			responseData: 'allEntries',
			options: {},
			...parameters,
		},
	};
}

/** The trigger of a run that is started by hand. */
export function manualTrigger(): NodeSketch {
	return { name: 'Manual Trigger', type: 'n8n-nodes-base.manualTrigger' };
}

/** Turns the `items` in the body of the webhook's request into as many items. */
export function itemsFromBody(): NodeSketch {
	return {
		name: 'Items',
		type: 'n8n-nodes-base.splitOut',
		parameters: { fieldToSplitOut: 'body.items', options: {} },
	};
}
