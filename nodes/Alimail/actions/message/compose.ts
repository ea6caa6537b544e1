import {
	sanitizeFilename,
	type IDataObject,
	type IExecuteFunctions,
	type INodeProperties,
} from 'n8n-workflow';

import { binaryContent, type BinaryContent } from '../../transport/binary';
import { parameterError } from '../../transport/errors';
import { isObject } from '../answer';
import { listOfText } from '../fields';
import { collectionParameter } from '../parameters';
import { cleaned, parseAddresses, type Address } from './addresses';

/** A file on its way into a draft. */
export interface OutgoingFile {
	name: string;
	mimeType: string;
	sizeBytes: number;
	/** Of an image that the HTML shows; without angle brackets. */
	contentId?: string;
	open: BinaryContent['open'];
}

/** A message as the user composed it; everything in it has been checked. */
export interface Composition {
	/** Under the names of the API. */
	message: IDataObject & {
		subject: string;
		toRecipients: Address[];
		ccRecipients: Address[];
		bccRecipients: Address[];
		body: { bodyText?: string; bodyHtml?: string };
		internetMessageHeaders?: Record<string, string>;
	};
	files: OutgoingFile[];
	saveToSentItems: boolean;
}

const ADDRESS_PLACEHOLDER = 'e.g. nathan@example.com';

/** RFC 9110, section 5.6.2, which is what mail systems agree on too; RFC 5322 would allow some more. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Headers that say who, what and how, and so come from other parameters or from the server. */
const STRUCTURAL_HEADERS: ReadonlySet<string> = new Set([
	'to',
	'cc',
	'bcc',
	'from',
	'sender',
	'reply-to',
	'subject',
	'date',
	'message-id',
	'mime-version',
	'return-path',
	'received',
	'dkim-signature',
]);
const STRUCTURAL_PREFIXES = ['content-', 'resent-', 'arc-'];

const PRIORITIES: readonly string[] = ['PRY_LOW', 'PRY_NORMAL', 'PRY_HIGH'];

const MIME_TYPE = /^[\w.+-]+\/[\w.+-]+(\s*;[\x20-\x7e]*)?$/;
const CONTENT_ID = /^[^\s<>\p{C}]+$/u;

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
	return {
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [...shared, ...more].sort((left, right) =>
			left.displayName < right.displayName ? -1 : 1,
		),
	};
}

/**
 * Reads what the user composed. Binary fields are looked up, but not read yet.
 *
 * @param mailbox - whose message it is: it stands in *From*
 * @throws NodeOperationError that names the parameter that cannot be used; nothing has been sent then
 */
export async function readComposition(
	context: IExecuteFunctions,
	mailbox: string,
	itemIndex: number,
): Promise<Composition> {
	const options = collectionParameter(context, 'options', itemIndex);
	// A reply has both from the original, and keeps them among its options.
	const to = context.getNodeParameter('to', itemIndex, '') || options.to;
	const subject = context.getNodeParameter('subject', itemIndex, '') || options.subject;
	const invalid = (displayName: string, problem: string) =>
		parameterError(context.getNode(), displayName, problem, itemIndex);
	const recipients = (value: unknown, displayName: string) =>
		readAddresses(context, value, displayName, itemIndex);
	const headers = readHeaders(options.internetMessageHeaders, (problem) =>
		invalid('Custom Headers', problem),
	);
	const replyTo = recipients(options.replyTo, 'Reply To');
	const fromName = readLine(options.fromName, (problem) => invalid('From Name', problem));
	const tags = listOfText(options.tags ?? '');
	if (tags === undefined) throw invalid('Tag IDs', 'must be text or a list of texts');
	const { priority } = options;
	if (priority !== undefined && !PRIORITIES.includes(String(priority))) {
		throw invalid('Priority', `must be one of ${PRIORITIES.join(', ')}`);
	}
	return {
		message: {
			subject: readLine(subject, (problem) => invalid('Subject', problem)),
			// Without a name here, the server takes the one of the mailbox.
			from: { email: mailbox, ...(fromName !== '' && { name: fromName }) },
			toRecipients: recipients(to, 'To'),
			ccRecipients: recipients(options.cc, 'CC'),
			bccRecipients: recipients(options.bcc, 'BCC'),
			...(replyTo.length > 0 && { replyTo }),
			body: readContent(context, itemIndex),
			...(priority !== undefined && { priority }),
			...(options.isReadReceiptRequested === true && { isReadReceiptRequested: true }),
			...(tags.length > 0 && { tags }),
			...(headers.size > 0 && { internetMessageHeaders: Object.fromEntries(headers) }),
		},
		files: await readFiles(context, options, itemIndex),
		saveToSentItems: options.saveToSentItems !== false,
	};
}

/**
 * Reads recipients as {@link parseAddresses} does.
 *
 * @throws NodeOperationError that names the parameter and the text that is no address
 */
export function readAddresses(
	context: IExecuteFunctions,
	value: unknown,
	displayName: string,
	itemIndex: number,
): Address[] {
	try {
		return parseAddresses(value);
	} catch (error) {
		const problem = error instanceof Error ? error.message : String(error);
		throw parameterError(context.getNode(), displayName, problem, itemIndex);
	}
}

/**
 * A binary field of the item as a file for a draft.
 *
 * @param given.name - in place of the name that the field has
 * @throws NodeOperationError when the item has no such field or the content ID cannot stand in a header
 */
