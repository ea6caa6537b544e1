import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RealAccount } from '../../../scripts/account.mts';
import { pathTemplate, textsIn } from '../../../scripts/smoke/mask.mts';
import { smoke, walkSimulator, type SmokeOptions } from '../../../scripts/smoke/liveCheck.mts';
import {
	DEFAULT_CLIENT_SECRET,
	knownSecrets,
	type Settings,
	type Simulator,
} from '../../simulator/index.mts';
import { freshSimulator } from '../../support/freshSimulator.mts';
import { runCommand } from '../../support/runCommand.mts';
import { SecretScanner } from '../../support/secrets.mts';

const ALICE = 'alice@example.com';

/** What the simulator holds that stands in the report for another reason: words of the API and of ours. */
const PUBLIC_WORDS = [
	'EMPLOYEE',
	'FREEZE',
	'NORMAL',
	'PRY_HIGH',
	'PRY_NORMAL',
	'deleted',
	'drafts',
	'inbox',
	'junk',
	'none',
	'sent',
	'success',
	'text/plain',
];

const expected = await walkSimulator();

/** A server that may answer otherwise. */
async function unfamiliar(settings: Partial<Settings> = {}): Promise<Simulator> {
	const simulator = await freshSimulator({ rateLimit: Infinity, ...settings });
	onTestFinished(() => simulator.close());
	return simulator;
}

function accountOf({ url, clientId, clientSecret }: Simulator): RealAccount {
	const fields = { region: 'custom', baseUrl: url, clientId, clientSecret };
	return { fields, origin: url, mailbox: ALICE };
}

/** Walks a simulator as if it were the real service. Nothing that it holds may be in what is printed. */
async function check(simulator: Simulator, options: Partial<SmokeOptions> = {}) {
	const before = textsHeld(simulator);
	const lines: string[] = [];
	const worked = await smoke(accountOf(simulator), expected, {
		write: false,
		arrivalTimeoutMs: 2000,
		...options,
		print(line) {
			lines.push(line);
			options.print?.(line);
		},
	});
	const printed = lines.join('\n');
	expectNothingTold(printed, simulator, before);
	return { worked, printed, section: (title: string) => sectionOf(printed, title) };
}

