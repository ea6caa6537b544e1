import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { outputOf } from '../support/execution.mts';
import { credentialOf } from '../support/n8nApi.mts';
import { pollUntil } from '../support/poll.mts';
import { chainOf } from '../support/workflow.mts';
import { alimailCredential, simulated } from './support/alimail.mts';
import { describeN8n } from './support/describeN8n.mts';

const MAILBOX = 'alice@example.com';
const TRIGGER = 'Alimail Trigger';
const COUNT = 1000;
const BURSTS = 10;

/** Every five seconds: n8n polls once a minute at the most for each of the times that are set. */
const pollTimes = {
	item: Array.from({ length: 12 }, (_, index) => ({
		mode: 'custom',
		cronExpression: `${index * 5} * * * * *`,
	})),
};

const hoursAgo = (hours: number) =>
	new Date(Date.now() - hours * 3_600_000).toISOString().replace(/\.\d+/, '');

describeN8n('A thousand new messages', (n8n) => {
	it('start the workflow once each, through bursts, late mail, a failed poll and a restart', async () => {
		const simulator = await simulated();
		const credential = await alimailCredential(n8n, simulator);
		const { id } = await n8n.createWorkflow(
			chainOf([
				{
					name: TRIGGER,
					type: 'n8n-nodes-alimail.alimailTrigger',
					parameters: {
						mailbox: { __rl: true, mode: 'address', value: MAILBOX },
						folder: { __rl: true, mode: 'id', value: '2' },
						pollTimes,
					},
					credentials: credentialOf(credential),
				},
				{ name: 'Done', type: 'n8n-nodes-base.noOp' },
			]),
		);
		await n8n.activate(id);
		// What is there before the first look counts as old.
		await pollUntil(
			async () => (simulator.apiRequests.some(({ status }) => status === 200) ? true : undefined),
			60_000,
			() => 'The trigger did not look',
		);

		const arrived: string[] = [];
		for (let burst = 0; burst < BURSTS; burst++) {
			// All of a burst at one time; every third burst is late by some hours.
			const receivedDateTime = hoursAgo(burst % 3 === 2 ? burst : 0);
			const messages = simulator.state.addMessages(MAILBOX, COUNT / BURSTS, { receivedDateTime });
			arrived.push(...messages.map((message) => message.id));
			if (burst === 3) {
				// Longer than the node tries again by itself, so that a poll fails.
				simulator.fault({ path: /\/messages$/, status: 400, times: 2 });
			}
			if (burst === 6) await n8n.restart();
			else await sleep(1_000 + burst * 700);
		}

		const seen = async () => {
			const executions = await n8n.executionsOf(id);
			const found: string[] = [];
			for (const { id: executionId, status } of executions) {
				if (status !== 'success') continue;
				const execution = await n8n.getExecution(executionId);
				found.push(...outputOf(execution, TRIGGER).map(({ json }) => String(json.id)));
			}
			return { found, failed: executions.filter(({ status }) => status === 'error').length };
		};
		let progress = '';
		await pollUntil(
			async () => {
				const { found, failed } = await seen();
				progress = `${found.length} messages, ${failed} failed polls`;
				return found.length >= COUNT && failed > 0 ? true : undefined;
			},
			120_000,
			() => `Not all messages came: ${progress}, ${simulator.apiRequests.length} requests`,
		);
		// Two more polls, which must find nothing.
		await sleep(12_000);

		const { found, failed } = await seen();
		expect(found).toHaveLength(COUNT);
		expect(new Set(found)).toEqual(new Set(arrived));
		expect(failed).toBeGreaterThan(0);
		await n8n.deactivate(id);
	}, 300_000);
});
