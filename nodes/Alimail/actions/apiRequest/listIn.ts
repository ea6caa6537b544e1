import type { IDataObject } from 'n8n-workflow';

import { UnusablePage } from '../../transport/pagination';

/**
 * Finds the list in an answer.
 *
 * @param path - its place, names separated by dots; empty for the only list in the answer
 * @returns the list; an empty one when the answer holds none at all, since Alimail may leave out what is empty
 * @throws UnusablePage when there is another list than the one asked for, or more than one to choose from
 */
export function listIn(answer: unknown, path: string): unknown[] {
	if (Array.isArray(answer) && path === '') return answer;
	const lists =
		typeof answer === 'object' && answer !== null
			? Object.entries(answer).filter(([, value]) => Array.isArray(value))
			: [];
	if (path === '') {
		if (lists.length > 1) {
			throw new UnusablePage(
				`is empty, and the answer holds several lists: ${lists.map(([name]) => name).join(', ')}. Name one`,
			);
		}
		// Only lists have passed the filter.
		return (lists[0]?.[1] as unknown[] | undefined) ?? [];
	}
	const found = valueAt(answer, path);
	if (Array.isArray(found)) return found;
	if (found === undefined && lists.length === 0) return [];
	const names = typeof answer === 'object' && answer !== null ? Object.keys(answer) : [];
	throw new UnusablePage(
		`is '${path}', and the answer has no list there. It has: ${names.join(', ') || 'nothing'}`,
	);
}

/** What stands at a place; a list has names too, its numbers. */
function valueAt(answer: unknown, path: string): unknown {
	return path
		.split('.')
		.reduce<unknown>(
			(value, name) =>
				typeof value === 'object' && value !== null && Object.hasOwn(value, name)
					? (value as IDataObject)[name]
					: undefined,
			answer,
		);
}
