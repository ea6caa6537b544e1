import type { IDataObject } from 'n8n-workflow';

/** Whether a value from outside is an object with fields. */
export function isObject(value: unknown): value is IDataObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
