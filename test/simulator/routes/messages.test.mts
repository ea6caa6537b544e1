import { describe, expect, it, vi } from 'vitest';
import {
	ALICE,
	type Answer,
	type Body,
	call,
	encoded,
	expectAlimailError,
	INBOX,
	simulator,
	useSimulator,
} from '../../support/simulatorClient.mts';

useSimulator();

describe('listing the messages of a folder', () => {
	async function listAll(path: string, size: number): Promise<Body[]> {
		const pages: Body[] = [];
		let cursor = '';
		do {
			const separator = path.includes('?') ? '&' : '?';
			const query = `${separator}size=${size}&cursor=${encoded(cursor)}`;
			const { json } = await call(path + query);
			pages.push(json);
			cursor = json.nextCursor;
		} while (pages.at(-1)?.hasMore);
		return pages;
	}

	it('reads every message once, newest first, and ends with hasMore false', async () => {
		const pages = await listAll(`${INBOX}?$select=receivedDateTime`, 10);
		expect(pages.map(({ messages }) => messages.length)).toEqual([10, 10, 5]);
		expect(pages.map(({ hasMore }) => hasMore)).toEqual([true, true, false]);
		const messages = pages.flatMap((page) => page.messages);
		expect(new Set(messages.map(({ id }) => id)).size).toBe(25);
		const times = messages.map(({ receivedDateTime }) => receivedDateTime);
		expect(times).toEqual([...times].sort().reverse());
	});

	it('ends exactly when the last page is full', async () => {
		const pages = await listAll(INBOX, 25);
		expect(pages).toHaveLength(1);
		expect(pages[0]?.hasMore).toBe(false);
	});

	it('neither repeats nor skips when mail arrives between two pages', async () => {
		const first = (await call(`${INBOX}?size=10`)).json;
		simulator.state.addMessages('alice@example.com', 5);
		const rest = (await call(`${INBOX}?size=100&cursor=${first.nextCursor}`)).json;
		const ids = [...first.messages, ...rest.messages].map(({ id }) => id);
		expect(ids).toHaveLength(25);
		expect(new Set(ids).size).toBe(25);
	});

	it('reads a mailbox of 10,000 messages', async () => {
		simulator.settings.rateLimit = Infinity;
		simulator.state.addMessages('bob@example.com', 10_000);
		const pages = await listAll('/v2/users/bob@example.com/mailFolders/2/messages', 100);
		expect(pages).toHaveLength(100);
		const ids = pages.flatMap(({ messages }) => messages.map(({ id }) => id));
		expect(new Set(ids).size).toBe(10_000);
	});

	it('returns 100 at most and when no size is given', async () => {
		simulator.state.addMessages('alice@example.com', 200);
		expect((await call(INBOX)).json.messages).toHaveLength(100);
		expectAlimailError(await call(`${INBOX}?size=101`), 400, '1001');
	});

	it.each(['isAscending=true', 'orderby=ASC'])('reads oldest first with %s', async (order) => {
		const pages = await listAll(`${INBOX}?$select=receivedDateTime&${order}`, 10);
		const times = pages.flatMap(({ messages }) =>
			messages.map(({ receivedDateTime }) => receivedDateTime),
		);
		expect(times).toHaveLength(25);
		expect(times).toEqual([...times].sort());
	});

	it('keeps to startTime and endTime, and ignores an OData filter', async () => {
		const [newest, second, third] = simulator.state.messagesIn('alice@example.com', '2');
		const window = `startTime=${third?.receivedDateTime}&endTime=${newest?.receivedDateTime}`;
		const { json } = await call(`${INBOX}?${window}&filter=${encoded('isRead eq true')}`);
		expect(json.messages.map(({ id }) => id)).toEqual([second?.id, third?.id]);
	});

	it('leaves out body and recipients, unless $select names them', async () => {
		const [listed] = (await call(`${INBOX}?size=1`)).json.messages;
		expect(Object.keys(listed ?? {})).toEqual([
			'id',
			'subject',
			'summary',
			'from',
			'folderId',
			'isRead',
			'hasAttachments',
			'sentDateTime',
		]);
		const [selected] = (await call(`${INBOX}?size=1&$select=body,tags`)).json.messages;
		expect(Object.keys(selected ?? {})).toEqual(['id', 'body', 'tags']);
	});

	it('writes sizes as text and counters as numbers, or otherwise when set so', async () => {
		const size = async () =>
			(await call(`${INBOX}?size=1&$select=size`)).json.messages[0]?.size as unknown;
		expect(await size()).toMatch(/^\d+$/);
		simulator.settings.sizeShape = 'number';
		expect(await size()).toBeTypeOf('number');
		const before = (await call(`${ALICE}/mailFolders`)).json.folders;
		expect(before.find(({ id }) => id === '2')).toMatchObject({
			totalItemCount: 25,
			unreadItemCount: 7,
		});
		simulator.settings.numberShape = 'string';
		const { folders } = (await call(`${ALICE}/mailFolders`)).json;
		expect(folders.find(({ id }) => id === '2')).toMatchObject({
			totalItemCount: '25',
			unreadItemCount: '7',
		});
	});
});

