import { describe, expect, it } from 'vitest';
import type { Settings } from '../../simulator/index.mts';
import { calls, mail } from '../../support/mail.mts';
import { byAddress, byId } from '../../support/operations.mts';
import { simulated } from '../../support/simulated.mts';

const BOX = 'bob@example.com';
const getMany = (parameters: Record<string, unknown> = {}) =>
	mail('message', 'getAll', { mailbox: byAddress(BOX), folder: byId('2'), ...parameters });
const search = (filters: Record<string, unknown>, parameters: Record<string, unknown> = {}) =>
	getMany({ getFrom: 'filters', filters, ...parameters });

/** What a field holds that nobody filled in, and expressions that find nothing. */
const EMPTY = [
	'={{ "" }}',
	'={{ " " }}',
	'={{ null }}',
	'={{ undefined }}',
	'={{ $json.missing }}',
];

/** Bob's mailbox with so many messages, one second apart. */
async function withMessages(count: number, settings: Partial<Settings> = {}) {
	const { simulator, alimail } = await simulated(settings);
	const messages = simulator.state.addMessages(BOX, count);
	return { simulator, alimail, messages };
}

describe('the messages of a folder', () => {
	it('come newest first, simplified, up to a limit', async () => {
		const { simulator, alimail, messages } = await withMessages(60);
		const { json, error } = await alimail.run({ parameters: getMany() });
		expect(error).toBeUndefined();
		expect(json.map(({ id }) => id)).toEqual(
			messages
				.toReversed()
				.slice(0, 50)
				.map(({ id }) => id),
		);
		expect(Object.keys(json[0]!)).toEqual([
			'id',
			'subject',
			'from',
			'fromName',
			'to',
			'cc',
			'receivedAt',
			'sentAt',
			'isRead',
			'hasAttachments',
			'sizeBytes',
			'folderId',
			'conversationId',
			'summary',
			'tags',
			'internetMessageId',
		]);
		expect(json[0]).toMatchObject({
			from: 'sender@example.org',
			to: BOX,
			sizeBytes: expect.any(Number),
		});
		expect(simulator.apiRequests).toHaveLength(1);
		expect(simulator.apiRequests[0]?.query).toMatchObject({
			size: '50',
			orderby: 'DES',
			isAscending: 'false',
		});
	});

	it.each<Partial<Settings>>([{}, { numberShape: 'string' }])(
		'come all, page by page, with %o',
		async (settings) => {
			const { simulator, alimail, messages } = await withMessages(250, settings);
			const { json } = await alimail.run({ parameters: getMany({ returnAll: true }) });
			expect(json.map(({ id }) => id)).toEqual(messages.toReversed().map(({ id }) => id));
			expect(new Set(json.map(({ sizeBytes }) => typeof sizeBytes))).toEqual(new Set(['number']));
			expect(simulator.apiRequests.map(({ query }) => query.size)).toEqual(['100', '100', '100']);
		},
	);

	it('come oldest first', async () => {
		const { alimail, messages } = await withMessages(5);
		const { json } = await alimail.run({
			parameters: getMany({ limit: 2, options: { order: 'oldestFirst' } }),
		});
		expect(json.map(({ id }) => id)).toEqual(messages.slice(0, 2).map(({ id }) => id));
	});

	it.each([
		['2025-03-01T08:00:00+08:00', '2025-03-01T00:00:00Z'],
		['2025-03-01T00:00:00.000Z', '2025-03-01T00:00:00Z'],
		['2025-02-28T19:00:00-05:00', '2025-03-01T00:00:00Z'],
		['={{ 1740787200000 }}', '2025-03-01T00:00:00Z'],
		['1740787200000', '2025-03-01T00:00:00Z'],
		[
			"={{ DateTime.fromISO('2025-03-01T01:00:00', { zone: 'Europe/Paris' }) }}",
			'2025-03-01T00:00:00Z',
		],
		// Without an offset: the zone of the workflow, which is n8n's default, America/New_York.
		['2025-02-28T19:00:00', '2025-03-01T00:00:00Z'],
	])('can be those of a period, from %s', async (startTime, expected) => {
		const { simulator, alimail } = await simulated();
		for (const receivedDateTime of [
			'2025-02-28T23:59:59Z',
			'2025-03-01T00:00:00Z',
			'2025-03-02T00:00:00Z',
		]) {
			simulator.state.addMessage(BOX, { receivedDateTime });
		}
		const { json, error } = await alimail.run({
			parameters: getMany({ options: { startTime, endTime: '2025-03-02T00:00:00Z' } }),
		});
		expect(error).toBeUndefined();
		expect(simulator.apiRequests[0]?.query).toMatchObject({
			startTime: expected,
			endTime: '2025-03-02T00:00:00Z',
		});
		expect(json.map(({ receivedAt }) => receivedAt)).toEqual(['2025-03-01T00:00:00.000Z']);
	});

	it('have the fields that the user selects', async () => {
		const { simulator, alimail } = await withMessages(1);
		const { json } = await alimail.run({
			parameters: getMany({ options: { fields: ['subject', 'body', 'priority'] } }),
		});
		expect(simulator.apiRequests[0]?.query.$select).toBe('id,subject,body,priority');
		expect(json).toEqual([
			{
				id: expect.any(String),
				subject: expect.any(String),
				text: expect.stringContaining('Text of message'),
				html: '',
				priority: 'PRY_NORMAL',
			},
		]);
	});

	it('come as the API gives them without Simplify', async () => {
		const { alimail, messages } = await withMessages(1);
		const { json } = await alimail.run({ parameters: getMany({ simplify: false }) });
		expect(json[0]).toMatchObject({
			id: messages[0]!.id,
			from: { email: 'sender@example.org' },
			toRecipients: [{ email: BOX }],
			isReplied: false,
		});
		expect(json[0]).not.toHaveProperty('body');
	});

	it('bring their files', async () => {
		const { simulator, alimail } = await simulated();
		simulator.state.addMessage(BOX, { subject: 'without' });
		simulator.state.addMessage(BOX, {
			subject: 'with',
			attachments: [
				{ name: 'a.txt', content: 'first', contentType: 'text/plain' },
				{ name: 'a.txt', content: 'second', contentType: 'text/plain' },
			],
		});
		const { items } = await alimail.run({
			parameters: getMany({
				options: { downloadAttachments: true, attachmentsPrefix: 'file_', fields: ['subject'] },
			}),
		});
		const [withFiles, without] = items;
		expect(without?.binary).toBeUndefined();
		expect(withFiles?.json).toMatchObject({
			subject: 'with',
			attachments: [
				{ name: 'a.txt', sizeBytes: 5, binaryField: 'file_0' },
				{ name: 'a.txt', sizeBytes: 6, binaryField: 'file_1' },
			],
		});
		expect(withFiles?.json).not.toHaveProperty('hasAttachments');
		expect(Object.keys(withFiles!.binary!)).toEqual(['file_0', 'file_1']);
		expect((await alimail.read(withFiles!.binary!.file_1!)).toString()).toBe('second');
	});

	it('of several mailboxes come in the order of the items', async () => {
		const { alimail } = await simulated();
		const { items } = await alimail.run({
			items: [{ to: 'alice@example.com' }, { to: 'bob@example.com' }, { to: 'alice@example.com' }],
			parameters: getMany({ mailbox: byAddress('={{ $json.to }}'), limit: 1, folder: byId('1') }),
		});
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 2 }]);
	});

	it.each([
		['startTime', 'Received After'],
		['endTime', 'Received Before'],
	])('are not all of them because %s is empty', async (name, displayName) => {
		const { simulator, alimail } = await withMessages(1);
		for (const empty of EMPTY) {
			const { error } = await alimail.run({ parameters: getMany({ options: { [name]: empty } }) });
			expect(error?.message).toBe(`'${displayName}' is empty`);
		}
		expect(simulator.requests).toEqual([]);
	});

	it('may be none', async () => {
		const { alimail } = await simulated();
		const { items, error } = await alimail.run({ parameters: getMany() });
		expect(error).toBeUndefined();
		expect(items).toEqual([]);
	});
});

