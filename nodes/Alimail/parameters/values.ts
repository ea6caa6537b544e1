import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { AlimailContext } from '../auth/credential';
import { parameterError } from '../errors/nodeErrors';
import { isObject } from '../flow/isObject';

/** The name of a header: RFC 9110, section 5.6.2, which is what mail systems agree on too; RFC 5322 would allow some more. */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** How many results are wanted, as in n8n's own nodes. */
export function returnAllProperties(
	displayOptions: INodeProperties['displayOptions'] = {},
): INodeProperties[] {
	return [
		{
			displayName: 'Return All',
			name: 'returnAll',
			type: 'boolean',
			default: false,
			displayOptions,
			description: 'Whether to return all results or only up to a given limit',
		},
		{
			displayName: 'Limit',
			name: 'limit',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 50,
			displayOptions: {
				...displayOptions,
				show: { ...displayOptions.show, returnAll: [false] },
			},
			description: 'Max number of results to return',
		},
	];
}

/**
 * Reads {@link returnAllProperties}.
 *
 * @returns how many results are wanted; `Infinity` for all
 * @throws NodeOperationError when *Limit* is no count
 */
export function resultLimit(context: IExecuteFunctions, itemIndex: number): number {
	if (context.getNodeParameter('returnAll', itemIndex, false) === true) return Infinity;
	const limit = context.getNodeParameter('limit', itemIndex);
	if (typeof limit !== 'number' || !(limit >= 1)) {
		throw parameterError(context.getNode(), 'Limit', 'must be a number from 1', itemIndex);
	}
	return Math.floor(limit);
}

/**
 * Reads a parameter that is text.
 *
 * @returns the text without white space around it; a number from an expression counts as text
 * @throws NodeOperationError when it is something else, such as a list
 */
export function textParameter(
	context: IExecuteFunctions,
	name: string,
	displayName: string,
	itemIndex: number,
): string {
	const value = context.getNodeParameter(name, itemIndex, '');
	return trimmedText(context, value, displayName, itemIndex);
}

/** As {@link textParameter}, of a value that was read already; empty for none. */
export function trimmedText(
	context: AlimailContext,
	value: unknown,
	displayName: string,
	itemIndex: number,
): string {
	if (typeof value === 'string') return value.trim();
	if (typeof value === 'number') return String(value);
	if (value === null || value === undefined) return '';
	throw parameterError(context.getNode(), displayName, 'must be text', itemIndex);
}

/** As {@link textParameter}, for a parameter that must not be empty. */
export function requiredTextParameter(
	context: IExecuteFunctions,
	name: string,
	displayName: string,
	itemIndex: number,
): string {
	const text = textParameter(context, name, displayName, itemIndex);
	if (text === '') throw parameterError(context.getNode(), displayName, 'is empty', itemIndex);
	return text;
}

/** Reads a collection such as *Options*; what the user did not add is not in it. */
export function collectionParameter(
	context: IExecuteFunctions,
	name: string,
	itemIndex: number,
): IDataObject {
	const value = context.getNodeParameter(name, itemIndex, {});
	return isObject(value) ? value : {};
}

/** The entries of a collection that takes several, such as *Headers*: what n8n calls a fixed collection. */
export function collectionEntries(collection: unknown, name: string): IDataObject[] {
	const list = isObject(collection) ? collection[name] : undefined;
	return Array.isArray(list) ? list.filter(isObject) : [];
}

/** The names chosen in *Fields*; undefined when none is. */
export function chosenFields(context: IExecuteFunctions, itemIndex: number): string[] | undefined {
	const fields = listOfText(context.getNodeParameter('fields', itemIndex, [])) ?? [];
	return fields.length > 0 ? fields : undefined;
}

/**
 * Reads several IDs or addresses: separated by commas or line breaks, or a list from an expression.
 *
 * @returns undefined when it is neither
 */
export function listOfText(value: unknown): string[] | undefined {
	const entries = Array.isArray(value) ? value : String(value).split(/[,\n]/);
	const isText = (entry: unknown) => typeof entry === 'string' || typeof entry === 'number';
	if (!entries.every(isText) || (typeof value === 'object' && !Array.isArray(value))) {
		return undefined;
	}
	return entries.map((entry) => String(entry).trim()).filter((entry) => entry !== '');
}

/**
 * Reads a collection of filters. One that was added and is empty is refused: it would mean everything, and what comes next
 * may delete what was found.
 *
 * @param property - the collection as the user sees it
 * @throws NodeOperationError that names the filter
 */
export function filtersParameter(
	context: IExecuteFunctions,
	property: INodeProperties,
	itemIndex: number,
): IDataObject {
	const filters = collectionParameter(context, property.name, itemIndex);
	refuseEmptyFilters(context, property, filters, itemIndex);
	return filters;
}

/** As {@link filtersParameter}, of filters that were read already. */
export function refuseEmptyFilters(
	context: AlimailContext,
	property: INodeProperties,
	filters: IDataObject,
	itemIndex: number,
): void {
	for (const option of property.options ?? []) {
		if ('displayName' in option && Object.hasOwn(filters, option.name)) {
			refuseEmpty(context, option.displayName, filters[option.name], itemIndex);
		}
	}
}

/**
 * Refuses an empty value of something that was added to narrow a result.
 *
 * @throws NodeOperationError that names it
 */
export function refuseEmpty(
	context: AlimailContext,
	displayName: string,
	value: unknown,
	itemIndex: number,
): void {
	const entered = isObject(value) && value.__rl === true ? value.value : value;
	const text = typeof entered === 'string' ? entered.trim() : (entered ?? '');
	if (text !== '') return;
	const advice =
		'Without it everything would match. Enter a value, correct the expression, or remove it.';
	throw parameterError(context.getNode(), displayName, 'is empty', itemIndex, advice);
}
