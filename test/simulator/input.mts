import { invalidParameter } from './errors.mts';

/** A JSON object from outside. */
export type JsonObject = Record<string, unknown>;

/** Narrows to an object; 400 otherwise. */
export function objectFrom(value: unknown, what: string): JsonObject {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) {
		throw invalidParameter(`${what} must be an object`);
	}
	return value as JsonObject;
}

/** Reads a string that must be there and not be empty; 400 otherwise. */
export function requiredString(source: JsonObject, key: string): string {
	const value = source[key];
	if (typeof value !== 'string' || value === '') throw invalidParameter(key);
	return value;
}

/** Reads a string that may be missing or null; 400 for another type. */
export function optionalString(source: JsonObject, key: string): string | undefined {
	const value = source[key];
	if (value === undefined || value === null) return undefined;
	if (typeof value !== 'string') throw invalidParameter(key);
	return value;
}

/** Reads a boolean that may be missing or null; 400 for another type. */
export function optionalBoolean(source: JsonObject, key: string): boolean | undefined {
	const value = source[key];
	if (value === undefined || value === null) return undefined;
	if (typeof value !== 'boolean') throw invalidParameter(key);
	return value;
}

/** As {@link optionalBoolean}, for the directory, to which a client writes `"true"` and `"false"` as text [3P]. */
export function directoryBoolean(source: JsonObject, key: string): boolean | undefined {
	const value = source[key];
	if (value === 'true' || value === 'false') return value === 'true';
	return optionalBoolean(source, key);
}

/** Reads a text of which an empty one counts as unset: so a client writes what it does not mean to change [3P]. */
export function textUnlessEmpty(source: JsonObject, key: string): string | undefined {
	return optionalString(source, key) || undefined;
}

/** Reads a list of strings that may be missing or null; 400 for another type. */
export function optionalStrings(source: JsonObject, key: string): string[] | undefined {
	const value = source[key];
	if (value === undefined || value === null) return undefined;
	if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
		throw invalidParameter(key);
	}
	return value;
}

/** Reads `ids` of a batch operation: 1 to 100 of them [3P]. */
export function batchIds(source: JsonObject): string[] {
	const ids = optionalStrings(source, 'ids') ?? [];
	if (ids.length < 1 || ids.length > 100) throw invalidParameter('ids must hold 1 to 100 entries');
	return ids;
}

/** Reads one query parameter; 400 if it was given twice. */
export function queryString(query: unknown, key: string): string | undefined {
	const value = (query as Record<string, unknown>)[key];
	if (value === undefined) return undefined;
	if (typeof value !== 'string') throw invalidParameter(key);
	return value;
}

/** Reads a boolean query parameter, `true` or `false`. */
export function queryBoolean(query: unknown, key: string): boolean | undefined {
	const value = queryString(query, key);
	if (value === undefined || value === '') return undefined;
	if (value !== 'true' && value !== 'false') throw invalidParameter(key);
	return value === 'true';
}

/** Reads a whole number within limits. */
export function integerWithin(
	value: unknown,
	what: string,
	limits: { min: number; max: number; fallback: number },
): number {
	if (value === undefined || value === null || value === '') return limits.fallback;
	const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
	if (typeof number !== 'number' || !Number.isInteger(number)) throw invalidParameter(what);
	if (number < limits.min || number > limits.max) throw invalidParameter(what);
	return number;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Reads an RFC 3339 time as milliseconds; undefined if it is none. */
export function parseInstant(value: string): number | undefined {
	if (!INSTANT.test(value)) return undefined;
	const time = Date.parse(value);
	return Number.isNaN(time) ? undefined : time;
}
