import {
	updateDisplayOptions,
	type INodeProperties,
	type INodePropertyOptions,
} from 'n8n-workflow';

import type { Operation, Resource } from './types';

/** Keeps an option away from AI agents, which see the node as a tool. */
const HIDE_FROM_AGENTS = { displayOptions: { hide: { '@tool': [true] } } };

/** The parameters of the node: *Resource*, *Operation*, and those of every operation. */
export function nodeProperties(resources: Resource[]): INodeProperties[] {
	const [firstResource] = resources.map(({ value }) => value);
	return [
		{
			displayName: 'Resource',
			name: 'resource',
			type: 'options',
			noDataExpression: true,
			options: byName(resources).map(({ name, value, operations }) => ({
				name,
				value,
				...(operations.every(({ hiddenFromAgents }) => hiddenFromAgents) && HIDE_FROM_AGENTS),
			})),
			default: firstResource,
		},
		...resources.map(operationProperty),
		...resources.flatMap(({ value: resource, operations }) =>
			operations.flatMap(({ value: operation, properties }) =>
				updateDisplayOptions(
					{ show: { resource: [resource], operation: [operation] } },
					properties,
				),
			),
		),
	];
}

function operationProperty({ value, operations }: Resource): INodeProperties {
	const [firstOperation] = operations.map((operation) => operation.value);
	return {
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: [value] } },
		options: byName(operations).map(operationOption),
		default: firstOperation,
	};
}

function operationOption(operation: Operation): INodePropertyOptions {
	const { name, value, action, description, hiddenFromAgents } = operation;
	return { name, value, action, description, ...(hiddenFromAgents && HIDE_FROM_AGENTS) };
}

function byName<T extends { name: string }>(entries: T[]): T[] {
	return [...entries].sort((a, b) => a.name.localeCompare(b.name, 'en'));
}
