import type { INodeParameters } from 'n8n-workflow';
import type { NodeRun, NodeRunner } from './nodeRunner.mts';

/** A resource locator in which an address was entered. */
export function byAddress(value: string) {
	return { __rl: true, mode: 'address', value } as const;
}

/** A resource locator in which an ID was entered. */
export function byId(value: string) {
	return { __rl: true, mode: 'id', value } as const;
}

/** A resource locator in which an entry of the list was chosen. */
export function fromList(value: string) {
	return { __rl: true, mode: 'list', value } as const;
}

/** The same parameters with all text from expressions: n8n checks what was typed in, but not what an item brings. */
export function fromExpressions<T>(parameters: T): T {
	return JSON.parse(JSON.stringify(parameters), (key, value: unknown) =>
		typeof value === 'string' && key !== 'mode' ? `={{ ${JSON.stringify(value)} }}` : value,
	);
}

/** Runs one operation on one item; it has to succeed. */
export async function succeed(
	runner: NodeRunner,
	resource: string,
	operation: string,
	parameters: Record<string, unknown> = {},
): Promise<NodeRun['json']> {
	const { json, error } = await attempt(runner, resource, operation, parameters);
	if (error !== undefined) throw error;
	return json;
}

/** Runs one operation on one item, whatever comes of it. */
export async function attempt(
	runner: NodeRunner,
	resource: string,
	operation: string,
	parameters: Record<string, unknown> = {},
): Promise<NodeRun> {
	return await runner.run({
		parameters: { resource, operation, ...parameters } as INodeParameters,
	});
}
