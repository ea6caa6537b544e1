import { expect, test } from 'vitest';
import { errorOf, outputOf } from '../support/execution.mts';
import { chainOf, type NodeSketch } from '../support/workflow.mts';
import { describeN8n } from './support/describeN8n.mts';

const double: NodeSketch = {
	name: 'Double',
	type: 'n8n-nodes-base.set',
	typeVersion: 3.4,
	parameters: { mode: 'raw', jsonOutput: '={{ { doubled: $json.value * 2 } }}', options: {} },
};

const fail: NodeSketch = {
	name: 'Fail',
	type: 'n8n-nodes-base.stopAndError',
	parameters: { errorMessage: 'Told to stop' },
};

const passOn: NodeSketch = { name: 'Pass On', type: 'n8n-nodes-base.noOp' };

const everySecond: NodeSketch = {
	name: 'Every Second',
	type: 'n8n-nodes-base.scheduleTrigger',
	typeVersion: 1.2,
	parameters: { rule: { interval: [{ field: 'seconds', secondsInterval: 1 }] } },
};

const waitLong: NodeSketch = {
	name: 'Wait',
	type: 'n8n-nodes-base.wait',
	typeVersion: 1.1,
	parameters: { amount: 50, unit: 'seconds' },
};

describeN8n(
	'n8n without the package',
	(n8n) => {
		test('runs a workflow and reads its execution back', async () => {
			const { status, body, execution } = await n8n.runWithItems(
				[{ value: 1 }, { value: 2 }],
				[double],
			);

			expect(status).toBe(200);
			expect(body).toEqual([{ doubled: 2 }, { doubled: 4 }]);
			expect(execution.status).toBe('success');
			expect(outputOf(execution, 'Double')).toEqual([
				{ json: { doubled: 2 }, pairedItem: { item: 0 } },
				{ json: { doubled: 4 }, pairedItem: { item: 1 } },
			]);
		});

		test('reads back which node a workflow failed in, and why', async () => {
			const { status, execution } = await n8n.runWorkflow([fail]);

			expect(status).toBe(500);
			expect(execution.status).toBe('error');
			expect(errorOf(execution, 'Fail')?.message).toBe('Told to stop');
			expect(errorOf(execution)?.message).toBe('Told to stop');
		});

		test('takes a file in and gives it back', async () => {
			const content = Buffer.from([0, 1, 2, 253, 254, 255]);
			const body = new FormData();
			body.set('file', new Blob([content]), 'six.bin');
			const { execution } = await n8n.runWorkflow([passOn], { body });

			const file = outputOf(execution, 'Pass On')[0]?.binary?.file;
			expect(file).toMatchObject({ fileName: 'six.bin' });
			expect(await n8n.readBinary(file!)).toEqual(content);
		});

		test('runs on a schedule', async () => {
			const { id } = await n8n.createWorkflow(chainOf([everySecond, passOn]));
			await n8n.activate(id);

			const { mode, status } = await n8n.waitForExecutionOf(id);
			await n8n.deactivate(id);
			expect({ mode, status }).toEqual({ mode: 'trigger', status: 'success' });
		});

		test('stops a manual execution', async () => {
			const { executionId } = await n8n.runManually([waitLong]);
			await n8n.stopExecution(executionId);

			const { status } = await n8n.waitForExecution(executionId);
			expect(status).toBe('canceled');
		});

		test('edits a stored credential whose secret it can not see', async () => {
			const { id } = await n8n.createCredential('httpHeaderAuth', { name: 'one', value: 'secret' });
			await n8n.updateCredential(id, { name: 'two' });

			const { data } = await n8n.getCredential(id);
			expect(data.name).toBe('two');
			expect(data.value).not.toBe('secret');
		});

		test('keeps its workflows over a restart', async () => {
			const workflow = await n8n.deploy([double]);
			await n8n.restart();

			const { status } = await workflow.run({ body: { value: 3 } });
			expect(status).toBe(200);
		});
	},
	{ withoutPackage: true },
);
