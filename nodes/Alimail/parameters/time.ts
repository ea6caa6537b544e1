import { tryToParseDateTime, type IExecuteFunctions } from 'n8n-workflow';

import { parameterError } from '../errors/nodeErrors';

/**
 * Reads a time: ISO 8601 with any offset, a date object of an expression, or milliseconds since the epoch. Without an offset
 * it is in the time zone of the workflow.
 *
 * @returns UTC as RFC 3339, e.g. `2025-01-01T00:00:00Z`, which is what lists and search take (third-party: yaerp)
 * @throws NodeOperationError that names the parameter
 */
export function utcTime(
	context: IExecuteFunctions,
	value: unknown,
	displayName: string,
	itemIndex: number,
): string {
	try {
		const isEpochMs = typeof value === 'number' || /^\d{11,16}$/.test(String(value));
		const time = isEpochMs
			? Number(value)
			: tryToParseDateTime(value, context.getTimezone()).toMillis();
		return new Date(time).toISOString().replace(/\.000Z$/, 'Z');
	} catch {
		throw parameterError(
			context.getNode(),
			displayName,
			`is '${String(value).slice(0, 60)}', which is not a time such as 2025-01-31T08:00:00Z`,
			itemIndex,
		);
	}
}
