import type { IDataObject } from 'n8n-workflow';

import { textOf } from '../transport/json';
import { addressesFrom, cleaned, sameEmail, type Address } from './addresses';
import { headersOf } from './simplify';

/** What a reply has to know about the message that it answers. */
export const THREAD_FIELDS = [
	'id',
	'internetMessageId',
	'internetMessageHeaders',
	'subject',
	'from',
	'sender',
	'replyTo',
	'toRecipients',
	'ccRecipients',
	'sentDateTime',
	'body',
] as const;

/** A reply refers to at most so many messages of its thread, the first and the latest: no header may grow without end. */
const MOST_REFERENCES = 50;

/** `Re:` in the languages that Alimail's web client and others write, also several of them, also numbered as `Re[2]:`. */
const REPLY_PREFIXES =
	/^(?:\s*(?:re|aw|sv|回复|答复|回覆|答覆|回信|返信)\s*(?:\[\d+\]|\(\d+\))?\s*[:：])+\s*/iu;

/** The subject of a reply: `Re:` exactly once. */
export function replySubject(subject: string): string {
	return `Re: ${cleaned(subject).replace(REPLY_PREFIXES, '')}`.trim();
}

/**
 * Who gets the reply.
 *
 * `Reply-To` comes before `From`. The mailbox itself is left out, unless it is the only recipient. A reply to a message that
 * the mailbox sent goes to the recipients of that message.
 *
 * @param original - with the fields of {@link THREAD_FIELDS}
 * @param own - the addresses of the mailbox
 * @returns empty lists when the message names nobody that one could write to
 */
export function replyRecipients(
	original: IDataObject,
	own: readonly string[],
	options: { senderOnly: boolean },
): { to: Address[]; cc: Address[] } {
	const isOwn = ({ email }: Address) => own.some((address) => sameEmail(address, email));
	const first = (...names: string[]) =>
		names.map((name) => addressesFrom(original[name])).find((list) => list.length > 0) ?? [];
	const authors = first('replyTo', 'from', 'sender');
	const recipients = addressesFrom(original.toRecipients);
	const fromOthers = authors.some((author) => !isOwn(author));

	const candidates =
		options.senderOnly && fromOthers ? authors : [...(fromOthers ? authors : []), ...recipients];
	const others = (addresses: Address[]) => distinct(addresses.filter((one) => !isOwn(one)));
	const to = others(candidates);
	const copies = options.senderOnly ? [] : others(addressesFrom(original.ccRecipients));
	const cc = distinct([...to, ...copies]).slice(to.length);
	if (to.length > 0) return { to, cc };
	return { to: cc.length > 0 ? cc : distinct(authors), cc: [] };
}

/**
 * The headers that put a reply into its thread (RFC 5322, section 3.6.4). Alimail has no call for replies; other clients send
 * these headers with a new message (third-party: yaerp).
 *
 * @returns no headers when the message has no `Message-ID`
 */
export function threadHeaders(original: IDataObject): Record<string, string> {
	const headers = headersOf(original.internetMessageHeaders);
	const idsIn = (name: string) =>
		messageIds(headers.find(([header]) => header.toLowerCase() === name)?.[1] ?? '');
	const given = textOf(original.internetMessageId)?.trim() ?? '';
	const [own] = [...messageIds(given), ...messageIds(`<${given}>`), ...idsIn('message-id')];
	if (own === undefined) return {};
	const earlier = idsIn('references');
	const answered = idsIn('in-reply-to');
	const before = earlier.length > 0 ? earlier : answered.length === 1 ? answered : [];
	const references = [...new Set(before)].filter((id) => id !== own);
	const kept =
		references.length < MOST_REFERENCES
			? references
			: [...references.slice(0, 1), ...references.slice(2 - MOST_REFERENCES)];
	return { 'In-Reply-To': own, References: [...kept, own].join(' ') };
}

/** Everything in a header that has the form of a message ID; nothing else may get into a header of ours. */
function messageIds(text: string): string[] {
	return text.match(/<[\x21-\x3b\x3d\x3f-\x7e]+>/g) ?? [];
}

function distinct(addresses: Address[]): Address[] {
	const seen = new Set<string>();
	return addresses.filter(({ email }) => {
		const key = email.toLowerCase();
		return !seen.has(key) && seen.add(key);
	});
}
