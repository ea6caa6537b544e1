import { isObject } from '../flow/isObject';
import { isEmailAddress, LONGEST_ADDRESS } from '../parameters/emailAddress';

/** A sender or recipient as the API takes and gives it (third-party: yaerp, go-alimail and others agree). */
export interface Address {
	email: string;
	/** Empty for none. */
	name: string;
}

/** Text that cannot be used as addresses. The message continues a sentence that starts with the parameter. */
export class UnusableAddress extends Error {}

/** What would end a line, or is not for reading. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** Characters of unusable input that an error shows. */
const EXCERPT_LENGTH = 80;

/**
 * Reads what a user or an expression gives as addresses: text such as `a@b.c, "Doe, Jane" <d@e.f>`, a list of texts with
 * one address each, a list of `{ email, name }`, or one such object.
 *
 * In text, addresses are separated by commas, semicolons or line breaks; the full-width `，` and `；` count too where an
 * address ends. A name with one of them stands in quotes. Empty entries are passed over.
 *
 * @throws UnusableAddress that shows what is no address
 */
export function parseAddresses(value: unknown): Address[] {
	if (value === undefined || value === null) return [];
	if (typeof value === 'string') return parseText(value);
	if (!Array.isArray(value)) return parseEntry(value);
	return value.flatMap(parseEntry);
}

/** One entry of a list: the list separates the addresses, so text in it holds one at most. */
function parseEntry(entry: unknown): Address[] {
	if (entry === undefined || entry === null) return [];
	if (typeof entry === 'string') {
		const found = parseText(entry);
		if (found.length > 1) {
			throw new UnusableAddress(
				`has a list entry with more than one address, '${excerpt(entry)}'. Make an entry of each`,
			);
		}
		return found;
	}
	if (!isObject(entry) || typeof entry.email !== 'string') {
		throw new UnusableAddress(
			"must be text, or a list of texts or of objects such as { email: 'nathan@example.com', name: 'Nathan' }",
		);
	}
	const { email, name = '' } = entry;
	if (name !== null && typeof name !== 'string') {
		throw new UnusableAddress(`has a name that is not text, for '${excerpt(email)}'`);
	}
	return [checked(email.trim(), name ?? '')];
}

function parseText(text: string): Address[] {
	return entriesIn(text).map(parseMailbox);
}

/** Cuts text where addresses are separated: outside of quotes and angle brackets. */
function entriesIn(text: string): string[] {
	const entries: string[] = [];
	let start = 0;
	let place: 'outside' | 'quotes' | 'brackets' = 'outside';
	for (let at = 0; at < text.length; at++) {
		const char = text.charAt(at);
		if (place === 'quotes') {
			if (char === '\\') at++;
			else if (char === '"') place = 'outside';
		} else if (place === 'brackets') {
			if (char === '>') place = 'outside';
		} else if (char === '"') {
			place = 'quotes';
		} else if (char === '<') {
			place = 'brackets';
		} else if (
			',;\r\n'.includes(char) ||
			('，；'.includes(char) && endsAddress(text.slice(Math.max(start, at - LONGEST_ADDRESS), at)))
		) {
			entries.push(text.slice(start, at));
			start = at + 1;
		}
	}
	entries.push(text.slice(start));
	return entries.map((entry) => entry.trim()).filter((entry) => entry !== '');
}

/** Whether the end of a text is that of an address. */
function endsAddress(text: string): boolean {
	const end = text.trim();
	return end.endsWith('>') || isEmailAddress(end);
}

/** One address: `a@b.c`, `<a@b.c>`, `Jane Doe <a@b.c>` or `"Doe, Jane" <a@b.c>`. */
function parseMailbox(text: string): Address {
	if (!text.endsWith('>')) return checked(text, '', text);
	const open = text.lastIndexOf('<');
	if (open < 0) throw notAnAddress(text);
	return checked(text.slice(open + 1, -1).trim(), displayName(text.slice(0, open), text), text);
}

/** The words before the angle bracket; quotes are taken off, and white space between words becomes one space. */
function displayName(phrase: string, text: string): string {
	let name = '';
	let quoted = false;
	// Not asked of the name: that would put its pieces together at every word.
	let afterSpace = true;
	for (let at = 0; at < phrase.length; at++) {
		const char = phrase.charAt(at);
		if (char === '"') {
			quoted = !quoted;
		} else if (quoted) {
			name += char === '\\' ? (phrase[++at] ?? '') : char;
		} else if (char === '<' || char === '>') {
			throw notAnAddress(text);
		} else if (char === ' ' || char === '\t') {
			if (!afterSpace) name += ' ';
			afterSpace = true;
			continue;
		} else {
			name += char;
		}
		afterSpace = false;
	}
	if (quoted) throw new UnusableAddress(`has a quote that does not end, in '${excerpt(text)}'`);
	return name;
}

function checked(email: string, name: string, shown = email): Address {
	if (!isEmailAddress(email)) throw notAnAddress(shown);
	if (CONTROL.test(name) || !name.isWellFormed()) {
		throw new UnusableAddress(
			`has a name with a line break or another control character, for '${excerpt(email)}'`,
		);
	}
	return { email, name: name.trim() };
}

function notAnAddress(text: string): UnusableAddress {
	return new UnusableAddress(
		`contains '${excerpt(text)}', which is not an email address. Write nathan@example.com or "Doe, Jane" <jane@example.com>`,
	);
}

/** Writes an address so that {@link parseAddresses} reads the same again. */
export function formatAddress({ email, name }: Address): string {
	if (name === '') return email;
	// Letters of any script need no quotes (RFC 6532); whatever else there is gets them.
	const plain = /^[\p{L}\p{N}\p{M}'_-]+( [\p{L}\p{N}\p{M}'_-]+)*$/u.test(name);
	return `${plain ? name : `"${name.replace(/["\\]/g, '\\$&')}"`} <${email}>`;
}

/**
 * The addresses in an answer of the API: a list of `{ email, name }` or one of them. What is no address is dropped, and
 * names lose their control characters.
 */
export function addressesFrom(value: unknown): Address[] {
	return (Array.isArray(value) ? value : [value]).flatMap((entry: unknown): Address[] => {
		if (!isObject(entry) || typeof entry.email !== 'string') return [];
		const email = entry.email.trim();
		const name = typeof entry.name === 'string' ? entry.name : '';
		return isEmailAddress(email) ? [{ email, name: cleaned(name) }] : [];
	});
}

/** Whether two addresses are the same to a person: without regard to case. */
export function sameEmail(one: string, other: string): boolean {
	return one.toLowerCase() === other.toLowerCase();
}

/** Text of a name or subject from outside on one line. */
export function cleaned(text: string): string {
	return text
		.toWellFormed()
		.replace(/[\p{Cc}\s]+/gu, ' ')
		.trim();
}

function excerpt(text: string): string {
	const line = cleaned(text);
	return line.length > EXCERPT_LENGTH ? `${line.slice(0, EXCERPT_LENGTH)}…` : line;
}
