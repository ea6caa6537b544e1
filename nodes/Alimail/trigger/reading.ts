import {
	NodeApiError,
	NodeOperationError,
	type IBinaryData,
	type IDataObject,
	type INodeExecutionData,
	type IPollFunctions,
} from 'n8n-workflow';

import { apiOrigin } from '../auth/credential';
import { sha256 } from '../errors/hash';
import {
	attachmentItem,
	downloadAttachment,
	listAttachments,
	type MessagePlace,
} from '../mail/attachments';
import { selectedFields } from '../mail/messageFields';
import { simplifiedMessage } from '../mail/simplify';
import { pickFields } from '../transport/json';
import { isServerWide, NO_ITEM, readMessage, type FolderMessage } from './folder';
import { keptFile } from './keptFiles';

/** Fields that a list of messages gives; only the body and the headers take a request for each message. */
export const LIST_FIELDS: readonly string[] = selectedFields(
	{},
	{ simplify: false, detailed: false },
);

/** Stands in the `error` of a message that the search query could not judge. */
const UNSEARCHED =
	"Not judged by 'Search Query': Alimail's search has not come to know this message. Check whether it is one that you want.";

/** Things missing from an item that its error names one by one. */
const MAX_NAMED = 3;

/** What is to come out for a message. */
export interface Output {
	/** Address of the mailbox. */
	mailbox: string;
	simplify: boolean;
	/** For `$select`. */
	fields: readonly string[];
	/** Of the binary fields; undefined when no files are wanted. */
	attachmentsPrefix: string | undefined;
}

/** What could be read of a message. */
export interface MessageRead {
	/** Complete if there are no problems. */
	item: INodeExecutionData;
	/** What is missing, and why. */
	problems: Problem[];
	/** The item's files by the keys under which they can be kept. */
	files: Array<[string, IBinaryData]>;
	/** What the server did answer. */
	answered: Set<Part>;
}

/** What of a message takes a request of its own. */
type Part = 'message' | 'attachments' | 'file';

interface Problem {
	part: Part;
	/** What is missing and why, for the user. */
	text: string;
	error: unknown;
	isServerWide: boolean;
}

/**
 * Reads what is wanted of a message: its fields, and its files. Files that an earlier poll has kept are not downloaded again.
 *
 * @param options.readAll - go on after something could not be read, for an item with everything that can be had
 * @param options.onAnswer - is called after each request
 */
export async function readItem(
	context: IPollFunctions,
	{ mailbox, simplify, fields, attachmentsPrefix }: Output,
	{ id, data }: FolderMessage,
	options: { readAll: boolean; onAnswer: () => void },
): Promise<MessageRead> {
	const { readAll, onAnswer } = options;
	const problems: Problem[] = [];
	const files: MessageRead['files'] = [];
	const answered: MessageRead['answered'] = new Set();
	/** What is thrown for one message must not end the poll for all. */
	const guarded = async <T>(
		part: Part,
		missing: string,
		work: () => T | Promise<T>,
	): Promise<T | undefined> => {
		try {
			return await work();
		} catch (error) {
			problems.push(problemFrom(part, missing, error));
			return undefined;
		}
	};
	const attempt = async <T>(part: Part, missing: string, work: () => Promise<T>) => {
		const result = await guarded(part, missing, work);
		if (result !== undefined) answered.add(part);
		onAnswer();
		return result;
	};
	const mayGoOn = () => readAll || problems.length === 0;

	const listed = fields.filter((name) => LIST_FIELDS.includes(name));
	const unlisted = fields.filter((name) => !LIST_FIELDS.includes(name));
	const whole =
		unlisted.length === 0
			? pickFields(data, fields)
			: await attempt(
					'message',
					unlisted.join(', '),
					async () => await readMessage(context, mailbox, id, fields),
				);
	const message = whole ?? pickFields(data, listed);
	const shape = () =>
		simplify ? simplifiedMessage(message, whole === undefined ? listed : fields) : message;
	const json = (await guarded('message', fields.join(', '), shape)) ?? { id };
	const item: INodeExecutionData = { json };
	if (attachmentsPrefix === undefined || !mayGoOn()) return { item, problems, files, answered };

	const place = { mailbox, messageId: id };
	const attachments = await attempt(
		'attachments',
		'attachments',
		async () => await listAttachments(context, place, NO_ITEM),
	);
	if (attachments === undefined) return { item, problems, files, answered };
	item.binary = {};
	const shown: IDataObject[] = [];
	item.json = { ...json, attachments: shown };
	for (const [index, attachment] of attachments.entries()) {
		if (!mayGoOn()) break;
		const { name } = attachment;
		const key = await guarded('file', name, () => fileKey(context, place, attachment.id));
		const file =
			key !== undefined &&
			(keptFile(key) ??
				(await attempt('file', name, () =>
					downloadAttachment(context, place, attachment, NO_ITEM),
				)));
		const field = `${attachmentsPrefix}${index}`;
		shown.push({ ...attachmentItem(attachment), ...(file && { binaryField: field }) });
		if (!file) continue;
		item.binary[field] = file;
		files.push([key, file]);
	}
	return { item, problems, files, answered };
}

/**
 * The item of a message as it is handed on: with an `error` that says what is missing for good, and why.
 *
 * @param how.isUnsearched - whether the search has never come to know the message
 */
export function withError(
	{ item, problems }: MessageRead,
	{ isUnsearched = false }: { isUnsearched?: boolean },
): INodeExecutionData {
	if (problems.length === 0 && !isUnsearched) return item;
	const named = problems.slice(0, MAX_NAMED).map(({ text }) => text);
	const more = problems.length - named.length;
	if (more > 0) named.push(`And ${more} more.`);
	if (isUnsearched) named.unshift(UNSEARCHED);
	return { ...item, json: { ...item.json, error: named.join(' ') } };
}

function problemFrom(part: Part, missing: string, error: unknown): Problem {
	// What another error says may hold anything.
	const known = error instanceof NodeApiError || error instanceof NodeOperationError;
	const reason = known ? error.message : 'It could not be read.';
	return { part, text: `Missing: ${missing}. ${reason}`, error, isServerWide: isServerWide(error) };
}

/** n8n deletes a file together with the execution that it was made for, so no two workflows may share one. */
async function fileKey(
	context: IPollFunctions,
	{ mailbox, messageId }: MessagePlace,
	attachmentId: string,
): Promise<string> {
	const node = [context.getWorkflow().id, context.getNode().name];
	const origin = await apiOrigin(context);
	return sha256(JSON.stringify([...node, origin, mailbox, messageId, attachmentId]));
}