describe('a search', () => {
	it.each<Partial<Settings>>([
		{ searchEnd: 'dollar' },
		{ searchEnd: 'empty' },
		{ searchEnd: 'missing', numberShape: 'string' },
		{ searchNeedsCursor: true },
	])('brings all pages, with %o', async (settings) => {
		const { simulator, alimail, messages } = await withMessages(250, settings);
		const { json } = await alimail.run({ parameters: search({}, { returnAll: true }) });
		expect(json.map(({ id }) => id)).toEqual(messages.toReversed().map(({ id }) => id));
		expect(simulator.apiRequests).toHaveLength(3);
		expect(simulator.apiRequests[0]?.body).toEqual({
			query: 'date>=1970-01-01T00:00:00Z',
			cursor: '',
			size: 100,
		});
	});

	it.each<[string, Record<string, unknown>]>([
		['the sender', { sender: 'ann' }],
		['the recipient', { recipient: 'list@' }],
		['the subject', { subject: 'say "hi" AND (go)' }],
		['the body', { body: 'secret word' }],
		['the read status', { readStatus: 'unread' }],
		['attachments', { hasAttachments: true }],
		['the name of an attachment', { attachmentName: 'invoice' }],
		['the folder', { folder: byId('104') }],
		['the tag', { tag: '11' }],
		['the size', { minSizeBytes: 5000, maxSizeBytes: 90000 }],
		['the time', { receivedAfter: '2025-05-01T08:00:00+08:00', receivedBefore: '2025-05-02' }],
	])('finds by %s', async (_what, filters) => {
		const { simulator, alimail } = await simulated();
		const wanted = simulator.state.addMessage(BOX, {
			from: { email: 'ann@example.org', name: 'Ann' },
			toRecipients: [{ email: 'list@example.org', name: '' }],
			subject: 'Please say "hi" and (go)'.replace('and', 'AND'),
			body: { bodyText: 'The secret word.' },
			isRead: false,
			attachments: [{ name: 'Invoice 1.pdf', content: 'x'.repeat(8000) }],
			folderId: '104',
			tags: ['11'],
			receivedDateTime: '2025-05-01T12:00:00Z',
		});
		simulator.state.addMessage(BOX, { isRead: true });
		const { json, error } = await alimail.run({ parameters: search(filters) });
		expect(error).toBeUndefined();
		expect(json.map(({ id }) => id)).toEqual([wanted.id]);
	});

	it('finds what does not have something', async () => {
		const { simulator, alimail } = await simulated();
		const wanted = simulator.state.addMessage(BOX, { isRead: true });
		simulator.state.addMessage(BOX, { attachments: [{ name: 'a', content: 'a' }] });
		const { json } = await alimail.run({
			parameters: search({ hasAttachments: false, readStatus: 'read' }),
		});
		expect(json.map(({ id }) => id)).toEqual([wanted.id]);
	});

	it('finds everything without filters, as with those that ask for nothing', async () => {
		const { simulator, alimail } = await withMessages(1);
		for (const filters of [{}, { readStatus: 'both' }]) {
			const { json, error } = await alimail.run({ parameters: search(filters) });
			expect(error).toBeUndefined();
			expect(json).toHaveLength(1);
		}
		expect(simulator.apiRequests.map(({ body }) => body)).toMatchObject([
			{ query: 'date>=1970-01-01T00:00:00Z' },
			{ query: 'date>=1970-01-01T00:00:00Z' },
		]);
	});

	const locator = (value: unknown) => ({ __rl: true, mode: 'id', value });

	it.each<[string, string, (empty: string) => unknown]>([
		['sender', 'Sender', (empty) => empty],
		['recipient', 'Recipient', (empty) => empty],
		['subject', 'Subject', (empty) => empty],
		['body', 'Body', (empty) => empty],
		['attachmentName', 'Attachment Name', (empty) => empty],
		['tag', 'Tag ID', (empty) => empty],
		['receivedAfter', 'Received After', (empty) => empty],
		['receivedBefore', 'Received Before', (empty) => empty],
		['minSizeBytes', 'Minimum Size', (empty) => empty],
		['maxSizeBytes', 'Maximum Size', (empty) => empty],
		['hasAttachments', 'Has Attachments', (empty) => empty],
		['readStatus', 'Read Status', (empty) => empty],
		['folder', 'Folder', locator],
	])('is refused with an empty %s: it would find everything', async (name, displayName, value) => {
		const { simulator, alimail } = await withMessages(1);
		for (const empty of EMPTY) {
			const { error } = await alimail.run({
				parameters: search({ [name]: value(empty) }),
			});
			expect(error?.message).toBe(`'${displayName}' is empty`);
			expect(error?.description).toContain('remove');
			expect(error?.context.itemIndex).toBe(0);
		}
		expect(simulator.requests).toEqual([]);
	});

	it('takes a query as it is', async () => {
		const { simulator, alimail } = await withMessages(3);
		const query = 'isRead:false AND NOT (subject:"x y" OR size>100000)';
		const { json } = await alimail.run({
			parameters: getMany({ getFrom: 'searchQuery', searchQuery: ` ${query} ` }),
		});
		expect(json).toHaveLength(3);
		expect(simulator.apiRequests[0]?.body).toMatchObject({ query });
		expect(calls(simulator)).toEqual(['POST query']);
	});
});

