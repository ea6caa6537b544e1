import { invalidParameter } from './errors.mts';
import {
	objectFrom,
	optionalBoolean,
	optionalString,
	optionalStrings,
	type JsonObject,
} from './input.mts';
import type { Address, Mailbox, MessageInput } from './model.mts';
import type { Settings } from './settings.mts';
import { systemFolders, type State } from './state.mts';

const priorities = new Set(['PRY_LOW', 'PRY_NORMAL', 'PRY_HIGH']);

/** Reads `{message: {…}}` of a new draft; 400 when a field has the wrong type. Unknown fields are ignored. */
export function draftFrom(
	body: JsonObject,
	mailbox: Mailbox,
	state: State,
	settings: Settings,
): MessageInput {
	const input = objectFrom(body.message, 'message');
	const text = input.body === undefined ? {} : objectFrom(input.body, 'message.body');
	const bodyText = optionalString(text, 'bodyText') ?? '';
	const priority = optionalString(input, 'priority') ?? 'PRY_NORMAL';
	if (!priorities.has(priority)) throw invalidParameter('message.priority');
	const owner = { email: mailbox.email, name: state.user(mailbox.email).name };
	const from = input.from === undefined ? owner : address(input.from, 'message.from');
	const internetMessageId = optionalString(input, 'internetMessageId');
	return {
		folderId: systemFolders.drafts,
		isRead: true,
		subject: optionalString(input, 'subject') ?? '',
		summary: optionalString(input, 'summary') ?? bodyText.slice(0, 100),
		priority,
		isReadReceiptRequested: optionalBoolean(input, 'isReadReceiptRequested') ?? false,
		from,
		sender: owner,
		toRecipients: addresses(input, 'toRecipients'),
		ccRecipients: addresses(input, 'ccRecipients'),
		bccRecipients: addresses(input, 'bccRecipients'),
		replyTo: addresses(input, 'replyTo'),
		body: { bodyText, bodyHtml: optionalString(text, 'bodyHtml') ?? '' },
		internetMessageHeaders: headers(input.internetMessageHeaders, settings.headersShape),
		tags: optionalStrings(input, 'tags') ?? [],
		...(internetMessageId && { internetMessageId }),
	};
}

function addresses(input: JsonObject, key: string): Address[] {
	const value = input[key];
	if (value === undefined || value === null) return [];
	if (!Array.isArray(value)) throw invalidParameter(`message.${key}`);
	return value.map((entry) => address(entry, `message.${key}`));
}

function address(value: unknown, what: string): Address {
	const input = objectFrom(value, what);
	const email = optionalString(input, 'email') ?? '';
	if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw invalidParameter(`${what}.email`);
	return { email, name: optionalString(input, 'name') ?? '' };
}

/** A map [3P], or a list of names and values when the settings say so. */
function headers(value: unknown, shape: Settings['headersShape']): Record<string, string> {
	if (value === undefined || value === null) return {};
	const what = 'message.internetMessageHeaders';
	const entries =
		shape === 'map' ? Object.entries(objectFrom(value, what)) : headerList(value, what);
	for (const [name, text] of entries) {
		if (name === '' || typeof text !== 'string') throw invalidParameter(what);
	}
	return Object.fromEntries(entries as Array<[string, string]>);
}

function headerList(value: unknown, what: string): Array<[string, unknown]> {
	if (!Array.isArray(value)) throw invalidParameter(what);
	return value.map((entry) => {
		const { name, value: text } = objectFrom(entry, what);
		return [String(name ?? ''), text];
	});
}
