import { onTestFinished } from 'vitest';
import { Alimail } from '../../nodes/Alimail/Alimail.node.ts';
import type { Simulator, SimulatorOptions } from '../simulator/index.mts';
import { freshSimulator } from './freshSimulator.mts';
import { NodeRunner } from './nodeRunner.mts';

/** A simulator for one test, and the node with a credential for it. Nothing that another test did is known to either. */
export async function simulated(
	settings: SimulatorOptions['settings'] = {},
): Promise<{ simulator: Simulator; alimail: NodeRunner }> {
	const simulator = await freshSimulator(settings);
	onTestFinished(() => simulator.close());
	return { simulator, alimail: NodeRunner.forServer(new Alimail(), simulator) };
}

/** The parameters of an authenticated request. */
export function apiRequest(method: string, path: string, parameters: Record<string, unknown> = {}) {
	return { resource: 'apiRequest', operation: 'send', method, path, ...parameters } as never;
}

/** The same with a JSON body. */
export function jsonRequest(method: string, path: string, body: unknown, parameters = {}) {
	return apiRequest(method, path, {
		sendBody: true,
		contentType: 'json',
		specifyBody: 'json',
		jsonBody: JSON.stringify(body),
		...parameters,
	});
}
