import type { INodeProperties } from 'n8n-workflow';

import { optionsProperty } from '../parameters/properties';

const ADDRESS_PLACEHOLDER = 'e.g. nathan@example.com';

export const toProperty: INodeProperties = {
	displayName: 'To',
	name: 'to',
	type: 'string',
	default: '',
	placeholder: ADDRESS_PLACEHOLDER,
	description:
		'The recipients, separated by commas, with or without names: nathan@example.com, "Smith, Jane" &lt;jane@example.com&gt;. An expression may also give a list of addresses or of objects with email and name.',
};

export const subjectProperty: INodeProperties = {
	displayName: 'Subject',
	name: 'subject',
	type: 'string',
	default: '',
	placeholder: 'e.g. Your order has shipped',
	description: 'The subject of the message, on one line: line breaks become spaces',
};

/** What the message says. */
export const contentProperties: INodeProperties[] = [
	{
		displayName: 'Email Format',
		name: 'emailFormat',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Both', value: 'both', description: 'HTML, and text for programs that show none' },
			{ name: 'HTML', value: 'html' },
			{ name: 'Text', value: 'text' },
		],
		default: 'html',
	},
	{
		displayName: 'Text',
		name: 'text',
		type: 'string',
		typeOptions: { rows: 5 },
		default: '',
		placeholder: 'e.g. Hello Nathan, your order has shipped.',
		displayOptions: { show: { emailFormat: ['text', 'both'] } },
		description: 'Plain text content of the message',
	},
	{
		displayName: 'HTML',
		name: 'html',
		type: 'string',
		typeOptions: { rows: 5 },
		default: '',
		placeholder: 'e.g. <p>Hello Nathan, your order has <b>shipped</b>.</p>',
		displayOptions: { show: { emailFormat: ['html', 'both'] } },
		description: 'HTML content of the message',
	},
];

const optionProperties = {
	attachments: {
		displayName: 'Attachments',
		name: 'attachments',
		type: 'string',
		default: '',
		placeholder: 'e.g. data, attachment_0',
		description:
			'The names of the binary fields that hold the files, separated by commas. An expression may also give a list.',
	},
	bcc: {
		displayName: 'BCC',
		name: 'bcc',
		type: 'string',
		default: '',
		placeholder: ADDRESS_PLACEHOLDER,
		description: 'Recipients whom the others do not see, written as in To',
	},
	cc: {
		displayName: 'CC',
		name: 'cc',
		type: 'string',
		default: '',
		placeholder: ADDRESS_PLACEHOLDER,
		description: 'Recipients of a copy, written as in To',
	},
	internetMessageHeaders: {
		displayName: 'Custom Headers',
		name: 'internetMessageHeaders',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add Header',
		default: {},
		description:
			'Further headers of the message. Those that other parameters set, such as To and Subject, cannot be set here.',
		options: [
			{
				name: 'headers',
				displayName: 'Header',
				values: [
					{
						displayName: 'Name',
						name: 'name',
						type: 'string',
						default: '',
						placeholder: 'e.g. X-Order-ID',
					},
					{ displayName: 'Value', name: 'value', type: 'string', default: '' },
				],
			},
		],
	},
	fromName: {
		displayName: 'From Name',
		name: 'fromName',
		type: 'string',
		default: '',
		placeholder: 'e.g. Nathan',
		description: 'The name that recipients see beside the address of the mailbox',
	},
	inlineImages: {
		displayName: 'Inline Images',
		name: 'inlineImages',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add Image',
		default: {},
		description: 'Images that the HTML shows, e.g. with &lt;img src="cid:logo"&gt;',
		options: [
			{
				name: 'images',
				displayName: 'Image',
				values: [
					{
						displayName: 'Input Data Field Name',
						name: 'inputDataFieldName',
						type: 'string',
						default: 'data',
						placeholder: 'e.g. data',
						description: 'The binary field of the input item that holds the image',
					},
					{
						displayName: 'Content ID',
						name: 'contentId',
						type: 'string',
						default: '',
						placeholder: 'e.g. logo',
						description: 'What stands after cid: in the HTML',
					},
				],
			},
		],
	},
	priority: {
		displayName: 'Priority',
		name: 'priority',
		type: 'options',
		options: [
			{ name: 'Low', value: 'PRY_LOW' },
			{ name: 'Normal', value: 'PRY_NORMAL' },
			{ name: 'High', value: 'PRY_HIGH' },
		],
		default: 'PRY_NORMAL',
		description: 'How important the message is shown to be',
	},
	isReadReceiptRequested: {
		displayName: 'Read Receipt Requested',
		name: 'isReadReceiptRequested',
		type: 'boolean',
		default: false,
		description: 'Whether a read receipt is requested for the message',
	},
	replyTo: {
		displayName: 'Reply To',
		name: 'replyTo',
		type: 'string',
		default: '',
		placeholder: ADDRESS_PLACEHOLDER,
		description: 'Where replies go if not to the mailbox, written as in To',
	},
	saveToSentItems: {
		displayName: 'Save to Sent Items',
		name: 'saveToSentItems',
		type: 'boolean',
		default: true,
		description: 'Whether to save the message in Sent Items',
	},
	tags: {
		displayName: 'Tag IDs',
		name: 'tags',
		type: 'string',
		default: '',
		placeholder: 'e.g. 1',
		description:
			'The IDs of tags that the message gets in this mailbox, separated by commas: 1 follow-up, 2 done, 11 important',
	},
} as const satisfies Record<string, INodeProperties>;

type OptionName = keyof typeof optionProperties;

/**
 * The *Options* of an operation that composes a message.
 *
 * @param without - those that the operation has no use for
 * @param more - of the operation itself
 */
export function composeOptions(
	without: OptionName[] = [],
	more: INodeProperties[] = [],
): INodeProperties {
	const shared = Object.values<INodeProperties>(optionProperties).filter(
		({ name }) => !without.some((left) => left === name),
	);
	return optionsProperty(
		[...shared, ...more].sort((left, right) => (left.displayName < right.displayName ? -1 : 1)),
	);
}
