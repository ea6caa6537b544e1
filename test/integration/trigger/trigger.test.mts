import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AlimailTrigger } from '../../../nodes/Alimail/AlimailTrigger.node.ts';
import type { MessageInput, Simulator } from '../../simulator/index.mts';
import { freshSimulator } from '../../support/freshSimulator.mts';
import { NodeRunner } from '../../support/nodeRunner.mts';

const ALICE = 'alice@example.com';
const INBOX = '2';
const PROJECTS = '104';
const HOUR_MS = 3_600_000;
const LIST_PATH = `/v2/users/${encodeURIComponent(ALICE)}/mailFolders/2/messages`;

let simulator: Simulator;
let trigger: NodeRunner;

beforeAll(async () => {
	simulator = await freshSimulator({ rateLimit: Infinity });
});
afterAll(() => simulator.close());
beforeEach(() => {
	simulator.reset();
	trigger = NodeRunner.forServer(new AlimailTrigger(), simulator);
});

const parametersFor = (more: INodeParameters = {}): INodeParameters => ({
	mailbox: { __rl: true, mode: 'address', value: ALICE },
	folder: { __rl: true, mode: 'id', value: INBOX },
	...more,
});
const watch = (more?: INodeParameters, staticData?: IDataObject) =>
	trigger.poller(parametersFor(more), staticData);

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const arrives = (subject: string, more: MessageInput = {}) =>
	simulator.state.addMessage(ALICE, { subject, receivedDateTime: ago(0), ...more });
const subjects = (items: INodeExecutionData[] | null) => items?.map(({ json }) => json.subject);
const listRequests = () => simulator.apiRequests.filter(({ path }) => path === LIST_PATH);

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
		simulator.state.addMessages(ALICE, 60, { subject: 'Recent' });
		const { poll } = watch();
		await poll();
		simulator.clearRequests();
		expect(await poll()).toBeNull();
		expect(simulator.requests).toHaveLength(1);
		expect(simulator.requests[0]).toMatchObject({
			method: 'GET',
			path: LIST_PATH,
			query: { size: '100', orderby: 'DES', isAscending: 'false' },
		});
	});
});

