/** What to search for; what is missing is not looked at. */
export interface SearchFilters {
	/** Name or address, or a part of it. */
	sender?: string;
	/** Name or address of a recipient, or a part of it. */
	recipient?: string;
	subject?: string;
	body?: string;
	attachmentName?: string;
	/** UTC, ISO 8601. */
	receivedAfter?: string;
	/** UTC, ISO 8601. */
	receivedBefore?: string;
	isRead?: boolean;
	hasAttachments?: boolean;
	folderId?: string;
	tag?: string;
	minSizeBytes?: number;
	maxSizeBytes?: number;
}

/** Matches every message: the search takes no empty query (inferred). */
export const EVERYTHING = 'date>=1970-01-01T00:00:00Z';

/**
 * The search query for filters, which all have to match: terms joined by `AND`, `:` for "contains", text always in quotes,
 * so that nothing in it counts as a part of the query.
 *
 * Source: vendor code (dws documentation) and third-party (yaerp) for fields, operators and quoting.
 */
export function searchQuery(filters: SearchFilters): string {
	const { receivedAfter, receivedBefore, minSizeBytes, maxSizeBytes } = filters;
	const terms = [
		textTerm('from', filters.sender),
		textTerm('to', filters.recipient),
		textTerm('subject', filters.subject),
		textTerm('body', filters.body),
		textTerm('attachname', filters.attachmentName),
		idTerm('folderId', filters.folderId),
		idTerm('tag', filters.tag),
		plainTerm('date>=', receivedAfter),
		plainTerm('date<', receivedBefore),
		plainTerm('isRead:', filters.isRead),
		plainTerm('hasAttachments:', filters.hasAttachments),
		plainTerm('size>=', minSizeBytes),
		plainTerm('size<=', maxSizeBytes),
	].filter((term) => term !== undefined);
	return terms.length > 0 ? terms.join(' AND ') : EVERYTHING;
}

/** A value in quotes; quotes inside are doubled. */
export function quoted(value: string): string {
	return `"${value.replaceAll('"', '""')}"`;
}

function textTerm(field: string, value: string | undefined): string | undefined {
	return value === undefined ? undefined : `${field}:${quoted(value)}`;
}

/** IDs that are numbers stand without quotes, as the sources show them. */
function idTerm(field: string, value: string | undefined): string | undefined {
	return value !== undefined && /^\d+$/.test(value)
		? plainTerm(`${field}:`, value)
		: textTerm(field, value);
}

/** For values that this node makes itself: times, counts, true and false. */
function plainTerm(
	fieldAndOperator: string,
	value: string | number | boolean | undefined,
): string | undefined {
	return value === undefined ? undefined : `${fieldAndOperator}${value}`;
}