describe('searching', () => {
	function search(query: string, more: object = {}): Promise<Answer> {
		return call(`${ALICE}/messages/query?$select=id,subject,folderId,isRead`, {
			json: { query, ...more },
		});
	}

	it('pages until nextCursor is $, with a total', async () => {
		const first = (await search('folderId:2', { size: 20 })).json;
		expect(first.messages).toHaveLength(20);
		expect(first.total).toBe(25);
		const last = (await search('folderId:2', { size: 20, cursor: first.nextCursor })).json;
		expect(last.messages).toHaveLength(5);
		expect(last.nextCursor).toBe('$');
		const beyond = (await search('folderId:2', { size: 20, cursor: '$' })).json;
		expect(beyond.messages).toEqual([]);
	});

	it('ends with an empty or a missing cursor when set so', async () => {
		simulator.settings.searchEnd = 'empty';
		expect((await search('folderId:2')).json.nextCursor).toBe('');
		simulator.settings.searchEnd = 'missing';
		expect((await search('folderId:2')).json).not.toHaveProperty('nextCursor');
	});

	it('takes an empty cursor on the first page, and refuses none at all when set so', async () => {
		expect((await search('folderId:2', { cursor: '' })).json.total).toBe(25);
		expect((await search('folderId:2')).json.total).toBe(25);
		simulator.settings.searchNeedsCursor = true;
		expect((await search('folderId:2', { cursor: '' })).json.total).toBe(25);
		expectAlimailError(await search('folderId:2'), 400, '1001');
	});

	it('does not find a new message before the time that is set', async () => {
		simulator.settings.searchDelayMs = 60_000;
		expect((await search('folderId:2')).json.total).toBe(0);
		expect((await call(INBOX)).json.messages).toHaveLength(25);
		simulator.settings.searchDelayMs = 1;
		await vi.waitUntil(async () => (await search('folderId:2')).json.total === 25);
	});

	it('copes with a mailbox of 50,000 messages that changes all the time', async () => {
		simulator.settings.rateLimit = Infinity;
		const bob = '/v2/users/bob@example.com';
		simulator.state.addMessages('bob@example.com', 50_000);
		for (let i = 0; i < 200; i++) {
			const { id } = simulator.state.addMessage('bob@example.com', { subject: `Late ${i}` });
			const { messages } = (await call(`${bob}/mailFolders/2/messages?size=2`)).json;
			expect(messages.map((message) => message.id)[0]).toBe(id);
			if (i % 2 === 0) simulator.state.moveMessage('bob@example.com', id, '6');
		}
		const found = await call(`${bob}/messages/query`, { json: { query: 'subject:Late' } });
		expect(found.json.total).toBe(200);
		const folder = (id: string) => simulator.state.messagesIn('bob@example.com', id);
		expect([folder('2').length, folder('6').length]).toEqual([50_100, 100]);
		const deleted = folder('6').map(({ id }) => id);
		await call(`${bob}/messages/batchDelete`, {
			json: { ids: deleted, deleteType: 'USER_DELETED' },
		});
		expect(folder('6')).toEqual([]);
		const all = simulator.state.messagesIn('bob@example.com');
		expect(all).toHaveLength(50_100);
		const sorted = [...all].sort(
			(left, right) => right.receivedAt - left.receivedAt || right.sequence - left.sequence,
		);
		expect(all.every((message, i) => message === sorted[i])).toBe(true);
	});

	it.each([
		['folderId:2 AND isRead:false', 7],
		['folderId:1 OR folderId=104', 2],
		['subject:"weekly report" AND folderId:2', 13],
		['subject="Weekly report 1"', 0],
		['subject="Weekly report 2"', 1],
		['NOT folderId:2', 2],
		['(folderId:1 OR folderId:2) AND NOT (isRead:true OR hasAttachments:true)', 4],
		['attachname:invoice', 1],
		['hasAttachments:true AND size>4000', 1],
		['fromEmail:zhang.wei@example.com', 4],
		['from:张伟', 4],
		['to:张伟', 1],
		['tag:1', 1],
		['date>2025-01-11T01:29:59Z', 1],
		['date>=2025-01-11T01:30:00Z', 1],
		['date>2025-01-11T01:30:00Z', 0],
		['folderId:10', 0],
	])('finds with %s', async (query, count) => {
		expect((await search(query)).json.total).toBe(count);
	});

	it('reads a doubled quote inside quotes', async () => {
		simulator.state.addMessage('alice@example.com', { subject: 'the "big" one' });
		expect((await search('subject:"""big"" one"')).json.total).toBe(1);
	});

	it.each([
		'',
		'report',
		'isRead:false hasAttachments:true',
		'isRead:false and hasAttachments:true',
		'(folderId:2',
		'folderId:2)',
		'subject:"open',
		'after:2025-01-01',
		'date>2025-01-01',
		'NOT',
		'isRead:no',
	])('refuses the query "%s"', async (query) => {
		expectAlimailError(await search(query), 400, '1001');
	});

	it('refuses the key kql', async () => {
		const answer = await call(`${ALICE}/messages/query`, { json: { kql: 'folderId:2' } });
		expectAlimailError(answer, 400, '1001');
	});
});

