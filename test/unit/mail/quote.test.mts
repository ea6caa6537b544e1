import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapedHtml, quoteOf, textOfHtml } from '../../../nodes/Alimail/mail/quote.ts';

const original = {
	from: { email: 'ann@example.org', name: 'Ann, "A"' },
	sentDateTime: '2025-01-06T09:30:15+08:00',
	body: { bodyText: 'Hello,\r\nsee <b>this</b>\n> earlier\n', bodyHtml: '<p>no</p>' },
};

describe('an original below a reply', () => {
	it('stands line by line behind a mark, with sender and time', () => {
		expect(quoteOf(original).text).toBe(
			'\n\nOn 2025-01-06 01:30 UTC, "Ann, \\"A\\"" <ann@example.org> wrote:\n> Hello,\n> see <b>this</b>\n>> earlier\n',
		);
	});

	it('is escaped in HTML', () => {
		const { html } = quoteOf(original);
		expect(html).toContain('Hello,<br>see &lt;b&gt;this&lt;/b&gt;<br>&gt; earlier');
		expect(html).toContain('&quot;Ann, \\&quot;A\\&quot;&quot; &lt;ann@example.org&gt;');
		expect(html).not.toContain('<b>');
	});

	it('is the text of the HTML where there is no text', () => {
		const body = {
			bodyText: ' ',
			bodyHtml: '<p>one</p><script>alert(1)</script><p>two &amp; 3</p>',
		};
		const { text, html } = quoteOf({ ...original, body });
		expect(text).toContain('> one\n> \n> two & 3');
		expect(html).not.toContain('alert');
	});

	it('says less when the message says less', () => {
		expect(quoteOf({}).text).toBe('\n\nsomebody wrote:\n> \n');
	});
});

describe('the text of HTML', () => {
	it.each([
		['a<br>b<BR/>c', 'a\nb\nc'],
		['<div>a</div><div>b</div>', 'a\n\nb'],
		['  a \n\n  b  ', 'a b'],
		['<style>p{}</style>a<!-- x -->b', 'ab'],
		['<STYLE>x</STYLE >a', 'a'],
		['a &lt;b&gt; &#20013; &#x4e2d; &nbsp;|&unknown;', 'a <b> 中 中  |&unknown;'],
		['1 < 2 and 3', '1 < 2 and 3'],
		['a<script>never ends', 'a'],
		['a<b', 'a'],
		['&#0;&#xd800;&#x110000;', '&#0;&#xd800;&#x110000;'],
	])('of %j is %j', (html, expected) => {
		expect(textOfHtml(html)).toBe(expected);
	});

	it('of letters that are longer in lower case ends where it should', () => {
		expect(textOfHtml(`${'İ'.repeat(20)}<style>p{}</style>a`)).toBe(`${'İ'.repeat(20)}a`);
	});
});

describe('escaped text', () => {
	it('has nothing that HTML would take for markup', () => {
		fc.assert(
			fc.property(fc.string(), (text) => {
				const html = escapedHtml(text);
				expect(html).not.toMatch(/[<>"']/);
				expect(html.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
			}),
		);
	});
});
