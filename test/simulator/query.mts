import { invalidParameter } from './errors.mts';
import { messageSize } from './fields.mts';
import { parseInstant } from './input.mts';
import type { Address, Message } from './model.mts';

/** Decides whether a message is found. */
export type MessagePredicate = (message: Message) => boolean;

/** A part of a query. */
export type Token =
	| { kind: 'open' | 'close' | 'and' | 'or' | 'not' }
	| { kind: 'term'; field: string; operator: string; value: string };

/**
 * Compiles a search query: `field:value` contains, `field=value` equals, `>` `<` `>=` `<=` for date and size, `AND` `OR`
 * `NOT` in capitals, parentheses, quotes with `""` inside [VEND, 3P]. What the sources do not show (words without a
 * field, terms without an operator between them) is refused.
 */
export function compileQuery(query: string): MessagePredicate {
	const tokens = tokenize(query);
	let at = 0;

	const peek = () => tokens[at]?.kind;
	const predicate = anyOf();
	if (at < tokens.length) throw invalidParameter('query');
	return predicate;

	function anyOf(): MessagePredicate {
		const parts = [allOf()];
		while (peek() === 'or') {
			at += 1;
			parts.push(allOf());
		}
		return (message) => parts.some((part) => part(message));
	}

	function allOf(): MessagePredicate {
		const parts = [single()];
		while (peek() === 'and') {
			at += 1;
			parts.push(single());
		}
		return (message) => parts.every((part) => part(message));
	}

	function single(): MessagePredicate {
		const token = tokens[at];
		at += 1;
		switch (token?.kind) {
			case 'not': {
				const inner = single();
				return (message) => !inner(message);
			}
			case 'open': {
				const inner = anyOf();
				if (peek() !== 'close') throw invalidParameter('query');
				at += 1;
				return inner;
			}
			case 'term':
				return compileTerm(token.field, token.operator, token.value);
			default:
				throw invalidParameter('query');
		}
	}
}

const LEXEME =
	/\s*(?:(?<parenthesis>[()])|(?<word>AND|OR|NOT)(?=[\s()]|$)|(?<field>[A-Za-z]+)(?<operator>>=|<=|[:=<>])(?:"(?<quoted>(?:[^"]|"")*)"|(?<bare>[^\s()"]+))(?=[\s()]|$))/y;

/** Cuts a query into its parts; 400 for what is none. */
export function tokenize(query: string): Token[] {
	const tokens: Token[] = [];
	const text = query.trimEnd();
	LEXEME.lastIndex = 0;
	while (LEXEME.lastIndex < text.length) {
		const groups = LEXEME.exec(text)?.groups;
		if (groups === undefined) throw invalidParameter('query');
		const { parenthesis, word, field, operator, quoted, bare } = groups;
		if (parenthesis !== undefined) tokens.push({ kind: parenthesis === '(' ? 'open' : 'close' });
		else if (word !== undefined) tokens.push({ kind: word.toLowerCase() as 'and' | 'or' | 'not' });
		else {
			const value = quoted?.replaceAll('""', '"') ?? bare ?? '';
			tokens.push({ kind: 'term', field: field ?? '', operator: operator ?? '', value });
		}
	}
	return tokens;
}

function compileTerm(field: string, operator: string, value: string): MessagePredicate {
	switch (field) {
		case 'date': {
			const time = parseInstant(value);
			if (time === undefined) throw invalidParameter('query: date must be full ISO 8601');
			return comparison(operator, time, ({ receivedAt }) => receivedAt);
		}
		case 'size':
			if (!/^\d+$/.test(value)) throw invalidParameter('query: size');
			return comparison(operator, Number(value), messageSize);
		case 'isRead':
			return flag(operator, value, ({ isRead }) => isRead);
		case 'hasAttachments':
			return flag(operator, value, ({ attachments }) => attachments.length > 0);
		case 'folderId':
			// `:` names a folder too, see `folderId:2` [VEND]: it is no substring of an id.
			return text('=', value, ({ folderId }) => [folderId], operator);
		case 'tag':
			return text('=', value, ({ tags }) => tags, operator);
		case 'subject':
			return text(operator, value, ({ subject }) => [subject]);
		case 'body':
			return text(operator, value, ({ body }) => [body.bodyText, body.bodyHtml]);
		case 'attachname':
			return text(operator, value, ({ attachments }) => attachments.map(({ name }) => name));
		case 'from':
			return text(operator, value, ({ from }) => [from.email, from.name]);
		case 'fromEmail':
			return text(operator, value, ({ from }) => [from.email]);
		case 'to':
			return text(operator, value, (message) =>
				recipients(message).flatMap(({ email, name }) => [email, name]),
			);
		case 'toEmail':
			return text(operator, value, (message) => recipients(message).map(({ email }) => email));
		default:
			throw invalidParameter(`query: unknown field ${field}`);
	}
}

function recipients({ toRecipients, ccRecipients }: Message): Address[] {
	return [...toRecipients, ...ccRecipients];
}

function comparison(
	operator: string,
	wanted: number,
	read: (message: Message) => number,
): MessagePredicate {
	switch (operator) {
		case '>':
			return (message) => read(message) > wanted;
		case '>=':
			return (message) => read(message) >= wanted;
		case '<':
			return (message) => read(message) < wanted;
		case '<=':
			return (message) => read(message) <= wanted;
		case '=':
			return (message) => read(message) === wanted;
		default:
			throw invalidParameter('query: operator');
	}
}

function flag(
	operator: string,
	value: string,
	read: (message: Message) => boolean,
): MessagePredicate {
	if (operator !== ':' && operator !== '=') throw invalidParameter('query: operator');
	if (value !== 'true' && value !== 'false') throw invalidParameter('query: true or false');
	return (message) => read(message) === (value === 'true');
}

function text(
	operator: string,
	value: string,
	read: (message: Message) => readonly string[],
	written: string = operator,
): MessagePredicate {
	if (written !== ':' && written !== '=') throw invalidParameter('query: operator');
	const wanted = value.toLowerCase();
	return operator === '='
		? (message) => read(message).some((found) => found.toLowerCase() === wanted)
		: (message) => read(message).some((found) => found.toLowerCase().includes(wanted));
}
