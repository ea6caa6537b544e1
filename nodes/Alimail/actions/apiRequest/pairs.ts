import type { INodeProperties } from 'n8n-workflow';

/** For names and values: one by one, or as JSON. */
export const specifyOptions = [
	{ name: 'Using Fields Below', value: 'keypair' },
	{ name: 'Using JSON', value: 'json' },
];

/**
 * A list of names and values to fill in.
 *
 * @param singular - what one of them is called
 * @param show - as in `displayOptions`
 * @param valueHint - the description of the value
 */
export function pairs(
	name: string,
	displayName: string,
	singular: string,
	show: Record<string, Array<string | boolean>>,
	valueHint?: string,
): INodeProperties {
	return {
		displayName,
		name,
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: `Add ${singular}`,
		default: { parameters: [{ name: '', value: '' }] },
		displayOptions: { show },
		options: [
			{
				name: 'parameters',
				displayName: singular,
				values: [
					{ displayName: 'Name', name: 'name', type: 'string', default: '' },
					{
						displayName: 'Value',
						name: 'value',
						type: 'string',
						default: '',
						description: valueHint,
					},
				],
			},
		],
	};
}
