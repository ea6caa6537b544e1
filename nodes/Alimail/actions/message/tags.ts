import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { parameterError } from '../../errors/nodeErrors';
import { listOfText } from '../../parameters/values';

/** Tags have IDs; those of three are known (vendor code: dws). */
export const tagsProperty: INodeProperties = {
	displayName: 'Tag IDs',
	name: 'tags',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. 1',
	description:
		'The IDs of the tags, separated by commas: 1 follow-up, 2 done, 11 important. An expression may also give a list.',
};

/**
 * Reads {@link tagsProperty}.
 *
 * @throws NodeOperationError when there is none
 */
export function readTags(context: IExecuteFunctions, itemIndex: number): string[] {
	const tags = listOfText(context.getNodeParameter('tags', itemIndex, ''));
	if (tags === undefined || tags.length === 0) {
		const problem = tags === undefined ? 'must be text or a list of texts' : 'is empty';
		throw parameterError(context.getNode(), 'Tag IDs', problem, itemIndex);
	}
	return [...new Set(tags)];
}