describe('a list that cannot be asked for', () => {
	it.each<[string, Record<string, unknown>, string]>([
		['a time that is none', { options: { startTime: 'soon' } }, "'Received After' is 'soon'"],
		[
			'a period that ends before it begins',
			{ options: { startTime: '2025-02-01', endTime: '2025-01-01' } },
			"'Received Before'",
		],
		['an order that is none', { options: { order: 'random' } }, "'Order'"],
		['a limit that is none', { limit: '={{ "x" }}' }, "'Limit'"],
		[
			'a prefix that is none',
			{ options: { downloadAttachments: true, attachmentsPrefix: '.' } },
			"'Attachments Prefix'",
		],
		[
			'an empty query',
			{ getFrom: 'searchQuery', searchQuery: '={{ "" }}' },
			"'Search Query' is empty",
		],
		[
			'a size that is none',
			{ getFrom: 'filters', filters: { minSizeBytes: '1 MB' } },
			"'Minimum Size'",
		],
		[
			'a filter that is no text',
			{ getFrom: 'filters', filters: { subject: ['a'] } },
			"'Subject' must be text",
		],
		[
			'a read status that is none',
			{ getFrom: 'filters', filters: { readStatus: 'new' } },
			"'Read Status'",
		],
	])('because of %s is an error that names it', async (_what, parameters, text) => {
		const { simulator, alimail } = await simulated();
		const { error } = await alimail.run({ parameters: getMany(parameters) });
		expect(error?.message).toContain(text);
		expect(simulator.requests).toEqual([]);
	});

	it('because of a query that the server does not understand says so', async () => {
		const { alimail } = await simulated();
		const { error } = await alimail.run({
			parameters: getMany({ getFrom: 'searchQuery', searchQuery: 'nonsense' }),
		});
		expect(error?.message).toContain('400');
	});
});
