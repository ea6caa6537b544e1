import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { parameterError } from '../errors/nodeErrors';
import { addressProblem } from './emailAddress';
import { collectionParameter, listOfText } from './values';

/** A field that can be written, by its name in the API. */
export interface WritableField {
	/** `boolean`, `options` or `string`. */
	property: INodeProperties;
	/** What the text of a `string` is. Default: text. */
	holds?: 'address' | 'list';
	/** What it belongs to cannot be without it: an empty text does not clear it. */
	neverEmpty?: true;
}

/** The properties of fields, as a collection offers them. */
export function fieldProperties(fields: readonly WritableField[]): INodeProperties[] {
	return fields
		.map(({ property }) => property)
		.sort((left, right) => (left.displayName < right.displayName ? -1 : 1));
}

/**
 * What the user set in a collection of fields, ready to be sent. A field whose expression finds nothing is left out.
 *
 * @param options.keepEmpty - whether an empty text is sent, to clear the field, or left out
 * @throws NodeOperationError that names the field whose value cannot be used
 */
export function writtenFields(
	context: IExecuteFunctions,
	collection: string,
	fields: readonly WritableField[],
	itemIndex: number,
	options: { keepEmpty: boolean },
): IDataObject {
	const values = collectionParameter(context, collection, itemIndex);
	const written: IDataObject = {};
	for (const field of fields) {
		const { name, displayName } = field.property;
		if (!Object.hasOwn(values, name)) continue;
		const invalid = (problem: string) =>
			parameterError(context.getNode(), displayName, problem, itemIndex);
		const value = values[name];
		if (value === undefined || value === null) continue;
		const read = readField(field, value);
		if (typeof read === 'object' && 'problem' in read) throw invalid(read.problem);
		const isEmpty = read === '' || (Array.isArray(read) && read.length === 0);
		if (isEmpty && !options.keepEmpty) continue;
		if (isEmpty && field.neverEmpty) throw invalid('cannot be empty');
		written[name] = read;
	}
	return written;
}

/**
 * What *Update Fields* changes: an empty text clears its field.
 *
 * @throws NodeOperationError that names the field whose value cannot be used, or says that none has a value
 */
export function changedFields(
	context: IExecuteFunctions,
	fields: readonly WritableField[],
	itemIndex: number,
): IDataObject {
	const name = 'updateFields';
	const changed = writtenFields(context, name, fields, itemIndex, { keepEmpty: true });
	if (Object.keys(changed).length > 0) return changed;
	const isEmpty = Object.keys(collectionParameter(context, name, itemIndex)).length === 0;
	throw parameterError(
		context.getNode(),
		'Update Fields',
		isEmpty ? 'is empty' : 'has no field with a value',
		itemIndex,
		isEmpty
			? 'Add at least one field that is to change.'
			: 'Nothing would change: the expressions find nothing for this item.',
	);
}

function readField(
	{ property, holds }: WritableField,
	value: unknown,
): string | boolean | string[] | { problem: string } {
	if (property.type === 'boolean') {
		return typeof value === 'boolean' ? value : { problem: 'must be true or false' };
	}
	if (property.type === 'options') {
		const choices = (property.options ?? []).flatMap((choice) =>
			'value' in choice ? [String(choice.value)] : [],
		);
		const chosen = choices.find((choice) => choice === value);
		return chosen ?? { problem: `must be one of ${choices.join(', ')}` };
	}
	if (holds === 'list') {
		return listOfText(value) ?? { problem: 'must be text or a list of texts' };
	}
	if (typeof value !== 'string' && typeof value !== 'number') return { problem: 'must be text' };
	const text = String(value).trim();
	const problem = holds === 'address' && text !== '' ? addressProblem(text) : undefined;
	return problem === undefined ? text : { problem };
}
