import { NodeApiError, type IDataObject } from 'n8n-workflow';

import type { AlimailContext } from '../auth/credential';
import { isObject } from '../flow/isObject';

/**
 * The entries of a list in an answer. Those that are no objects are dropped.
 *
 * @param names - where the list may stand, the likeliest first
 * @returns an empty list when the answer holds no list at all, since Alimail may leave out what is empty
 * @throws NodeApiError when the answer holds another list than the one asked for
 */
export function entriesOf(
	context: AlimailContext,
	answer: IDataObject,
	names: readonly string[],
	itemIndex: number,
): IDataObject[] {
	const list = names.map((name) => answer[name]).find(Array.isArray);
	if (list !== undefined) return list.filter(isObject);
	if (!Object.values(answer).some(Array.isArray)) return [];
	const keys = Object.keys(answer).join(', ');
	throw new NodeApiError(
		context.getNode(),
		{},
		{
			message: `Alimail answered without the list '${names[0]}'`,
			description: `The answer has ${keys} instead.`,
			itemIndex,
		},
	);
}

/** Text from outside; a number counts as text, since IDs may come as one. */
export function textOf(value: unknown): string | undefined {
	if (typeof value === 'number') return String(value);
	return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A counter from outside, which may arrive as text (third-party: yaerp). */
export function countOf(value: unknown): number | undefined {
	const isCount = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
	const count = isCount ? Number(value) : NaN;
	return Number.isFinite(count) ? count : undefined;
}

/** The same object with counters as numbers. What is no count stays as it came. */
export function withCounts(source: IDataObject, names: readonly string[]): IDataObject {
	const counts = names.flatMap((name) => {
		const count = countOf(source[name]);
		return count === undefined ? [] : [[name, count]];
	});
	return { ...source, ...Object.fromEntries(counts) };
}

/** The named fields of an object, in the order of the names, as far as it has them. */
export function pickFields(source: IDataObject, names: readonly string[]): IDataObject {
	return Object.fromEntries(
		names.filter((name) => Object.hasOwn(source, name)).map((name) => [name, source[name]]),
	);
}
