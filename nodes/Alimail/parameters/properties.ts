import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

/** *Options*: what most users leave alone. Read it with `collectionParameter`. */
export function optionsProperty(options: INodeProperties['options']): INodeProperties {
	return {
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options,
	};
}

export const simplifyProperty: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};

/** Reads {@link simplifyProperty}. */
export function wantsSimple(context: IExecuteFunctions, itemIndex: number): boolean {
	return context.getNodeParameter('simplify', itemIndex, true) !== false;
}
