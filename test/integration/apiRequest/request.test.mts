import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Alimail } from '../../../nodes/Alimail/Alimail.node.ts';
import { startSimulator, type Simulator } from '../../simulator/index.mts';
import { NodeRunner } from '../../support/nodeRunner.mts';

let simulator: Simulator;
let alimail: NodeRunner;

beforeAll(async () => {
	simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => {
	simulator.reset();
	alimail = NodeRunner.forServer(new Alimail(), simulator);
});

describe('a first request', () => {
	it('gets a token and the answer', async () => {
		const { json, error } = await alimail.run({
			parameters: {
				resource: 'apiRequest',
				operation: 'send',
				method: 'GET',
				path: '/v2/users/{email}',
				pathParameters: { parameters: [{ name: 'email', value: 'alice@example.com' }] },
			},
		});
		expect(error).toBeUndefined();
		expect(json).toMatchObject([{ email: 'alice@example.com' }]);
		expect(simulator.tokenRequests).toHaveLength(1);
	});
});
