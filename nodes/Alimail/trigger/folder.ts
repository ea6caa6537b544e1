import { NodeApiError, type IDataObject, type IPollFunctions } from 'n8n-workflow';

import { dataOf, restatedError } from '../errors/nodeErrors';
import { date } from '../flow/clock';
import { searchQuery } from '../mail/searchQuery';
import { messageIn } from '../mail/simplify';
import { callApi, requestFor, requestJson } from '../transport/call';
import { entriesOf, textOf } from '../transport/json';
import { MAX_PAGE_SIZE, pagesByCursor } from '../transport/pagination';
import type { RecordedMessage } from './state';

/** A message of the folder with what the list says about it. */
export interface FolderMessage extends RecordedMessage {
	data: IDataObject;
}

/** What a trigger watches. */
export interface WatchedFolder {
	/** Address of the mailbox. */
	mailbox: string;
	folderId: string;
}

/** What the watch itself needs of a message, for `$select`. */
export const LISTED_FIELDS: readonly string[] = ['id', 'internetMessageId', 'receivedDateTime'];

/** A trigger has no input items. */
export const NO_ITEM = 0;

/** Seconds since 1970 stay below this for thousands of years; milliseconds have been above it since 1973. */
const LARGEST_SECONDS = 1e11;

/** The last moment that a `Date` can hold, in milliseconds since 1970. */
const LATEST_TIME = 8.64e15;

/** The search goes by a date that the sender may have set. It finds messages dated up to this much before their receipt. */
const SEARCH_MARGIN_MS = 48 * 3_600_000;

/**
 * The pages of a folder, the newest messages first. The official sample orders by `orderby=DES`, newer third-party clients
 * (yaerp, email-agent) by `isAscending`: both are sent and say the same.
 *
 * Source: https://help.aliyun.com/document_detail/2856396.html
 *
 * @param fields - for `$select`
 * @param onServerTime - is told the time by the server's clock, in milliseconds since 1970, if the answer has a `Date` header
 */
export async function* folderPages(
	context: IPollFunctions,
	folder: WatchedFolder,
	fields: readonly string[],
	onServerTime: (time: number) => void = () => {},
): AsyncGenerator<FolderMessage[]> {
	const pages = pagesByCursor(async (cursor) => {
		const built = await requestFor(context, {
			method: 'GET',
			path: '/v2/users/{mailbox}/mailFolders/{folderId}/messages',
			values: { ...folder },
			query: {
				size: MAX_PAGE_SIZE,
				cursor,
				orderby: 'DES',
				isAscending: false,
				$select: fields.join(','),
			},
			itemIndex: NO_ITEM,
		});
		return await requestJson(context, {
			...built,
			read: async ({ headers, body }) => {
				const time = Date.parse(textOf(headers.date) ?? '');
				if (!Number.isNaN(time)) onServerTime(time);
				return (await context.helpers.binaryToBuffer(body)).toString();
			},
		});
	});
	yield* messagesOf(context, pages);
}

/** The pages of what the search finds in a mailbox (third-party: yaerp and others). */
export async function* searchPages(
	context: IPollFunctions,
	mailbox: string,
	query: string,
	fields: readonly string[],
): AsyncGenerator<FolderMessage[]> {
	const pages = pagesByCursor(
		async (cursor) =>
			await callApi(context, {
				method: 'POST',
				path: '/v2/users/{mailbox}/messages/query',
				values: { mailbox },
				query: { $select: fields.join(',') },
				body: { query, cursor: cursor ?? '', size: MAX_PAGE_SIZE },
				itemIndex: NO_ITEM,
			}),
	);
	yield* messagesOf(context, pages);
}

/**
 * Tells which messages a search query finds. The search may come to know a message later than the folder shows it. So a
 * message that the query does not find is `unknown` unless the search finds it without the query.
 */
export async function searched(
	context: IPollFunctions,
	mailbox: string,
	query: string,
	messages: FolderMessage[],
): Promise<{ found: Set<FolderMessage>; unknown: Set<FolderMessage> }> {
	if (messages.length === 0) return { found: new Set(), unknown: new Set() };
	const earliest = messages.reduce(
		(time, { receivedAt = time }) => Math.min(time, receivedAt),
		date(),
	);
	const receivedAfter = new Date(earliest - SEARCH_MARGIN_MS).toISOString().replace(/\.\d+/, '');
	const recent = searchQuery({ receivedAfter });
	const find = async (text: string) => {
		const missing = new Map(messages.map((message) => [message.id, message]));
		const found = new Set<FolderMessage>();
		for await (const page of searchPages(context, mailbox, text, ['id'])) {
			for (const { id } of page) {
				const message = missing.get(id);
				if (message && missing.delete(id)) found.add(message);
			}
			if (missing.size === 0) break;
		}
		return found;
	};
	const indexed = await find(recent);
	const found = await find(`(${query}) AND ${recent}`);
	const isUnknown = (message: FolderMessage) => !indexed.has(message) && !found.has(message);
	return { found, unknown: new Set(messages.filter(isUnknown)) };
}

/**
 * Reads a message in full.
 *
 * @param fields - for `$select`
 * @throws NodeApiError when the server refuses or does not answer, NodeOperationError when the ID cannot stand in a path
 */
export async function readMessage(
	context: IPollFunctions,
	mailbox: string,
	messageId: string,
	fields: readonly string[],
): Promise<IDataObject> {
	const answer = await callApi(context, {
		method: 'GET',
		path: '/v2/users/{mailbox}/messages/{messageId}',
		values: { mailbox, messageId },
		query: { $select: fields.join(',') },
		itemIndex: NO_ITEM,
	});
	return messageIn(answer);
}

/** Whether an error means that the server does not know what was asked for. */
export function isNotFound(error: unknown): boolean {
	return error instanceof NodeApiError && error.httpCode === '404';
}

/** Whether an error says nothing about what was asked for: no answer, no valid token, too many requests, a server that is down. */
export function isServerWide(error: unknown): boolean {
	if (!(error instanceof NodeApiError)) return false;
	return dataOf(error).unanswered !== undefined || /^(401|429|5\d\d)$/.test(error.httpCode ?? '');
}

/**
 * The time in an answer: ISO 8601, or seconds or milliseconds since 1970 (inferred).
 *
 * @returns milliseconds since 1970; undefined for none, which may come as zero, and for what no calendar holds
 */
export function timeOf(value: unknown): number | undefined {
	const text = textOf(value);
	if (text === undefined) return undefined;
	const number = Number(text);
	const time = Number.isNaN(number)
		? Date.parse(text)
		: number * (number < LARGEST_SECONDS ? 1000 : 1);
	return time > 0 && time <= LATEST_TIME ? time : undefined;
}

async function* messagesOf(
	context: IPollFunctions,
	pages: AsyncIterable<IDataObject>,
): AsyncGenerator<FolderMessage[]> {
	try {
		for await (const page of pages) {
			yield entriesOf(context, page, ['messages'], NO_ITEM).map(folderMessage);
		}
	} catch (error) {
		throw restatedError(context.getNode(), error, NO_ITEM);
	}
}

function folderMessage(data: IDataObject): FolderMessage {
	const internetMessageId = textOf(data.internetMessageId);
	return {
		// No source knows of a message without an ID; it must still not be lost.
		id: textOf(data.id) ?? internetMessageId ?? JSON.stringify(data),
		...(internetMessageId !== undefined && { internetMessageId }),
		receivedAt: timeOf(data.receivedDateTime),
		data,
	};
}
