import { expect, it } from 'vitest';
import type { INodeParameters } from 'n8n-workflow';
import { outputOf } from '../support/execution.mts';
import { NODE, alimailCredential, alimailNode, simulated } from './support/alimail.mts';
import { describeN8n } from './support/describeN8n.mts';

const EMAIL = 'new.colleague@example.com';
const FIRST_PASSWORD = 'First-Passw0rd-4711';
const NEXT_PASSWORD = 'Next-Passw0rd-0815';

describeN8n('A new colleague', (n8n) => {
	it('is added, changed, given an alias and a password, frozen and deleted', async () => {
		const simulator = await simulated();
		const credential = await alimailCredential(n8n, simulator);
		const outputs: unknown[] = [];
		const run = async (parameters: INodeParameters) => {
			const node = alimailNode(credential, { resource: 'user', ...parameters });
			const { execution } = await n8n.runWorkflow([node], {
				body: { first: FIRST_PASSWORD, next: NEXT_PASSWORD },
			});
			expect(execution.status).toBe('success');
			const output = outputOf(execution, NODE);
			outputs.push(output);
			return output[0]!.json;
		};
		const user = { __rl: true, mode: 'address', value: EMAIL };
		const stored = () => simulator.state.user(EMAIL);

		await run({
			operation: 'create',
			email: EMAIL,
			name: '新同事',
			password: '={{ $json.body.first }}',
			department: {
				__rl: true,
				mode: 'id',
				value: simulator.state.user('alice@example.com').departmentIds[0]!,
			},
			additionalFields: { jobTitle: 'Engineer' },
		});
		expect(stored()).toMatchObject({ name: '新同事', jobTitle: 'Engineer' });

		await run({ operation: 'update', user, updateFields: { jobTitle: 'Lead' } });
		expect(stored()).toMatchObject({ name: '新同事', jobTitle: 'Lead' });

		await run({ operation: 'addAlias', user, alias: 'colleague@example.com' });
		expect(stored().emailAliases).toContain('colleague@example.com');

		await run({ operation: 'resetPassword', user, password: '={{ $json.body.next }}' });
		await run({ operation: 'update', user, updateFields: { status: 'FREEZE' } });
		expect(stored().status).toBe('FREEZE');

		expect(await run({ operation: 'get', user })).toMatchObject({ email: EMAIL });
		expect(await run({ operation: 'delete', user })).toMatchObject({ deleted: true });
		expect(() => stored()).toThrow();

		const sent = simulator.apiRequests.map(({ bodyText }) => bodyText).join();
		expect(sent).toContain(FIRST_PASSWORD);
		expect(sent).toContain(NEXT_PASSWORD);
		expect(JSON.stringify(outputs)).not.toContain(FIRST_PASSWORD);
		expect(JSON.stringify(outputs)).not.toContain(NEXT_PASSWORD);
	});
});
