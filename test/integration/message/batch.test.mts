import { describe, expect, it } from 'vitest';
import type { RecordedRequest, Settings, Simulator } from '../../simulator/index.mts';
import { mail } from '../../support/mail.mts';
import { byAddress, byId } from '../../support/operations.mts';
import { simulated } from '../../support/simulated.mts';

const BOX = 'bob@example.com';
const batch = (operation: string, parameters: Record<string, unknown> = {}) =>
	mail('message', operation, {
		mailbox: byAddress(BOX),
		messageId: '={{ $json.id }}',
		...parameters,
	});
const idsOf = ({ body }: RecordedRequest) => (body as { ids: string[] }).ids;

async function withMessages(count: number, settings: Partial<Settings> = {}) {
	const { simulator, alimail } = await simulated(settings);
	const messages = simulator.state.addMessages(BOX, count, { isRead: false, tags: ['2'] });
	return { simulator, alimail, messages, items: messages.map(({ id }) => ({ id })) };
}

/** The first call works, the second does not. */
function failSecond(simulator: Simulator, call: string, status: number): void {
	const path = new RegExp(`/${call}$`);
	simulator.fault({ path, delayMs: 1 });
	simulator.fault({ path, status });
}

describe('an operation on many messages', () => {
	it.each<[string, Record<string, unknown>, object, object, object]>([
		[
			'move',
			{ destinationFolder: byId('104') },
			{ path: 'move', body: { destinationFolderId: '104' } },
			{ success: true, folderId: '104' },
			{ folderId: '104' },
		],
		[
			'delete',
			{},
			{ path: 'batchDelete', body: { deleteType: 'USER_DELETED' } },
			{ deleted: true },
			{ folderId: '6' },
		],
		[
			'markRead',
			{},
			{ path: 'batchUpdate', body: { action: 'markRead', message: { isRead: true } } },
			{ success: true, isRead: true },
			{ isRead: true },
		],
		[
			'markUnread',
			{},
			{ path: 'batchUpdate', body: { action: 'markUnread', message: { isRead: false } } },
			{ success: true, isRead: false },
			{ isRead: false },
		],
		[
			'addTags',
			{ tags: '1, 11' },
			{ path: 'batchUpdate', body: { action: 'addTags', tags: ['1', '11'] } },
			{ success: true, addedTags: ['1', '11'] },
			{ tags: ['2', '1', '11'] },
		],
		[
			'removeTags',
			{ tags: ['2'] },
			{ path: 'batchUpdate', body: { action: 'removeTags', tags: ['2'] } },
			{ success: true, removedTags: ['2'] },
			{ tags: [] },
		],
	])(
		'%s makes one call and gives every item its result',
		async (operation, parameters, call, result, state) => {
			const { simulator, alimail, messages, items } = await withMessages(3);
			const run = await alimail.run({ items, parameters: batch(operation, parameters) });
			expect(run.error).toBeUndefined();
			const { path, body } = call as { path: string; body: object };
			expect(simulator.apiRequests).toHaveLength(1);
			expect(simulator.apiRequests[0]?.path).toBe(`/v2/users/bob%40example.com/messages/${path}`);
			expect(simulator.apiRequests[0]?.body).toEqual({ ids: items.map(({ id }) => id), ...body });
			expect(run.json).toEqual(items.map(({ id }) => ({ ...result, id })));
			expect(run.items.map(({ pairedItem }) => pairedItem)).toEqual(
				[0, 1, 2].map((item) => ({ item })),
			);
			for (const message of messages) expect(message).toMatchObject(state);
		},
	);

	it.each([{}, { emptyBodies: true }])('takes 3 calls for 250, with %o', async (settings) => {
		const { simulator, alimail, messages, items } = await withMessages(250, settings);
		const { json } = await alimail.run({ items, parameters: batch('markRead') });
		expect(simulator.apiRequests.map((request) => idsOf(request).length)).toEqual([100, 100, 50]);
		expect(simulator.apiRequests.flatMap(idsOf)).toEqual(items.map(({ id }) => id));
		expect(json.map(({ id }) => id)).toEqual(items.map(({ id }) => id));
		expect(messages.every(({ isRead }) => isRead)).toBe(true);
	});

	it('sends an ID once, and gives every item that named it a result', async () => {
		const { simulator, alimail, items } = await withMessages(2);
		const [one, two] = items;
		const run = await alimail.run({ items: [one!, two!, one!], parameters: batch('delete') });
		expect(simulator.apiRequests.map(idsOf)).toEqual([[one!.id, two!.id]]);
		expect(run.json.map(({ id }) => id)).toEqual([one!.id, two!.id, one!.id]);
	});

	it('makes a call for each mailbox and each folder they go to', async () => {
		const { simulator, alimail, items } = await withMessages(3);
		const alice = simulator.state.addMessage('alice@example.com');
		const all = [
			{ id: items[0]!.id, box: BOX, to: '104' },
			{ id: alice.id, box: 'alice@example.com', to: '104' },
			{ id: items[1]!.id, box: BOX, to: '3' },
			{ id: items[2]!.id, box: 'BOB@example.com', to: '104' },
		];
		const { json } = await alimail.run({
			items: all,
			parameters: batch('move', {
				mailbox: byAddress('={{ $json.box }}'),
				destinationFolder: byId('={{ $json.to }}'),
			}),
		});
		expect(simulator.apiRequests.map(idsOf)).toEqual([
			[items[0]!.id, items[2]!.id],
			[alice.id],
			[items[1]!.id],
		]);
		expect(json.map(({ id, folderId }) => [id, folderId])).toEqual(
			all.map(({ id, to }) => [id, to]),
		);
	});

	it('gives all items of a call that fails its error, each its own, and goes on with the others', async () => {
		const { simulator, alimail, items } = await withMessages(150);
		simulator.fault({ path: /batchUpdate$/, status: 403 });
		const run = await alimail.run({
			onError: 'continueRegularOutput',
			items,
			parameters: batch('markRead'),
		});
		expect(run.json.slice(0, 100)).toEqual(
			Array.from({ length: 100 }, () =>
				expect.objectContaining({
					error: expect.stringContaining('403'),
					details: expect.objectContaining({ statusCode: 403 }),
				}),
			),
		);
		expect(run.items.map(({ pairedItem }) => pairedItem)).toEqual(
			items.map((_, item) => ({ item })),
		);
		expect(run.json.slice(100)).toEqual(
			items.slice(100).map(({ id }) => ({ success: true, isRead: true, id })),
		);
	});

	it('ends with the first call that fails, if the node does not continue', async () => {
		const { simulator, alimail, items } = await withMessages(250);
		simulator.fault({ path: /batchUpdate$/, status: 500 });
		const { error } = await alimail.run({ items, parameters: batch('markRead') });
		expect(error?.message).toContain('500');
		expect(error?.context.itemIndex).toBe(0);
		expect(simulator.apiRequests).toHaveLength(1);
	});

	it('says what it had done before a call failed', async () => {
		const { simulator, alimail, items } = await withMessages(250);
		failSecond(simulator, 'move', 403);
		const { error } = await alimail.run({
			items,
			parameters: batch('move', { destinationFolder: byId('104') }),
		});
		expect(error?.message).toContain('403');
		expect(error?.context.itemIndex).toBe(100);
		expect(error?.description).toMatch(/^It was done to 100 of 250 messages before\. Check that/);
		expect(error?.context.data).toMatchObject({
			statusCode: 403,
			doneIds: items.slice(0, 100).map(({ id }) => id),
		});
	});

	it('sends nothing when one of the items cannot be used', async () => {
		const { simulator, alimail, items } = await withMessages(3);
		const { error } = await alimail.run({
			items: [...items, { id: '' }],
			parameters: batch('delete'),
		});
		expect(error?.message).toContain("'Message ID' is empty");
		expect(error?.context.itemIndex).toBe(3);
		expect(simulator.apiRequests).toEqual([]);
	});

	it('leaves out items that cannot be used, if the node continues on fail', async () => {
		const { simulator, alimail, items } = await withMessages(2);
		const run = await alimail.run({
			onError: 'continueRegularOutput',
			items: [items[0]!, { id: '' }, items[1]!],
			parameters: batch('delete'),
		});
		expect(run.json).toMatchObject([
			{ deleted: true, id: items[0]!.id },
			{ error: expect.stringContaining("'Message ID'") },
			{ deleted: true, id: items[1]!.id },
		]);
		expect(simulator.apiRequests.map(idsOf)).toEqual([items.map(({ id }) => id)]);
	});

	it.each([
		['addTags', { tags: '={{ " , " }}' }, "'Tag IDs' is empty"],
		['removeTags', { tags: '={{ ({}) }}' }, "'Tag IDs' must be"],
		['move', { destinationFolder: byId('={{ "" }}') }, "'Destination Folder' is empty"],
	])('%s names the parameter that cannot be used', async (operation, parameters, text) => {
		const { simulator, alimail, items } = await withMessages(1);
		const { error } = await alimail.run({ items, parameters: batch(operation, parameters) });
		expect(error?.message).toContain(text);
		expect(simulator.apiRequests).toEqual([]);
	});
});