describe('more mail at once than a page holds', () => {
	it('hands on every message once, the oldest first', async () => {
		const { poll } = watch();
		await poll();
		const names = Array.from({ length: 350 }, (_, i) => `Mail ${i}`);
		simulator.state.addMessages(ALICE, 350, (i) => ({ subject: names[i]! }));
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

	it.each([
		['a refusal', { status: 403 }],
		['an answer that breaks off', { body: 'garbage-json' as const }],
		['a page of a proxy', { body: 'html' as const }],
		['an error with status 200', { body: { detailErrorCode: 'SYS', message: 'busy' } }],
		['a list under another name', { body: { value: [] } }],
	])('starts over after %s between the pages', async (_, fault) => {
		const { poll, staticData } = watch();
		await poll();
		const before = structuredClone(staticData);
		const names = Array.from({ length: 350 }, (_, i) => `Mail ${i}`);
		simulator.state.addMessages(ALICE, 350, (i) => ({ subject: names[i]! }));
		// The first page comes as usual.
		simulator.fault({ path: LIST_PATH, headers: { 'x-page': 'first' } });
		simulator.fault({ path: LIST_PATH, ...fault });
		simulator.clearRequests();
		await expect(poll()).rejects.toThrow(/Alimail/);
		expect(listRequests()).toHaveLength(2);
		expect(staticData).toEqual(before);
		expect(subjects(await poll())).toEqual(names);
		expect(await poll()).toBeNull();
	});

	it('does not mind a server that is down for a moment', async () => {
		const { poll } = watch();
		await poll();
		arrives('New');
		simulator.fault({ path: LIST_PATH, status: 503 });
		simulator.fault({ path: LIST_PATH, reset: 'after' });
		expect(subjects(await poll())).toEqual(['New']);
	});
});

describe('mail turns up late', () => {
	it('is handed on as long as it is within the look-back time, and in order', async () => {
		arrives('Old');
		const { poll } = watch();
		await poll();
		arrives('Second', { receivedDateTime: ago(HOUR_MS) });
		arrives('Third');
		arrives('First', { receivedDateTime: ago(23 * HOUR_MS) });
		arrives('Far too late', { receivedDateTime: ago(240 * HOUR_MS) });
		expect(subjects(await poll())).toEqual(['First', 'Second', 'Third']);
		expect(await poll()).toBeNull();
	});

	it('is looked for further back when the user says so', async () => {
		arrives('Old');
		const { poll } = watch({ options: { lookBackHours: 300 } });
		await poll();
		arrives('Late', { receivedDateTime: ago(240 * HOUR_MS) });
		expect(subjects(await poll())).toEqual(['Late']);
	});

	it('is handed on when a person moves it into the folder', async () => {
		const { poll } = watch({ folder: { __rl: true, mode: 'id', value: PROJECTS } });
		await poll();
		const { id } = arrives('Moved', { receivedDateTime: ago(2 * HOUR_MS) });
		expect(await poll()).toBeNull();
		simulator.state.moveMessage(ALICE, id, PROJECTS);
		expect(subjects(await poll())).toEqual(['Moved']);
	});
});

describe('a message is moved away and back', () => {
	it.each(['the same ID', 'a new ID'])('is not handed on twice: with %s', async (kind) => {
		const { poll } = watch();
		await poll();
		const message = arrives('Once');
		expect(subjects(await poll())).toEqual(['Once']);
		simulator.state.moveMessage(ALICE, message.id, PROJECTS);
		expect(await poll()).toBeNull();
		if (kind === 'the same ID') {
			simulator.state.moveMessage(ALICE, message.id, INBOX);
		} else {
			const { internetMessageId, receivedDateTime } = message;
			simulator.state.removeMessage(ALICE, message.id);
			arrives('Once', { internetMessageId, receivedDateTime });
		}
		expect(await poll()).toBeNull();
	});
});

describe('n8n is restarted', () => {
	it.each(['catchUp', 'startFromNow'])(
		'goes on where it was, whatever is set for a pause: %s',
		async (whenActivatedAgain) => {
			const options = { whenActivatedAgain };
			const { poll, staticData } = watch({ options });
			await poll();
			arrives('Before');
			expect(subjects(await poll())).toEqual(['Before']);
			arrives('Meanwhile');
			const restarted = watch({ options }, staticData);
			expect(subjects(await restarted.activate('init'))).toEqual(['Meanwhile']);
			expect(await restarted.poll()).toBeNull();
		},
	);

	it('loses nothing and repeats nothing although polls without a find are not saved', async () => {
		const { poll, staticData } = watch({ filters: { subject: 'invoice' } });
		await poll();
		arrives('Invoice 1');
		await poll();
		const saved = structuredClone(staticData);
		simulator.state.addMessages(ALICE, 150, { subject: 'Newsletter' });
		expect(await poll()).toBeNull();
		expect(staticData).toEqual(saved);
		arrives('Invoice 2');
		const restarted = watch({ filters: { subject: 'invoice' } }, staticData);
		expect(subjects(await restarted.activate('init'))).toEqual(['Invoice 2']);
	});
});

describe('a workflow was off for a day', () => {
	const daysMail = () => {
		for (let hour = 24; hour > 0; hour--) {
			for (let i = 0; i < 10; i++) {
				arrives(`${hour} hours ago, ${i}`, { receivedDateTime: ago(hour * HOUR_MS) });
			}
		}
	};

	it('catches up unless told otherwise', async () => {
		arrives('Before', { receivedDateTime: ago(25 * HOUR_MS) });
		const { poll, staticData } = watch();
		await poll();
		daysMail();
		const again = watch({}, staticData);
		const found = subjects(await again.activate());
		expect(found).toHaveLength(240);
		expect(found!.slice(0, 2)).toEqual(['24 hours ago, 0', '24 hours ago, 1']);
		arrives('Now');
		expect(subjects(await again.poll())).toEqual(['Now']);
	});

	it('starts from now when told to', async () => {
		arrives('Before', { receivedDateTime: ago(25 * HOUR_MS) });
		const options = { whenActivatedAgain: 'startFromNow' };
		const { poll, staticData } = watch({ options });
		await poll();
		daysMail();
		const again = watch({ options }, staticData);
		expect(await again.activate()).toBeNull();
		arrives('Now');
		expect(subjects(await again.poll())).toEqual(['Now']);
		arrives('And now');
		expect(subjects(await again.poll())).toEqual(['And now']);
	});

	it('does not start from now when it was only changed while active', async () => {
		const options = { whenActivatedAgain: 'startFromNow' };
		const { poll, staticData } = watch({ options });
		await poll();
		arrives('Meanwhile');
		expect(subjects(await watch({ options }, staticData).activate('update'))).toEqual([
			'Meanwhile',
		]);
	});
});

describe('the parameters are changed', () => {
	it.each([
		['the folder', { folder: { __rl: true, mode: 'id', value: PROJECTS } }],
		['the mailbox', { mailbox: { __rl: true, mode: 'address', value: 'bob@example.com' } }],
	])('starts anew instead of replaying: %s', async (_, change) => {
		const { poll, staticData } = watch();
		await poll();
		simulator.state.addMessage(ALICE, { subject: 'Was there', folderId: PROJECTS });
		simulator.state.addMessage('bob@example.com', { subject: 'Was there' });
		const changed = watch(change, staticData);
		expect(await changed.activate('update')).toBeNull();
		simulator.state.addMessage(ALICE, { subject: 'New', folderId: PROJECTS });
		simulator.state.addMessage('bob@example.com', { subject: 'New' });
		expect(subjects(await changed.poll())).toEqual(['New']);
	});

	it('goes on when only the case of the address is another', async () => {
		const { poll, staticData } = watch();
		await poll();
		arrives('Meanwhile');
		const mailbox = { __rl: true, mode: 'address', value: 'Alice@Example.com' };
		const changed = watch({ mailbox }, staticData);
		expect(subjects(await changed.activate('update'))).toEqual(['Meanwhile']);
	});

	it('names the parameter that is wrong', async () => {
		const mailbox = { __rl: true, mode: 'address', value: 'alice' };
		await expect(watch({ mailbox }).poll()).rejects.toThrow("'Mailbox'");
		for (const lookBackHours of [0, 721, Infinity, NaN, '24']) {
			const options = { lookBackHours };
			await expect(watch({ options }).poll()).rejects.toThrow("'Look Back (Hours)'");
		}
		expect(simulator.apiRequests).toEqual([]);
	});

	it.each([
		[{ sender: '' }, "'Sender' is empty"],
		[{ subject: ' \t' }, "'Subject Contains' is empty"],
		[{ query: '={{ undefined }}' }, "'Search Query' is empty"],
		[{ sender: '={{ ["nathan"] }}' }, "'Sender' must be text"],
		[{ unreadOnly: '={{ null }}' }, "'Unread Only' is empty"],
		[{ unreadOnly: 'yes' }, "'Unread Only' must be true or false"],
		[{ hasAttachments: 1 }, "'Has Attachments' must be true or false"],
	])('names the filter that was added and cannot judge: %o', async (filters, problem) => {
		await expect(watch({ filters }).poll()).rejects.toThrow(problem);
		expect(simulator.apiRequests).toEqual([]);
	});
});

describe('a poll takes longer than the time between two', () => {
	it('does not hand on the same message from both', async () => {
		const { poll } = watch();
		await poll();
		arrives('Once');
		simulator.fault({ path: LIST_PATH, delayMs: 300 });
		const found = await Promise.all([poll(), poll()]);
		expect(found.map(subjects)).toEqual([['Once'], undefined]);
		arrives('Next');
		expect(subjects(await poll())).toEqual(['Next']);
	});
});

describe('filters', () => {
	const nathan = { email: 'nathan@example.org', name: 'Nathan Köhler' };
	const file = [{ name: 'a.txt', content: 'a' }];

	it.each([
		[{ unreadOnly: true }, ['Invoice', 'Files', '发票']],
		[{ unreadOnly: false }, ['Invoice', 'Read', 'Files', '发票']],
		[{ hasAttachments: true }, ['Files']],
		[{ hasAttachments: false }, ['Invoice', 'Read', '发票']],
		[{ subject: 'INVO' }, ['Invoice']],
		[{ subject: '发' }, ['发票']],
		[{ sender: 'KÖHLER' }, ['Invoice', 'Files']],
		[{ sender: 'Nathan@' }, ['Invoice', 'Files']],
		[{ sender: 'nathan köhler <nathan@example.org>' }, ['Invoice', 'Files']],
		[{ sender: 'nathan', hasAttachments: true }, ['Files']],
		[{ unreadOnly: 'true' }, ['Invoice', 'Files', '发票']],
		[{ unreadOnly: 'false' }, ['Invoice', 'Read', 'Files', '发票']],
		[{ hasAttachments: 'false' }, ['Invoice', 'Read', '发票']],
		[{ query: 'body:"total sum" OR subject:files' }, ['Read', 'Files']],
		[{ query: 'body:"total sum" OR subject:files', unreadOnly: true }, ['Files']],
		[{ query: 'subject:nothing' }, undefined],
	])('let through what matches %o', async (filters, expected) => {
		const { poll } = watch({ filters });
		await poll();
		arrives('Invoice', { from: nathan });
		arrives('Read', { isRead: true, body: { bodyText: 'The total sum' } });
		arrives('Files', { from: nathan, attachments: file });
		arrives('发票');
		expect(subjects(await poll())).toEqual(expected);
		expect(await poll()).toBeNull();
	});

	it('decide once: a message that was read is not handed on when it is marked unread', async () => {
		const { poll } = watch({ filters: { unreadOnly: true } });
		await poll();
		const message = arrives('Read', { isRead: true });
		expect(await poll()).toBeNull();
		message.isRead = false;
		expect(await poll()).toBeNull();
	});

	it('cost one request as long as nothing is new, with a search query too', async () => {
		const { poll } = watch({ filters: { query: 'subject:new' } });
		await poll();
		arrives('Something new');
		arrives('Something else');
		expect(subjects(await poll())).toEqual(['Something new']);
		simulator.clearRequests();
		expect(await poll()).toBeNull();
		expect(simulator.requests).toHaveLength(1);
	});

	it('read no more of a search than it takes to find the new messages', async () => {
		simulator.state.addMessages(ALICE, 250, { subject: 'New, but seen' });
		const { poll } = watch({ filters: { query: 'subject:new' } });
		await poll();
		arrives('Something new');
		simulator.clearRequests();
		expect(subjects(await poll())).toEqual(['Something new']);
		expect(simulator.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
	});

	it('wait for a search that does not know the message yet', async () => {
		const { poll } = watch({ filters: { query: 'subject:new' } });
		await poll();
		arrives('Something new');
		arrives('Something else');
		const path = `/v2/users/${encodeURIComponent(ALICE)}/messages/query`;
		simulator.fault({ path, body: { messages: [], nextCursor: '$', total: 0 }, times: 2 });
		expect(await poll()).toBeNull();
		expect(subjects(await poll())).toEqual(['Something new']);
		expect(await poll()).toBeNull();
	});

	it('say what the search thinks of a query that it cannot read, and lose nothing', async () => {
		const { poll, staticData } = watch({ filters: { query: 'subject:(' } });
		await poll();
		arrives('New');
		await expect(poll()).rejects.toMatchObject({ httpCode: '400' });
		const corrected = watch({ filters: { query: 'subject:new' } }, staticData);
		expect(subjects(await corrected.activate('update'))).toEqual(['New']);
	});
});

describe.each([
	{ messageShape: 'wrapped', numberShape: 'number', searchEnd: 'dollar' },
	{ messageShape: 'bare', numberShape: 'string', searchEnd: 'empty' },
	{ messageShape: 'bare', numberShape: 'number', searchEnd: 'missing' },
] as const)('the server answers in one of its shapes: %o', (shapes) => {
	beforeEach(() => Object.assign(simulator.settings, shapes));

	const message = {
		subject: 'New',
		from: { email: 'nathan@example.org', name: 'Nathan' },
		body: { bodyText: 'Hello', bodyHtml: '<p>Hello</p>' },
	};

	it('gives flat fields, without the body and without a request per message', async () => {
		const { poll } = watch({ filters: { query: 'subject:new' } });
		await poll();
		const { id } = arrives('New', message);
		simulator.clearRequests();
		const found = await poll();
		expect(found).toMatchObject([
			{ json: { id, subject: 'New', from: 'nathan@example.org', fromName: 'Nathan' } },
		]);
		expect(found![0]!.json).toMatchObject({
			isRead: false,
			sizeBytes: expect.any(Number) as number,
		});
		expect(found![0]!.json).not.toHaveProperty('text');
		expect(simulator.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST']);
	});

	it('gives the message as the server has it when not simplified', async () => {
		const { poll } = watch({ simplify: false });
		await poll();
		const { id } = arrives('New', message);
		expect(await poll()).toMatchObject([{ json: { id, ...message, folderId: INBOX } }]);
	});

	it('gives the chosen fields and nothing else', async () => {
		const simple = watch({ options: { fields: ['subject', 'body'] } });
		const raw = watch({ simplify: false, options: { fields: ['subject', 'size'] } });
		await simple.poll();
		await raw.poll();
		const { id } = arrives('New', message);
		expect((await simple.poll())?.map(({ json }) => json)).toEqual([
			{ id, subject: 'New', text: 'Hello', html: '<p>Hello</p>' },
		]);
		expect(Object.keys((await raw.poll())![0]!.json)).toEqual(['id', 'subject', 'size']);
	});
});

describe('attachments are wanted', () => {
	const options = { downloadAttachments: true, attachmentsPrefix: 'file_' };
	const attachments = [
		{ name: 'invoice.pdf', content: '%PDF-1.4', contentType: 'application/pdf' },
		{ name: '会议.txt', content: '一、预算', contentType: 'text/plain' },
	];

	it('come with the message', async () => {
		const { poll } = watch({ options });
		await poll();
		arrives('With files', { attachments });
		arrives('Without');
		const [first, second] = (await poll())!;
		expect(first!.json.attachments).toMatchObject([
			{ name: 'invoice.pdf', binaryField: 'file_0' },
			{ name: '会议.txt', binaryField: 'file_1' },
		]);
		expect(first!.binary!.file_0).toMatchObject({ mimeType: 'application/pdf' });
		expect((await trigger.read(first!.binary!.file_1!)).toString()).toBe('一、预算');
		expect(second!.json).toMatchObject({ subject: 'Without', attachments: [] });
	});
});

describe('a message is deleted between the list and the reading', () => {
	it('leaves it out and hands on the others', async () => {
		const { poll } = watch({ options: { fields: ['subject', 'body'] } });
		await poll();
		const { id } = arrives('Gone');
		arrives('There');
		simulator.fault({ path: new RegExp(encodeURIComponent(id).slice(0, 8)), status: 404 });
		expect(subjects(await poll())).toEqual(['There']);
		// It was there after all.
		expect(subjects(await poll())).toEqual(['Gone']);
		expect(await poll()).toBeNull();
	});
});

describe('a test in the editor', () => {
	it('shows the newest message that passes the filters, and leaves the watch alone', async () => {
		const { poll, staticData } = watch({ filters: { subject: 'weekly' } });
		expect(subjects(await poll('manual'))).toEqual(['Weekly report 24']);
		expect(staticData).toEqual({});
		await poll();
		const before = structuredClone(staticData);
		arrives('Weekly news');
		expect(subjects(await poll('manual'))).toEqual(['Weekly news']);
		expect(subjects(await poll('manual'))).toEqual(['Weekly news']);
		expect(staticData).toEqual(before);
		expect(subjects(await poll())).toEqual(['Weekly news']);
	});

	it('does so with a search query, in the watched folder alone', async () => {
		arrives('Weekly plan', { folderId: PROJECTS });
		const { poll } = watch({ filters: { query: 'subject:weekly OR subject:plan' } });
		expect(subjects(await poll('manual'))).toEqual(['Weekly report 24']);
	});

	it('goes further than the first page', async () => {
		arrives('Needle', { receivedDateTime: ago(HOUR_MS) });
		simulator.state.addMessages(ALICE, 150, { subject: 'Hay' });
		const { poll } = watch({ filters: { subject: 'needle' } });
		expect(subjects(await poll('manual'))).toEqual(['Needle']);
	});

	it('says what to do when there is none', async () => {
		const { poll } = watch({ filters: { subject: 'nothing has this' } });
		await expect(poll('manual')).rejects.toMatchObject({
			message: 'No message to test with',
			description: expect.stringContaining('change the filters') as string,
		});
	});
});
