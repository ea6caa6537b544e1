import { describe, expect, it } from 'vitest';
import { UnusableAddress, cleaned, parseAddresses } from '../../nodes/Alimail/mail/addresses.ts';
import { textOfHtml } from '../../nodes/Alimail/mail/quote.ts';
import { replySubject, threadHeaders } from '../../nodes/Alimail/mail/thread.ts';
import { isFilter } from '../../nodes/Alimail/actions/user/filter.ts';
import { growthRatio } from '../support/growth.mts';

/** Reads addresses that may be none: how long it takes to say so counts too. */
function parsed(text: string): unknown {
	try {
		return parseAddresses(text);
	} catch (error) {
		if (error instanceof UnusableAddress) return error.message;
		throw error;
	}
}

const referencing = (References: string) =>
	threadHeaders({ internetMessageId: '<a@b>', internetMessageHeaders: { References } });

const HTML = [
	'<',
	'<style>',
	'<style',
	'</',
	'<!--',
	'<p',
	'&#',
	' \n',
	'&amp;',
	'&nbsp;',
	'&#32;',
	'&#10;',
	'&#160;',
	'<br> ',
	'<Aa>',
];

const WORK: Array<[string, (text: string) => unknown, string[]]> = [
	['addresses', parsed, ['a', '"', '<', '<a', ' ', 'a ', '\\', '@', '\u0301']],
	['a name', (text) => parsed(`${text}<a@b.c>`), ['a ', 'a b', ' ', '"a ']],
	['a line', cleaned, [' ', 'a ', '\u0000']],
	['a subject', replySubject, ['re:', 're ', 'Re[1', 're[1]', ' ', '回复：', 're:\u0000', ':']],
	['a thread', referencing, ['<', '<a', ' ', '>', 'a']],
	['a message ID', (internetMessageId) => threadHeaders({ internetMessageId }), ['<', '<a', '>']],
	['a filter', isFilter, ['(', ')', '()', '(a']],
	['HTML', textOfHtml, HTML],
];

/** Characters of the shorter text; of HTML, ten times as much is about all that is quoted. */
const lengthFor = (work: unknown) => (work === textOfHtml ? 20_000 : 4_000);

describe('text from outside', () => {
	it.each(WORK.flatMap(([what, work, units]) => units.map((unit) => ({ what, work, unit }))))(
		'takes ten times as long for ten times as much: $what of $unit',
		({ work, unit }) => {
			const repeated = (length: number) => unit.repeat(length / unit.length);
			expect(growthRatio(work, repeated, lengthFor(work))).toBeLessThanOrEqual(12);
		},
	);
});
