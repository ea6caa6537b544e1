import { sanitizeFilename, type IDataObject, type IExecuteFunctions } from 'n8n-workflow';

import { parameterError } from '../errors/nodeErrors';
import {
	collectionEntries,
	collectionParameter,
	HEADER_NAME,
	listOfText,
} from '../parameters/values';
import { cleaned, parseAddresses, type Address } from './addresses';
import { binaryContent, type BinaryContent } from './binaryField';

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
function readAddresses(
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
	for (const { inputDataFieldName, contentId } of collectionEntries(
		options.inlineImages,
		'images',
	)) {
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
	const seen = new Set<string>();
	for (const entry of collectionEntries(collection, 'headers')) {
		const name = String(entry.name ?? '').trim();
		const { value } = entry;
		const isNothing = value === undefined || value === null;
		if (name === '' && (isNothing || value === '')) continue;
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
		if (seen.has(lowercase)) throw invalid(`sets '${name}' twice`);
		seen.add(lowercase);
		if (isNothing) throw invalid(`has no value for '${name}'`);
		const text = typeof value === 'string' ? value : JSON.stringify(value);
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