function sectionOf(printed: string, title: string): string[] {
	const [, section = ''] = printed.split(`#### ${title}\n`);
	return section
		.split(/\n#### |\nEvery operation worked/)[0]!
		.split('\n')
		.filter((line) => line !== '');
}

function textsHeld({ state, clientId, clientSecret, url }: Simulator): string[] {
	const mailboxes = [...state.mailboxes.values()].map(({ folders, messages }) => [
		...folders.values(),
		...[...messages.values()].map(({ attachments, ...message }) => [
			message,
			attachments.map(({ id, name }) => [id, name]),
		]),
	]);
	return [
		...[url, new URL(url).host, clientId, clientSecret],
		...textsIn([
			state.organization,
			[...state.users.values()],
			[...state.departments.values()],
			[...state.sharedContacts.values()],
			[...state.sharedContactFolders.values()],
			mailboxes,
		]),
	];
}

function expectNothingTold(printed: string, simulator: Simulator, before: string[]): void {
	const paths = simulator.requests
		.map(({ path }) => path)
		.filter((path) => pathTemplate(path) !== path);
	const tokens = simulator.apiRequests.flatMap(({ authorization }) => authorization ?? []);
	const telling = [...before, ...textsHeld(simulator), ...tokens]
		.filter((text) => !text.startsWith('n8n-nodes-alimail smoke '))
		.filter((text) => text.length >= (/[^ -~]/.test(text) ? 2 : 4) && !PUBLIC_WORDS.includes(text))
		.concat(paths);
	expect(telling.length).toBeGreaterThan(300);
	expect(telling.filter((text) => printed.includes(text))).toEqual([]);
	expect(new SecretScanner(knownSecrets).find(printed)).toBeUndefined();
	expect(printed).not.toMatch(/[^\s]@[a-z]/);
}

function mailboxOf({ state }: Simulator) {
	const { folders, messages } = state.mailbox(ALICE);
	return { folders: [...folders.keys()], messages: [...messages.keys()] };
}

describe('a server that answers as expected', () => {
	it('has no differences, and is only read', async () => {
		const simulator = await unfamiliar();
		const { worked, section } = await check(simulator);
		expect(section('Differences')).toEqual(['- None: the answers look as expected.']);
		expect(section('Failed')).toEqual([]);
		expect(section('Not checked')).toEqual([]);
		expect(worked).toBe(true);
		const changing = simulator.apiRequests.filter(
			({ method, path }) => method !== 'GET' && !path.endsWith('/messages/query'),
		);
		expect(changing).toEqual([]);
	});

	it('has none either when it is written to, and holds afterwards what it held before', async () => {
		const simulator = await unfamiliar();
		const before = mailboxOf(simulator);
		const { worked, section } = await check(simulator, { write: true });
		expect(section('Differences')).toEqual(['- None: the answers look as expected.']);
		expect(section('Failed')).toEqual([]);
		expect(section('Not checked')).toEqual([]);
		expect(worked).toBe(true);
		expect(mailboxOf(simulator)).toEqual(before);
		const ownPaths =
			/^\/(oauth2\/|v2\/stream\/|v2\/users\/alice%40example\.com\/(messages|mailFolders))/;
		const others = simulator.requests.filter(
			({ method, path }) => method !== 'GET' && !ownPaths.test(path),
		);
		expect(others).toEqual([]);
		const actions = ['send', 'batchUpdate', 'move', 'batchDelete'];
		const done = simulator.requests.map(({ path }) => path.split('/').at(-1));
		expect(actions.filter((action) => !done.includes(action))).toEqual([]);
	});
});

describe('a server that answers otherwise', () => {
	it.each<[keyof Settings, Partial<Settings>, string[]]>([
		[
			'numberShape',
			{ numberShape: 'string' },
			[
				'`folders[].totalItemCount` is string, not number',
				'`attachments[].size` is string, not number',
				'`userCount` is string, not number',
			],
		],
		['sizeShape', { sizeShape: 'number' }, ['`messages[].size` is number, not string']],
		[
			'messageShape',
			{ messageShape: 'bare' },
			['the answer lacks `message`', 'body: { bodyText: string, bodyHtml: string }'],
		],
		[
			'folderListKey',
			{ folderListKey: 'value' },
			['the answer lacks `folders`', 'the answer has also { value: [{ id: string, displayName: '],
		],
		['searchEnd', { searchEnd: 'empty' }, ['`nextCursor` is "", not "$"']],
		['searchEnd', { searchEnd: 'missing' }, ['the answer lacks `nextCursor`']],
		[
			'headersShape',
			{ headersShape: 'array' },
			['`message.internetMessageHeaders` is [], not object'],
		],
		[
			'downloadShape',
			{ downloadShape: 'location' },
			['answers with status 200 (application/json, { location: absolute address }), not 302'],
		],
		[
			'downloadShape',
			{ downloadShape: 'relativeLocation' },
			['answers with status 200 (application/json, { location: relative address }), not 302'],
		],
		[
			'downloadShape',
			{ downloadShape: 'bytes' },
			['answers with status 200 (application/octet-stream with its length), not 302'],
		],
		[
			'downloadLength',
			{ downloadLength: 'chunked' },
			['application/octet-stream without its length, not application/octet-stream with its length'],
		],
		[
			'errorShape',
			{ errorShape: 'alimail' },
			[
				'the answer lacks `code`, `requestId`',
				'the answer has also { detailErrorCode: string, developerMessage: string }',
			],
		],
		[
			'errorShape',
			{ errorShape: 'oauth' },
			['has also { error: string, error_description: string }'],
		],
		['errorShape', { errorShape: 'text' }, ['answers with text/plain, not application/json']],
		['expiresInShape', { expiresInShape: 'string' }, ['`expires_in` is string, not number']],
		['expiresInShape', { expiresInShape: 'missing' }, ['the answer lacks `expires_in`']],
		['tokenType', { tokenType: 'Bearer' }, ['`token_type` is "Bearer", not "bearer"']],
	])('in %s is found out: %j', async (_name, settings, differences) => {
		const { worked, section } = await check(await unfamiliar(settings));
		const found = section('Differences').join('\n');
		for (const difference of differences) expect(found).toContain(difference);
		expect(section('Failed')).toEqual([]);
		expect(worked).toBe(true);
	});

	it.each<[keyof Settings, Partial<Settings>, string[]]>([
		[
			'emptyBodies',
			{ emptyBodies: true },
			[
				'- `POST /v2/users/{user}/messages/{messageId}/send`\n  - answers with an empty body, not application/json',
				'- `POST /v2/users/{user}/messages/batchDelete`\n  - answers with an empty body, not application/json',
			],
		],
		[
			'uploadUrlShape',
			{ uploadUrlShape: 'relative' },
			['`uploadUrl` is relative address, not absolute address'],
		],
		['messageShape', { messageShape: 'bare' }, ['the answer lacks `folder` _(Create folder)_']],
	])('to what changes something, in %s, is found out: %j', async (_name, settings, differences) => {
		const simulator = await unfamiliar(settings);
		const before = mailboxOf(simulator);
		const { worked, section } = await check(simulator, { write: true });
		const found = section('Differences').join('\n');
		for (const difference of differences) expect(found).toContain(difference);
		expect(worked).toBe(true);
		expect(mailboxOf(simulator)).toEqual(before);
	});

	it('leads to another server, and that shows without its name', async () => {
		const simulator = await unfamiliar();
		simulator.settings.storageOrigin = (await simulator.startStorage()).url;
		const { worked, section } = await check(simulator);
		expect(section('Differences')).toEqual([
			'- GET another server',
			'  - is called (200, application/octet-stream with its length), which the simulator gives no reason for _(Download attachment)_',
		]);
		expect(worked).toBe(true);
	});

	it.each<Settings['downloadShape'] | 'anotherServer'>([
		'redirect',
		'location',
		'bytes',
		'anotherServer',
	])('gives a file that is JSON (%s), and nothing of what is in it shows', async (shape) => {
		const simulator = await unfamiliar();
		const { settings, state } = simulator;
		if (shape === 'anotherServer') settings.storageOrigin = (await simulator.startStorage()).url;
		else settings.downloadShape = shape;
		for (const message of state.messagesIn(ALICE)) {
			message.attachments = [];
			state.addAttachment(message, { name: 'pay.json', content: '{"salary":{"bob":1}}' });
		}
		const { printed, section } = await check(simulator);
		expect(section('Failed')).toEqual([]);
		expect(printed).toContain('✓ Download attachment');
		expect(printed).not.toContain('salary');
	});

	it('says more than is known: names show, unless they are data, and values never', async () => {
		const simulator = await unfamiliar();
		simulator.fault({
			path: '/v2/organization/$current',
			body: { ...simulator.state.organization, plan: { seats: 4711 }, [ALICE]: 'Alice Martin' },
		});
		const { section } = await check(simulator);
		expect(section('Differences')).toEqual([
			'- `GET /v2/organization/$current`',
			'  - the answer has also { plan: { seats: number }, *: string } _(API request)_',
		]);
	});
});

describe('an application that may not do everything', () => {
	it('fails where it may not, and the rest is checked', async () => {
		const simulator = await unfamiliar({ permissions: ['Mail.Read.All'] });
		const before = mailboxOf(simulator);
		const { worked, section } = await check(simulator, { write: true });
		expect(worked).toBe(false);
		expect(section('Failed').map((line) => line.split(':')[0])).toEqual([
			'- API request',
			'- Get many users',
			'- Get user',
			'- Get user with all fields',
			'- Get many departments',
			'- Get department',
			'- Get many shared contacts',
			'- Create folder',
			'- Create draft',
		]);
		expect(section('Failed')[2]).toBe(
			'- Get user: Alimail refused GET /v2/users/{user} with status 403: code forbidden, the application has no permission for this call',
		);
		expect(section('Differences')).toContain(
			'  - answers with status 403, not 200 _(Get many users)_',
		);
		expect(mailboxOf(simulator)).toEqual(before);
	});

	it('is told so in errors that repeat what they are about, and none of it is printed', async () => {
		const simulator = await unfamiliar();
		const { id, name } = simulator.state.user('zhang.wei@example.com');
		const telling = `${ALICE} (Alice Martin), ${name}, ${id}, of example.com, ${DEFAULT_CLIENT_SECRET}, at ${simulator.url}/v2/users/${id}`;
		simulator.fault({
			path: '/v2/departments/*',
			times: Infinity,
			status: 403,
			body: { detailErrorCode: 'domain.notFound', message: telling },
		});
		const { worked, section } = await check(simulator);
		expect(worked).toBe(false);
		expect(section('Failed')).toHaveLength(2);
		expect(section('Failed')[0]).toContain('code domain.notFound, ');
	});

	it('gets no token, and is asked nothing else', async () => {
		const simulator = await unfamiliar();
		const account = accountOf(simulator);
		const lines: string[] = [];
		const worked = await smoke(
			{ ...account, fields: { ...account.fields, clientSecret: 'wrong-secret' } },
			expected,
			{ write: true, arrivalTimeoutMs: 1000, print: (line) => lines.push(line) },
		);
		const printed = lines.join('\n');
		expect(worked).toBe(false);
		expect(sectionOf(printed, 'Failed')).toEqual([
			expect.stringMatching(/^- Get token: .*HTTP 400, code 1003/),
		]);
		expect(sectionOf(printed, 'Not checked')).toEqual(['- Everything else, for there is no token']);
		expect(printed).not.toContain('wrong-secret');
		expect(simulator.requests).toHaveLength(1);
	});
});

describe('a mailbox that does not hold everything', () => {
	it('without attachments: says that they were not checked', async () => {
		const simulator = await unfamiliar();
		for (const message of simulator.state.messagesIn(ALICE)) message.attachments = [];
		const { worked, section } = await check(simulator);
		expect(section('Not checked')).toContain(
			'- Attachments: no message with an attachment was found',
		);
		expect(section('Failed')).toEqual([]);
		expect(worked).toBe(true);
	});

	it('without messages: says what was not checked, and which lists were empty', async () => {
		const simulator = await unfamiliar();
		const { state } = simulator;
		for (const { id } of state.messagesIn(ALICE)) state.removeMessage(ALICE, id);
		const { worked, section } = await check(simulator);
		expect(section('Not checked')).toContain(
			'- Messages, attachments and the trigger: no message was found',
		);
		expect(section('Not checked')).toContain(
			'  - `messages[]` has no entry _(Get many messages by filters; Get many messages by a query)_',
		);
		expect(section('Differences')).toEqual(['- None: the answers look as expected.']);
		expect(worked).toBe(true);
	});
});

describe('when something fails after the mailbox has been written to', () => {
	it('goes on with the rest, and cleans up', async () => {
		const simulator = await unfamiliar();
		const before = mailboxOf(simulator);
		simulator.fault({ path: /batchUpdate$/, status: 400, times: Infinity });
		const { worked, section } = await check(simulator, { write: true });
		expect(worked).toBe(false);
		expect(section('Failed').map((line) => line.split(':')[0])).toEqual([
			'- Mark as read',
			'- Mark as unread',
		]);
		expect(section('Left behind in the mailbox')).toEqual([]);
		expect(mailboxOf(simulator)).toEqual(before);
	});

	it('deletes the draft that was not sent', async () => {
		const simulator = await unfamiliar();
		const before = mailboxOf(simulator);
		simulator.fault({ path: /\/send$/, status: 403 });
		const { worked, section } = await check(simulator, { write: true });
		expect(worked).toBe(false);
		expect(section('Failed')).toHaveLength(1);
		expect(section('Failed')[0]).toMatch(/^- Send draft: The draft \{…\} was not /);
		expect(section('Left behind in the mailbox')).toEqual([]);
		expect(mailboxOf(simulator)).toEqual(before);
	});

	it('says that a message may still come, if it has not been seen', async () => {
		const simulator = await unfamiliar();
		simulator.state.sendDraft = (mailbox, draft) =>
			simulator.state.removeMessage(mailbox, draft.id);
		const { worked, section } = await check(simulator, { write: true, arrivalTimeoutMs: 1000 });
		expect(worked).toBe(false);
		expect(section('Failed')).toEqual([
			'- Wait for the message: It did not arrive within 1 seconds.',
		]);
		expect(section('Left behind in the mailbox')).toEqual([
			expect.stringMatching(
				/^- Perhaps a message in the inbox, where none has been seen yet, named “n8n-nodes-alimail smoke [\da-f]{12}”$/,
			),
			expect.stringMatching(/^- Perhaps a message in Sent Items, /),
		]);
	});

	it('says what it could not delete, and deletes the rest', async () => {
		const simulator = await unfamiliar();
		const before = mailboxOf(simulator);
		simulator.fault({ path: /batchDelete$/, status: 500, times: Infinity });
		const { worked, section } = await check(simulator, { write: true, arrivalTimeoutMs: 500 });
		expect(worked).toBe(false);
		expect(section('Failed').map((line) => line.split(':')[0])).toEqual(['- Delete messages']);
		expect(section('Left behind in the mailbox')).toEqual([
			expect.stringMatching(/^- A message that was in the folder, named /),
			expect.stringMatching(/^- A message in Sent Items, named /),
		]);
		expect(mailboxOf(simulator).folders).toEqual(before.folders);
		expect(mailboxOf(simulator).messages).toHaveLength(before.messages.length + 2);
	});

	it('cleans up what it can see when it cannot look everywhere', async () => {
		const simulator = await unfamiliar();
		const before = mailboxOf(simulator);
		simulator.fault({ path: /mailFolders\/3\/messages$/, status: 404, times: Infinity });
		const { worked, section } = await check(simulator, { write: true, arrivalTimeoutMs: 500 });
		expect(worked).toBe(false);
		expect(section('Failed').map((line) => line.split(':')[0])).toEqual(['- Delete messages']);
		expect(section('Left behind in the mailbox')).toEqual([
			expect.stringMatching(/^- Perhaps a message, named /),
		]);
		expect(mailboxOf(simulator)).toEqual(before);
	});

	it('waits for the message, and deletes it, when the answer to sending it was lost', async () => {
		const simulator = await unfamiliar();
		const before = mailboxOf(simulator);
		simulator.fault({ path: /\/send$/, reset: 'after' });
		const { worked, section } = await check(simulator, { write: true });
		expect(worked).toBe(false);
		expect(section('Failed').map((line) => line.split(':')[0])).toEqual(['- Send draft']);
		expect(section('Left behind in the mailbox')).toEqual([]);
		expect(mailboxOf(simulator)).toEqual(before);
	});

	it('says that the folder is still there', async () => {
		const simulator = await unfamiliar();
		simulator.fault({ method: 'DELETE', status: 403 });
		const { worked, section } = await check(simulator, { write: true });
		expect(worked).toBe(false);
		expect(section('Left behind in the mailbox')).toEqual([
			expect.stringMatching(/^- Perhaps a folder, named “n8n-nodes-alimail smoke [\da-f]{12}”$/),
		]);
	});
});

describe('an interruption', () => {
	it('ends the walk, and not before it has cleaned up', async () => {
		const simulator = await unfamiliar();
		const before = mailboxOf(simulator);
		const interruption = new AbortController();
		const { worked, printed, section } = await check(simulator, {
			write: true,
			signal: interruption.signal,
			print: (line) => {
				if (line.includes('Send draft')) interruption.abort();
			},
		});
		expect(worked).toBe(false);
		expect(printed).not.toContain('Mark as read');
		expect(section('Not checked')).toContain('- What would have come after the interruption');
		expect(section('Left behind in the mailbox')).toEqual([]);
		expect(mailboxOf(simulator)).toEqual(before);
	});
});

describe('npm run smoke', () => {
	const run = async (args: string[], env: Record<string, string>) =>
		await runCommand('npm', ['run', '--silent', 'smoke', '--', ...args], {
			cwd: join(import.meta.dirname, '..', '..', '..'),
			env,
		});
	const environmentOf = ({ url, clientId, clientSecret }: Simulator) => ({
		ALIMAIL_BASE_URL: url,
		ALIMAIL_CLIENT_ID: clientId,
		ALIMAIL_CLIENT_SECRET: clientSecret,
		ALIMAIL_MAILBOX: ALICE,
	});
	const nothing = {
		ALIMAIL_BASE_URL: '',
		ALIMAIL_CLIENT_ID: '',
		ALIMAIL_CLIENT_SECRET: '',
		ALIMAIL_MAILBOX: '',
	};

	it('walks the server that the environment names', async () => {
		const simulator = await unfamiliar({ sizeShape: 'number' });
		const before = mailboxOf(simulator);
		const held = textsHeld(simulator);
		const printed = await run(['--write'], environmentOf(simulator));
		expect(printed).toContain('\nEvery operation worked.');
		expect(sectionOf(printed, 'Differences')).toContain(
			'  - `message.size` is number, not string _(Get message; Mark as read; Mark as unread)_',
		);
		expect(sectionOf(printed, 'Failed')).toEqual([]);
		expectNothingTold(printed, simulator, held);
		expect(mailboxOf(simulator)).toEqual(before);
	});

	it('ends with 1 when something failed', async () => {
		const simulator = await unfamiliar({ permissions: ['Mail.Read.All'] });
		await expect(run([], environmentOf(simulator))).rejects.toThrow(
			/ended with 1:[^]*- Get user: Alimail refused/,
		);
	});

	it('ends with 2 and says what to set when nothing is set', async () => {
		await expect(run([], nothing)).rejects.toThrow(
			/ended with 2:[^]*Set ALIMAIL_CLIENT_ID, ALIMAIL_CLIENT_SECRET, ALIMAIL_MAILBOX: /,
		);
	});

	it('ends with 2 when it is asked for something that it does not know', async () => {
		await expect(run(['--wirte'], nothing)).rejects.toThrow(/ended with 2:[^]*--wirte/);
	});
});
