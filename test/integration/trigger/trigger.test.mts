import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AlimailTrigger } from '../../../nodes/Alimail/AlimailTrigger.node.ts';
import { startSimulator, type MessageInput, type Simulator } from '../../simulator/index.mts';
import { NodeRunner } from '../../support/nodeRunner.mts';

const alice = 'alice@example.com';
const inbox = '2';
const projects = '104';
const hourMs = 3_600_000;
const listPath = `/v2/users/${encodeURIComponent(alice)}/mailFolders/2/messages`;

let simulator: Simulator;
let trigger: NodeRunner;

beforeAll(async () => {
	simulator = await startSimulator({ settings: { rateLimit: Infinity } });
});
afterAll(() => simulator.close());
beforeEach(() => {
	simulator.reset();
	trigger = NodeRunner.forServer(new AlimailTrigger(), simulator);
});

const parametersFor = (more: INodeParameters = {}): INodeParameters => ({
	mailbox: { __rl: true, mode: 'address', value: alice },
	folder: { __rl: true, mode: 'id', value: inbox },
	...more,
});
const watch = (more?: INodeParameters, staticData?: IDataObject) =>
	trigger.poller(parametersFor(more), staticData);

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const arrives = (subject: string, more: MessageInput = {}) =>
	simulator.state.addMessage(alice, { subject, receivedDateTime: ago(0), ...more });
const subjects = (items: INodeExecutionData[] | null) => items?.map(({ json }) => json.subject);
const listRequests = () => simulator.apiRequests.filter(({ path }) => path === listPath);

describe('a workflow is activated for the first time', () => {
	it('passes over the mail that is there, and hands on what comes from then on', async () => {
		arrives('Before');
		const { poll } = watch();
		expect(await poll()).toBeNull();
		arrives('After');
		expect(subjects(await poll())).toEqual(['After']);
		expect(await poll()).toBeNull();
	});

	it('does the same in a folder that has never had a message', async () => {
		const { poll } = watch({ folder: { __rl: true, mode: 'id', value: '3' } });
		expect(await poll()).toBeNull();
		arrives('First', { folderId: '3' });
		expect(subjects(await poll())).toEqual(['First']);
	});

	it('says what is wrong, and takes nothing for known, when the folder does not exist', async () => {
		const { poll, staticData } = watch({ folder: { __rl: true, mode: 'id', value: '999' } });
		await expect(poll()).rejects.toMatchObject({ httpCode: '404' });
		expect(staticData).toEqual({});
	});
});

describe('nothing is new', () => {
	it('costs one request', async () => {
		simulator.state.addMessages(alice, 60, { subject: 'Recent' });
		const { poll } = watch();
		await poll();
		simulator.clearRequests();
		expect(await poll()).toBeNull();
		expect(simulator.requests).toHaveLength(1);
		expect(simulator.requests[0]).toMatchObject({
			method: 'GET',
			path: listPath,
			query: { size: '100', orderby: 'DES' },
		});
	});
});

describe('more mail at once than a page holds', () => {
	it('hands on every message once, the oldest first', async () => {
		const { poll } = watch();
		await poll();
		const names = Array.from({ length: 350 }, (_, i) => `Mail ${i}`);
		simulator.state.addMessages(alice, 350, (i) => ({ subject: names[i]! }));
		expect(subjects(await poll())).toEqual(names);
		expect(await poll()).toBeNull();
	});

	it('does so when all of them have the same time', async () => {
		const { poll, staticData } = watch();
		await poll();
		const receivedDateTime = ago(0);
		const names = Array.from({ length: 3500 }, (_, i) => `Mail ${i}`);
		for (const subject of names) arrives(subject, { receivedDateTime });
		expect(subjects(await poll())).toEqual(names);
		arrives('One more', { receivedDateTime });
		expect(subjects(await poll())).toEqual(['One more']);
		expect(JSON.stringify(staticData).length).toBeLessThan(3600 * 20);
	});

	it.each(['status', 'reset', 'half', 'garbage'] as const)(
		'starts over after a failure between the pages: %s',
		async (kind) => {
			const { poll, staticData } = watch();
			await poll();
			const before = structuredClone(staticData);
			const names = Array.from({ length: 350 }, (_, i) => `Mail ${i}`);
			simulator.state.addMessages(alice, 350, (i) => ({ subject: names[i]! }));
			simulator.fault({ path: listPath, headers: { 'x-page': '1' } });
			simulator.fault({
				path: listPath,
				times: kind === 'garbage' ? 1 : 6,
				...(kind === 'status' && { status: 403 }),
				...(kind === 'reset' && { status: 400 }),
				...(kind === 'half' && { status: 404 }),
				...(kind === 'garbage' && { body: 'garbage-json' }),
			});
			await expect(poll()).rejects.toThrow();
			expect(staticData).toEqual(before);
			simulator.clearFaults();
			expect(subjects(await poll())).toEqual(names);
			expect(await poll()).toBeNull();
		},
	);
});
