import type { IDataObject } from 'n8n-workflow';

import { addressesFrom, formatAddress } from './addresses';
import { bodyOf, instantOf } from './simplify';

/** Characters of the original that are quoted at most: enough for a letter, and a bound for the work. */
const LONGEST_QUOTE = 200_000;

/** Where an element ends that has no text to show. */
const ENDS_OF_SILENT_ELEMENTS: ReadonlyMap<string, RegExp> = new Map([
	['script', /<\/script/gi],
	['style', /<\/style/gi],
	['head', /<\/head/gi],
	['title', /<\/title/gi],
]);

const ENTITIES: ReadonlyMap<string, string> = new Map([
	['amp', '&'],
	['lt', '<'],
	['gt', '>'],
	['quot', '"'],
	['apos', "'"],
	['nbsp', ' '],
]);

/** Any other `<` is text. */
const TAG_START = /<[a-z/!?]/gi;

const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/iy;

/**
 * The original below a reply, as text and as HTML. The HTML holds the text of the original, escaped: what somebody sent is
 * not passed on as markup.
 *
 * @param original - with sender, time and body as the API gives them
 */
export function quoteOf(original: IDataObject): { text: string; html: string } {
	const body = bodyOf(original.body);
	const source =
		body.text.trim() !== '' ? body.text.slice(0, LONGEST_QUOTE) : textOfHtml(body.html);
	const lines = source.replace(/\r\n?/g, '\n').trimEnd().split('\n');
	const heading = headingOf(original);
	return {
		text: `\n\n${heading}\n${lines.map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`)).join('\n')}\n`,
		html: `<br><br><div>${escapedHtml(heading)}</div><blockquote type="cite" style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">${lines.map(escapedHtml).join('<br>')}</blockquote>`,
	};
}

/** Text as HTML that shows exactly that text. */
export function escapedHtml(text: string): string {
	return text
		.replace(/&/g, '&amp;')
		.replace(/</g, '&lt;')
		.replace(/>/g, '&gt;')
		.replace(/"/g, '&quot;')
		.replace(/'/g, '&#39;');
}

/**
 * Roughly the text of HTML: blocks and line breaks become lines, tags go, entities are resolved. The time that it takes grows
 * with the length alone.
 */
export function textOfHtml(html: string): string {
	const source = html.slice(0, LONGEST_QUOTE);
	const find = (pattern: RegExp, from: number) => {
		pattern.lastIndex = from;
		return pattern.exec(source)?.index ?? source.length;
	};
	let text = '';
	let at = 0;
	while (at < source.length) {
		const open = find(TAG_START, at);
		text += foldSpace(source.slice(at, open));
		const close = source.indexOf('>', open);
		if (close < 0) break;
		const start = source.slice(open + 1, Math.min(close, open + 20));
		const [tag = ''] = /^\/?[a-z0-9]*/i.exec(start) ?? [];
		const name = tag.toLowerCase();
		if (/^(br|\/?(p|div|tr|li|ul|ol|h[1-6]|table|blockquote))$/.test(name)) text += '\n';
		const end = ENDS_OF_SILENT_ELEMENTS.get(name);
		at = end === undefined ? close + 1 : find(end, close + 1);
	}
	return (
		resolved(text)
			// Without looking behind, this would start anew at every space of a run.
			.replace(/(?<! ) +(?=\n)/g, '')
			.replace(/\n +/g, '\n')
			.replace(/\n{3,}/g, '\n\n')
			.trim()
	);
}

function headingOf(original: IDataObject): string {
	const [author] = [...addressesFrom(original.from), ...addressesFrom(original.sender)];
	const sentAt = instantOf(original.sentDateTime)?.slice(0, 16).replace('T', ' ');
	const when = sentAt === undefined ? '' : `On ${sentAt} UTC, `;
	const who = author === undefined ? 'somebody' : formatAddress(author);
	return `${when}${who} wrote:`;
}

function foldSpace(text: string): string {
	return text.replace(/[ \t\r\n]+/g, ' ');
}

/** Resolves entities. For a long text this is several times as fast as `replace` with a function. */
function resolved(text: string): string {
	let result = '';
	let at = 0;
	for (let open = text.indexOf('&'); open >= 0; open = text.indexOf('&', open + 1)) {
		ENTITY.lastIndex = open;
		const [entity, decimal, hex, name] = ENTITY.exec(text) ?? [];
		if (entity === undefined) continue;
		result += text.slice(at, open) + (meaningOf(decimal, hex, name) ?? entity);
		at = open + entity.length;
	}
	return result + text.slice(at);
}

function meaningOf(decimal?: string, hex?: string, name?: string): string | undefined {
	if (name !== undefined) return ENTITIES.get(name.toLowerCase());
	const code = decimal !== undefined ? Number(decimal) : parseInt(String(hex), 16);
	return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
		? String.fromCodePoint(code)
		: undefined;
}
