import type { IDataObject } from 'n8n-workflow';

/** The most that Alimail returns at once (third-party: yaerp, go-alimail and others). */
export const MAX_PAGE_SIZE = 100;

/** A server that always names one more page is not followed for ever. */
const RUNAWAY_PAGES = 10_000;

/** A list that cannot be read. */
export class UnusablePage extends Error {}

/**
 * Walks the pages of a list that Alimail pages by cursor. The end is an empty, missing or repeated `nextCursor`, `"$"`
 * (vendor code: dws; third-party: yaerp), or `hasMore: false`.
 *
 * Source: https://help.aliyun.com/document_detail/2856396.html for `cursor`, `nextCursor` and `hasMore`
 *
 * @param fetchPage - gets the page at a cursor; no cursor for the first
 * @param maxPages - stops after so many; no bound if left out
 * @throws UnusablePage when the server never comes to an end
 */
export async function* pagesByCursor(
	fetchPage: (cursor: string | undefined) => Promise<IDataObject>,
	maxPages = Infinity,
): AsyncGenerator<IDataObject> {
	const seen = new Set<string>();
	let cursor: string | undefined;
	for (let count = 0; count < maxPages; count++) {
		if (count === RUNAWAY_PAGES) throw runaway();
		const page = await fetchPage(cursor);
		yield page;
		cursor = nextCursor(page);
		if (cursor === undefined || seen.has(cursor)) return;
		seen.add(cursor);
	}
}

/** The cursor of the page after this one; undefined at the end of the list, as {@link pagesByCursor} knows it. */
export function nextCursor({ nextCursor: next, hasMore }: IDataObject): string | undefined {
	if (typeof next !== 'string' && typeof next !== 'number') return undefined;
	return next === '' || next === '$' || hasMore === false ? undefined : String(next);
}

/**
 * Walks the pages of a list that Alimail pages by `offset` and `limit` against `total` (third-party: go-alimail). The end is
 * `total` or an empty page, which is what cratos (third-party) waits for without a look at `total`: a page may be shorter than
 * asked for in the middle of a list. It is also a short page that comes a second time, from a server that has no offsets.
 *
 * @param fetchPage - gets up to `limit` entries from `offset` on
 * @param itemCount - how many entries of the list a page holds
 * @param maxPages - stops after so many; no bound if left out
 * @throws UnusablePage when the server never comes to an end
 */
export async function* pagesByOffset(
	fetchPage: (offset: number, limit: number) => Promise<IDataObject>,
	itemCount: (page: IDataObject) => number,
	pageSize = MAX_PAGE_SIZE,
	maxPages = Infinity,
): AsyncGenerator<IDataObject> {
	let offset = 0;
	let shortPage: string | undefined;
	for (let count = 0; count < maxPages; count++) {
		if (count === RUNAWAY_PAGES) throw runaway();
		const page = await fetchPage(offset, pageSize);
		const received = itemCount(page);
		const text = received < pageSize ? JSON.stringify(page) : undefined;
		if (text !== undefined && text === shortPage) return;
		yield page;
		shortPage = text;
		offset += received;
		// One that is smaller than what has come is none: the list may be longer.
		if (received === 0 || offset === Number(page.total ?? NaN)) return;
	}
}

/**
 * Collects the entries of a paged list, and asks for no page more than it needs.
 *
 * @param limit - how many entries are wanted; `Infinity` for all
 */
export async function collect<T>(
	pages: AsyncIterable<IDataObject>,
	itemsOf: (page: IDataObject) => T[],
	limit: number,
): Promise<T[]> {
	const items: T[] = [];
	for await (const page of pages) {
		for (const item of itemsOf(page)) items.push(item);
		if (items.length >= limit) return items.slice(0, limit);
	}
	return items;
}

function runaway(): UnusablePage {
	return new UnusablePage(
		`The list has no end: after ${RUNAWAY_PAGES} pages the server still names another one. Set 'Limit'.`,
	);
}
