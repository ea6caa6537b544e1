import { invalidParameter } from './errors.mts';
import { integerWithin, queryString } from './input.mts';

/** Largest page of messages and users [3P], and what a missing `size` means. */
export const MAX_PAGE_SIZE = 100;

/** A page of a list that is read with cursors. */
export interface CursorPage<T> {
	readonly entries: readonly T[];
	/** Cursor of the next page; undefined on the last one. */
	readonly next: string | undefined;
}

/**
 * Cuts a page out of a sorted list. The cursor names the last entry seen, not its place, so that a page neither repeats
 * nor skips what was there before when the list changes in between. Its form is opaque to clients.
 */
export function cursorPage<T>(
	sorted: readonly T[],
	{ cursor, size }: { cursor: string | undefined; size: number },
	order: { key: (entry: T) => string[]; compare: (entry: T, key: string[]) => number },
): CursorPage<T> {
	let start = 0;
	if (cursor !== undefined && cursor !== '') {
		const key = decodeCursor(cursor);
		start = firstAfter(sorted, (entry) => order.compare(entry, key) > 0);
	}
	const entries = sorted.slice(start, start + size);
	const last = entries.at(-1);
	const more = start + size < sorted.length && last !== undefined;
	return { entries, next: more ? encodeCursor(order.key(last)) : undefined };
}

function firstAfter<T>(sorted: readonly T[], isAfter: (entry: T) => boolean): number {
	let [low, high] = [0, sorted.length];
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (isAfter(sorted[middle] as T)) high = middle;
		else low = middle + 1;
	}
	return low;
}

function encodeCursor(key: string[]): string {
	return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function decodeCursor(cursor: string): string[] {
	try {
		const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
		if (Array.isArray(key) && key.every((part) => typeof part === 'string')) return key;
	} catch {
		// Falls through to the refusal.
	}
	throw invalidParameter('cursor');
}

/** A page of a list that is read with `offset` and `limit`. */
export function offsetPage<T>(list: readonly T[], query: unknown, maxLimit: number): readonly T[] {
	const offset = integerWithin(queryString(query, 'offset'), 'offset', {
		min: 0,
		max: Number.MAX_SAFE_INTEGER,
		fallback: 0,
	});
	const limit = integerWithin(queryString(query, 'limit'), 'limit', {
		min: 1,
		max: maxLimit,
		fallback: maxLimit,
	});
	return list.slice(offset, offset + limit);
}

/** Reads `size`, 1 to 100. A larger one is refused; whether the service cuts it down instead is unknown. */
export function pageSize(value: unknown): number {
	return integerWithin(value, 'size', { min: 1, max: MAX_PAGE_SIZE, fallback: MAX_PAGE_SIZE });
}
