import type { IDataObject } from 'n8n-workflow';

import { isObject } from '../flow/isObject';
import { textOf } from '../transport/json';

/** What a message has to be like; what is missing is not looked at. */
export interface MessageFilters {
	hasAttachments?: boolean;
	/** Part of the name or address, in any case. */
	sender?: string;
	/** Part of the subject, in any case. */
	subject?: string;
	unreadOnly?: boolean;
	/** For Alimail's search. */
	query?: string;
}

/** The fields of a message that {@link passes} looks at, for `$select`. */
export const FILTERED_FIELDS: readonly string[] = ['from', 'hasAttachments', 'isRead', 'subject'];

/** Reads filters from static data, whatever has come to lie there. */
export function filtersFrom(collection: IDataObject): MessageFilters {
	const { hasAttachments, unreadOnly } = collection;
	const text = (value: unknown) => textOf(value)?.trim() || undefined;
	return {
		hasAttachments: typeof hasAttachments === 'boolean' ? hasAttachments : undefined,
		unreadOnly: unreadOnly === true ? true : undefined,
		sender: text(collection.sender),
		subject: text(collection.subject),
		query: text(collection.query),
	};
}

/**
 * Whether a message passes the filters, all but the search query. Alimail may leave out what is false or empty (inferred).
 *
 * @param message - as the API gives it, with {@link FILTERED_FIELDS}
 */
export function passes(
	message: IDataObject,
	{ hasAttachments, sender, subject, unreadOnly }: MessageFilters,
): boolean {
	if (unreadOnly && isTrue(message.isRead)) return false;
	if (hasAttachments !== undefined && isTrue(message.hasAttachments) !== hasAttachments) {
		return false;
	}
	if (subject !== undefined && !contains(message.subject, subject)) return false;
	if (sender === undefined) return true;
	const from = isObject(message.from) ? message.from : {};
	// "Nathan <nathan@example.com>" finds both the one and the other.
	return [from.email, from.name, `${textOf(from.name) ?? ''} <${textOf(from.email) ?? ''}>`].some(
		(text) => contains(text, sender),
	);
}

function contains(text: unknown, part: string): boolean {
	return (textOf(text) ?? '').normalize().toLowerCase().includes(part.normalize().toLowerCase());
}

function isTrue(value: unknown): boolean {
	return value === true || value === 'true';
}