describe('reading one message', () => {
	it('is found by its id, which holds $, -, . and _', async () => {
		const [message] = simulator.state.messagesIn('alice@example.com', '2');
		const id = message?.id ?? '';
		for (const character of '$-._') expect(id).toContain(character);
		const answer = await call(`${ALICE}/messages/${encoded(id)}`);
		expect(answer.json.message).toMatchObject({
			id,
			subject: message?.subject,
			toRecipients: [{ email: 'alice@example.com' }],
			body: message?.body,
		});
		expect((await call(`${ALICE}/messages/${id}`)).json.message.id).toBe(id);
	});

	it('comes bare when set so', async () => {
		simulator.settings.messageShape = 'bare';
		const [message] = simulator.state.messagesIn('alice@example.com', '2');
		const answer = await call(`${ALICE}/messages/${encoded(message?.id ?? '')}?$select=subject`);
		expect(answer.json).toEqual({ id: message?.id, subject: message?.subject });
	});
});

describe('changing many messages at once', () => {
	const idsInInbox = () => simulator.state.messagesIn('alice@example.com', '2').map(({ id }) => id);
	const find = (id: string) => simulator.state.mailbox('alice@example.com').messages.get(id);
	const post = (operation: string, json: object) =>
		call(`${ALICE}/messages/${operation}`, { json });

	it('moves them', async () => {
		const ids = idsInInbox().slice(0, 3);
		const answer = await post('move', { ids, destinationFolderId: '104' });
		expect(answer).toMatchObject({ status: 200, json: {} });
		expect(ids.map((id) => find(id)?.folderId)).toEqual(['104', '104', '104']);
		expect((await call(INBOX)).json.messages).toHaveLength(22);
		expectAlimailError(await post('move', { ids, destinationFolderId: '999' }), 404);
	});

	it('marks and tags them', async () => {
		const ids = idsInInbox().slice(0, 2);
		await post('batchUpdate', { ids, action: 'markRead' });
		await post('batchUpdate', { ids, action: 'addTags', tags: ['1', '11'] });
		await post('batchUpdate', { ids, action: 'removeTags', tags: ['1'] });
		for (const id of ids) expect(find(id)).toMatchObject({ isRead: true, tags: ['11'] });
		await post('batchUpdate', { ids, action: 'markUnread' });
		for (const id of ids) expect(find(id)?.isRead).toBe(false);
		expectAlimailError(await post('batchUpdate', { ids, action: 'flag' }), 400, '1001');
	});

	it('deletes them: first to folder 6, then for good', async () => {
		const ids = idsInInbox().slice(0, 2);
		await post('batchDelete', { ids, deleteType: 'USER_DELETED' });
		expect(ids.map((id) => find(id)?.folderId)).toEqual(['6', '6']);
		await post('batchDelete', { ids, deleteType: 'USER_DELETED' });
		expect(ids.map((id) => find(id))).toEqual([undefined, undefined]);
	});

	it.each([0, 101])('refuses %i ids', async (count) => {
		const ids = Array.from({ length: count }, (_, i) => `id ${i}`);
		const answer = await post('batchUpdate', { ids, action: 'markRead' });
		expectAlimailError(answer, 400, '1001');
	});

	it('changes nothing when one id is unknown', async () => {
		const [id = ''] = idsInInbox();
		const answer = await post('move', { ids: [id, 'unknown'], destinationFolderId: '104' });
		expectAlimailError(answer, 404);
		expect(find(id)?.folderId).toBe('2');
	});
});
