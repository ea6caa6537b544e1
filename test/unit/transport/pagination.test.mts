import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { listIn } from '../../../nodes/Alimail/actions/apiRequest/listIn.ts';
import {
	collect,
	pagesByCursor,
	pagesByOffset,
} from '../../../nodes/Alimail/transport/pagination.ts';

const messagesOf = (page: IDataObject) => listIn(page, 'messages');

/** A server that hands out pages one after another, and the cursors it was asked for. */
function serverOf(pages: IDataObject[]) {
	const asked: Array<string | undefined> = [];
	const fetchPage = async (cursor: string | undefined) => {
		asked.push(cursor);
		return pages[asked.length - 1] ?? { messages: ['one page too many'] };
	};
	return { asked, fetchPage };
}

describe('a list that is paged by cursor', () => {
	it.each<[string, IDataObject]>([
		['an empty cursor', { nextCursor: '' }],
		['no cursor', {}],
		['the cursor $', { nextCursor: '$' }],
		['the cursor that was just used', { nextCursor: 'a' }],
		['hasMore: false', { nextCursor: 'c', hasMore: false }],
	])('ends on %s', async (_end, last) => {
		const { asked, fetchPage } = serverOf([
			{ messages: [1, 2], nextCursor: 'a', hasMore: true },
			{ messages: [3], ...last },
		]);
		expect(await collect(pagesByCursor(fetchPage), messagesOf, Infinity)).toEqual([1, 2, 3]);
		expect(asked).toEqual([undefined, 'a']);
	});

	it('ends when cursors go round in a circle', async () => {
		const asked: unknown[] = [];
		const pages = pagesByCursor(async (cursor) => {
			asked.push(cursor);
			return { messages: [cursor], nextCursor: cursor === 'a' ? 'b' : 'a' };
		});
		await collect(pages, messagesOf, Infinity);
		expect(asked).toEqual([undefined, 'a', 'b']);
	});

	it('asks for no page after the limit is reached', async () => {
		const { asked, fetchPage } = serverOf([
			{ messages: [1, 2], nextCursor: 'a' },
			{ messages: [3, 4], nextCursor: 'b' },
		]);
		expect(await collect(pagesByCursor(fetchPage), messagesOf, 2)).toEqual([1, 2]);
		expect(asked).toHaveLength(1);
	});

	it('stops at the bound of pages', async () => {
		let count = 0;
		const pages = pagesByCursor(async () => ({ messages: [1], nextCursor: String(++count) }), 3);
		expect(await collect(pages, messagesOf, Infinity)).toHaveLength(3);
	});

	it('gives up on a server that never ends', async () => {
		let count = 0;
		const pages = pagesByCursor(async () => ({ messages: [], nextCursor: String(++count) }));
		await expect(collect(pages, messagesOf, Infinity)).rejects.toThrow('no end');
	});
});

describe('a list that is paged by offset', () => {
	it('is complete and asks for no page too many, whatever its size', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.nat(60),
				fc.integer({ min: 1, max: 20 }),
				fc.boolean(),
				fc.boolean(),
				async (size, pageSize, namesTotal, asText) => {
					const all = Array.from({ length: size }, (_, index) => index);
					let requests = 0;
					const pages = pagesByOffset(
						async (offset, limit) => {
							requests++;
							return {
								users: all.slice(offset, offset + limit),
								...(namesTotal && { total: asText ? String(size) : size }),
							};
						},
						(page) => listIn(page, '').length,
						pageSize,
					);
					expect(await collect(pages, (page) => listIn(page, ''), Infinity)).toEqual(all);
					const needed = Math.max(1, Math.ceil(size / pageSize));
					expect(requests).toBeLessThanOrEqual(namesTotal ? needed : needed + 1);
				},
			),
		);
	});

	/** A server that gives at most so many entries at once, and the offsets it was asked for. */
	function cappedServer(size: number, cap: number, more: (offset: number) => IDataObject) {
		const asked: number[] = [];
		const fetchPage = async (offset: number, limit: number) => {
			asked.push(offset);
			const users = Array.from({ length: size }, (_, index) => index);
			return { users: users.slice(offset, offset + Math.min(limit, cap)), ...more(offset) };
		};
		return { asked, fetchPage };
	}

	it('goes on after a page that is shorter than asked for, to the first that is empty', async () => {
		const { asked, fetchPage } = cappedServer(7, 3, () => ({}));
		const pages = pagesByOffset(fetchPage, (page) => listIn(page, 'users').length, 100);
		expect(await collect(pages, (page) => listIn(page, 'users'), Infinity)).toHaveLength(7);
		expect(asked).toEqual([0, 3, 6, 7]);
	});

	it.each([
		['', [0, 3, 6, 7]],
		[0, [0, 3, 6, 7]],
		[-1, [0, 3, 6, 7]],
		['many', [0, 3, 6, 7]],
		[7, [0, 3, 6]],
		['7', [0, 3, 6]],
	])('takes %j for its size only if it can be that', async (total, offsets) => {
		const { asked, fetchPage } = cappedServer(7, 3, () => ({ total }));
		const pages = pagesByOffset(fetchPage, (page) => listIn(page, 'users').length, 100);
		expect(await collect(pages, (page) => listIn(page, 'users'), Infinity)).toHaveLength(7);
		expect(asked).toEqual(offsets);
	});

	it('ends when the server gives all of it again, whatever the offset', async () => {
		let requests = 0;
		const pages = pagesByOffset(
			async () => {
				requests++;
				return { users: [1, 2, 3] };
			},
			(page) => listIn(page, 'users').length,
			100,
		);
		expect(await collect(pages, (page) => listIn(page, 'users'), Infinity)).toEqual([1, 2, 3]);
		expect(requests).toBe(2);
	});

	it('gives up on a server that never ends', async () => {
		const pages = pagesByOffset(
			async (offset) => ({ users: [offset] }),
			() => 1,
			100,
		);
		await expect(collect(pages, (page) => listIn(page, 'users'), Infinity)).rejects.toThrow(
			'no end',
		);
	});
});