export async function outgoingFile(
	context: IExecuteFunctions,
	fieldName: string,
	itemIndex: number,
	given: { name?: string; contentId?: string } = {},
): Promise<OutgoingFile> {
	const { fileName, mimeType, sizeBytes, open } = await binaryContent(
		context,
		itemIndex,
		fieldName,
	);
	const name = cleaned(given.name || fileName || fieldName);
	const contentId = given.contentId
		?.trim()
		.replace(/^cid:/i, '')
		.replace(/^<(.*)>$/, '$1');
	if (contentId !== undefined && !CONTENT_ID.test(contentId)) {
		const problem = contentId === '' ? 'is empty' : 'must have no spaces and no angle brackets';
		throw parameterError(context.getNode(), 'Content ID', problem, itemIndex);
	}
	return {
		name: sanitizeFilename(name),
		mimeType: MIME_TYPE.test(mimeType) ? mimeType : 'application/octet-stream',
		sizeBytes,
		...(contentId !== undefined && { contentId }),
		open,
	};
}

/**
 * Reads the names of binary fields: separated by commas, or a list from an expression.
 *
 * @throws NodeOperationError when it is neither
 */
export function readFieldNames(
	context: IExecuteFunctions,
	value: unknown,
	displayName: string,
	itemIndex: number,
): string[] {
	const names = listOfText(value ?? '');
	if (names !== undefined) return names;
	throw parameterError(
		context.getNode(),
		displayName,
		'must be the names of binary fields: text or a list of texts',
		itemIndex,
	);
}

async function readFiles(
	context: IExecuteFunctions,
	options: IDataObject,
	itemIndex: number,
): Promise<OutgoingFile[]> {
	const files: OutgoingFile[] = [];
	for (const fieldName of readFieldNames(context, options.attachments, 'Attachments', itemIndex)) {
		files.push(await outgoingFile(context, fieldName, itemIndex));
	}
	for (const { inputDataFieldName, contentId } of entriesOf(options.inlineImages, 'images')) {
		const [fieldName] = readFieldNames(
			context,
			inputDataFieldName,
			'Input Data Field Name',
			itemIndex,
		);
		if (fieldName === undefined) {
			throw parameterError(context.getNode(), 'Input Data Field Name', 'is empty', itemIndex);
		}
		files.push(
			await outgoingFile(context, fieldName, itemIndex, { contentId: String(contentId ?? '') }),
		);
	}
	return files;
}

function readContent(
	context: IExecuteFunctions,
	itemIndex: number,
): { bodyText?: string; bodyHtml?: string } {
	const format = context.getNodeParameter('emailFormat', itemIndex);
	const content = (name: string, displayName: string) => {
		const value = context.getNodeParameter(name, itemIndex, '');
		if (typeof value === 'string') return value;
		if (value === null || value === undefined) return '';
		if (typeof value === 'number' || typeof value === 'boolean') return String(value);
		throw parameterError(context.getNode(), displayName, 'must be text', itemIndex);
	};
	switch (format) {
		case 'text':
			return { bodyText: content('text', 'Text') };
		case 'html':
			return { bodyHtml: content('html', 'HTML') };
		case 'both':
			return { bodyText: content('text', 'Text'), bodyHtml: content('html', 'HTML') };
		default:
			throw parameterError(
				context.getNode(),
				'Email Format',
				'must be text, html or both',
				itemIndex,
			);
	}
}

/** Headers by name. What ends a line in one would begin another. */
function readHeaders(
	collection: unknown,
	invalid: (problem: string) => Error,
): Map<string, string> {
	const headers = new Map<string, string>();
	for (const entry of entriesOf(collection, 'headers')) {
		const name = String(entry.name ?? '').trim();
		const { value } = entry;
		if (name === '' && (value === undefined || value === '')) continue;
		if (!HEADER_NAME.test(name)) {
			throw invalid(
				`contains '${cleaned(name).slice(0, 40)}', which cannot be the name of a header`,
			);
		}
		const lowercase = name.toLowerCase();
		if (
			STRUCTURAL_HEADERS.has(lowercase) ||
			STRUCTURAL_PREFIXES.some((prefix) => lowercase.startsWith(prefix))
		) {
			throw invalid(
				`cannot set '${name}': it comes from another parameter or from the mail server`,
			);
		}
		if ([...headers.keys()].some((other) => other.toLowerCase() === lowercase)) {
			throw invalid(`sets '${name}' twice`);
		}
		const text = typeof value === 'string' ? value : JSON.stringify(value ?? '');
		if (/[\p{Cc}\u2028\u2029]/u.test(text) || !text.isWellFormed()) {
			throw invalid(`has a line break or another control character in the value of '${name}'`);
		}
		headers.set(name, text.trim());
	}
	return headers;
}

/** Text on one line. */
function readLine(value: unknown, invalid: (problem: string) => Error): string {
	if (value === undefined || value === null) return '';
	if (typeof value !== 'string' && typeof value !== 'number') throw invalid('must be text');
	const text = String(value)
		.replace(/[\r\n\t\u2028\u2029]+/g, ' ')
		.trim();
	if (/\p{Cc}/u.test(text) || !text.isWellFormed()) throw invalid('has a control character');
	return text;
}

function entriesOf(collection: unknown, name: string): IDataObject[] {
	const list = isObject(collection) ? collection[name] : undefined;
	return Array.isArray(list) ? list.filter(isObject) : [];
}