describe('Delete, which done twice deletes for good', () => {
	const ids = (items: Array<{ id: string }>) => items.map(({ id }) => id);

	it.each([
		[403, /^It was done to 100 of 250 messages before\. Leave them out/, false],
		[500, /^It was done to 100 of 250 messages before, and perhaps to the 100 of this call/, true],
	])(
		'names what it has moved before a call failed with %i, and what it may have moved',
		async (status, description, isUncertain) => {
			const { simulator, alimail, messages, items } = await withMessages(250);
			failSecond(simulator, 'batchDelete', status);
			const { error } = await alimail.run({ items, parameters: batch('delete') });
			expect(error?.message).toContain(String(status));
			expect(error?.description).toMatch(description);
			expect(error?.description).toContain('deletes for good');
			expect(error?.context.data).toMatchObject({ doneIds: ids(items.slice(0, 100)) });
			expect(error?.context.data).toHaveProperty(
				'uncertainIds',
				isUncertain ? ids(items.slice(100, 200)) : [],
			);

			// Without those it named, another run is safe.
			const left = items.slice(100);
			const again = await alimail.run({ items: left, parameters: batch('delete') });
			expect(again.error).toBeUndefined();
			expect(simulator.state.mailbox(BOX).messages.size).toBe(250);
			expect(messages.every(({ folderId }) => folderId === '6')).toBe(true);
		},
	);

	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'names in each item what it may have moved when the connection broke (on error: %s)',
		async (onError) => {
			const { simulator, alimail, messages, items } = await withMessages(150);
			simulator.fault({ path: /batchDelete$/, reset: 'after' });
			const { outputs } = await alimail.run({ items, parameters: batch('delete'), onError });
			const all = outputs.flat().map(({ json }) => json);
			expect(all).toHaveLength(150);
			expect(all.filter(({ deleted }) => deleted)).toEqual(
				ids(items.slice(100)).map((id) => ({ deleted: true, id })),
			);
			expect(all.filter(({ error }) => error !== undefined)).toMatchObject(
				ids(items.slice(0, 100)).map((id) => ({
					error: expect.stringMatching(
						/not known whether .* deletes for good .* No answer to POST/,
					),
					details: { uncertainIds: [id] },
				})),
			);
			expect(messages.every(({ folderId }) => folderId === '6')).toBe(true);
		},
	);

	it('names nothing as uncertain in items that were refused', async () => {
		const { simulator, alimail, messages, items } = await withMessages(2);
		simulator.fault({ path: /batchDelete$/, status: 403 });
		const { json } = await alimail.run({
			items,
			parameters: batch('delete'),
			onError: 'continueRegularOutput',
		});
		for (const { error, details } of json) {
			expect(error).toMatch(/^Alimail refused POST .* 403/);
			expect(details).not.toHaveProperty('uncertainIds');
		}
		expect(json).toHaveLength(2);
		expect(messages.some(({ folderId }) => folderId === '6')).toBe(false);
	});

	it('takes two spellings of an ID for one message', async () => {
		const { simulator, alimail, items } = await withMessages(1);
		const { json } = await alimail.run({
			items: [items[0]!, { id: ` ${items[0]!.id} ` }],
			parameters: batch('delete'),
		});
		expect(simulator.apiRequests.map(idsOf)).toEqual([ids(items)]);
		expect(json.map(({ id }) => id)).toEqual([items[0]!.id, items[0]!.id]);
		expect(simulator.state.mailbox(BOX).messages.has(items[0]!.id)).toBe(true);
	});

	it.each([undefined, 'continueRegularOutput'] as const)(
		'is refused while n8n would run it again by itself (on error: %s)',
		async (onError) => {
			const { simulator, alimail, messages, items } = await withMessages(150);
			failSecond(simulator, 'batchDelete', 500);
			const { error, json } = await alimail.run({
				items,
				parameters: batch('delete'),
				retryOnFail: true,
				...(onError && { onError }),
			});
			expect(onError === undefined ? error?.message : json[0]?.error).toMatch(
				/^'Retry On Fail' is on/,
			);
			expect(simulator.requests).toEqual([]);
			expect(messages.every(({ folderId }) => folderId !== '6')).toBe(true);
		},
	);

	it('is the only one that is refused then', async () => {
		const { simulator, alimail, messages, items } = await withMessages(150);
		failSecond(simulator, 'batchUpdate', 500);
		const { error } = await alimail.run({
			items,
			parameters: batch('markRead'),
			retryOnFail: true,
		});
		expect(error).toBeUndefined();
		expect(messages.every(({ isRead }) => isRead)).toBe(true);
	});
});
