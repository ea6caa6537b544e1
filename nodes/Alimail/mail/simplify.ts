import type { IDataObject } from 'n8n-workflow';

import { isObject } from '../flow/isObject';
import { countOf, textOf } from '../transport/json';

/**
 * How each field of a message comes out flat, by its name in `$select`. What the API leaves out although it was asked for
 * counts as its empty value: a server that speaks protobuf leaves out `false`, `0` and `""` (inferred).
 */
const SIMPLE: ReadonlyMap<string, (value: unknown) => IDataObject> = new Map<
	string,
	(value: unknown) => IDataObject
>([
	['id', (value) => ({ id: textOf(value) ?? '' })],
	['subject', (value) => ({ subject: textOf(value) ?? '' })],
	['from', (value) => ({ from: emailOf(value), fromName: nameOf(value) })],
	['sender', (value) => ({ sender: emailOf(value), senderName: nameOf(value) })],
	['toRecipients', (value) => ({ to: emailsOf(value) })],
	['ccRecipients', (value) => ({ cc: emailsOf(value) })],
	['bccRecipients', (value) => ({ bcc: emailsOf(value) })],
	['replyTo', (value) => ({ replyTo: emailsOf(value) })],
	['receivedDateTime', (value) => ({ receivedAt: instantOf(value) })],
	['sentDateTime', (value) => ({ sentAt: instantOf(value) })],
	['lastModifiedDateTime', (value) => ({ lastModifiedAt: instantOf(value) })],
	['isRead', (value) => ({ isRead: isTrue(value) })],
	['isReplied', (value) => ({ isReplied: isTrue(value) })],
	['isForwarded', (value) => ({ isForwarded: isTrue(value) })],
	['hasAttachments', (value) => ({ hasAttachments: isTrue(value) })],
	['isReadReceiptRequested', (value) => ({ isReadReceiptRequested: isTrue(value) })],
	['size', (value) => ({ sizeBytes: countOf(value) ?? null })],
	['folderId', (value) => ({ folderId: textOf(value) ?? '' })],
	['conversationId', (value) => ({ conversationId: textOf(value) ?? '' })],
	['internetMessageId', (value) => ({ internetMessageId: textOf(value) ?? '' })],
	['summary', (value) => ({ summary: textOf(value) ?? '' })],
	['priority', (value) => ({ priority: textOf(value) ?? '' })],
	['sendStatus', (value) => ({ sendStatus: textOf(value) ?? '' })],
	['tags', (value) => ({ tags: tagsOf(value) })],
	['internetMessageHeaders', (value) => ({ headers: Object.fromEntries(headersOf(value)) })],
	['body', (value) => bodyOf(value)],
]);

/**
 * A message as flat fields that people use: `from` and `fromName`, recipients joined by commas, `receivedAt` and `sentAt` as
 * ISO 8601, `sizeBytes` as a number even where the API sends text (third-party: yaerp), `text` and `html` for the body.
 *
 * @param message - as the API gives it
 * @param fields - the names that were selected; nothing else comes out
 */
export function simplifiedMessage(message: IDataObject, fields: readonly string[]): IDataObject {
	return Object.fromEntries(
		fields.flatMap((name) => Object.entries(SIMPLE.get(name)?.(message[name]) ?? {})),
	);
}

/**
 * The message in an answer: wrapped in `message` (third-party: pytbox, yaerp and others) or bare, as one description has it.
 */
export function messageIn(answer: IDataObject): IDataObject {
	return isObject(answer.message) ? answer.message : answer;
}

/** Text and HTML of a body `{ bodyText, bodyHtml }`; either may be missing. */
export function bodyOf(value: unknown): { text: string; html: string } {
	const body = isObject(value) ? value : {};
	const part = (content: unknown) => (typeof content === 'string' ? content : '');
	return { text: part(body.bodyText), html: part(body.bodyHtml) };
}

/**
 * The headers of a message as names and values: the API gives a map (third-party: yaerp, go-alimail), or a list of
 * `{ name, value }` (third-party: ViboCNC).
 */
export function headersOf(value: unknown): Array<[string, string]> {
	const pairs: Array<[unknown, unknown]> = Array.isArray(value)
		? value.filter(isObject).map((entry) => [entry.name, entry.value])
		: Object.entries(isObject(value) ? value : {});
	return pairs.flatMap(([name, content]): Array<[string, string]> => {
		const text = Array.isArray(content)
			? content.flatMap((line) => textOf(line) ?? []).join(', ')
			: textOf(content);
		return typeof name === 'string' && text !== undefined ? [[name, text]] : [];
	});
}

/** A time from the API as ISO 8601 in UTC; null for none. */
export function instantOf(value: unknown): string | null {
	const time =
		typeof value === 'number' ? value : Date.parse(typeof value === 'string' ? value : '');
	const date = new Date(time);
	return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function emailOf(value: unknown): string {
	return isObject(value) ? (textOf(value.email) ?? '') : '';
}

function nameOf(value: unknown): string {
	return isObject(value) ? (textOf(value.name) ?? '') : '';
}

function emailsOf(value: unknown): string {
	return (Array.isArray(value) ? value : [value])
		.map(emailOf)
		.filter((email) => email !== '')
		.join(', ');
}

function tagsOf(value: unknown): string[] {
	return Array.isArray(value) ? value.flatMap((tag) => textOf(tag) ?? []) : [];
}

/** Booleans may come as text, as counters do (third-party: yaerp). */
function isTrue(value: unknown): boolean {
	return value === true || value === 'true';
}
