import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	replyRecipients,
	replySubject,
	threadHeaders,
} from '../../../nodes/Alimail/mail/thread.ts';

const person = (email: string, name = '') => ({ email, name });
const me = person('me@example.com', 'Me');
const ann = person('ann@example.org', 'Ann');
const bob = person('bob@example.org', 'Bob');
const eve = person('eve@example.org', 'Eve');

describe('the subject of a reply', () => {
	it.each([
		['Weekly report', 'Re: Weekly report'],
		['Re: Weekly report', 'Re: Weekly report'],
		['RE:re: Re : Weekly report', 'Re: Weekly report'],
		['回复: 周报', 'Re: 周报'],
		['答复：周报', 'Re: 周报'],
		['Re: 回复：答复: 周报', 'Re: 周报'],
		['Re[2]: Weekly', 'Re: Weekly'],
		['Fwd: Re: Weekly', 'Re: Fwd: Re: Weekly'],
		['Regarding: x', 'Re: Regarding: x'],
		['Review', 'Re: Review'],
		['', 'Re:'],
		['a\r\nBcc: x@y.z', 'Re: a Bcc: x@y.z'],
	])('of %j is %j', (subject, expected) => {
		expect(replySubject(subject)).toBe(expected);
	});

	it('has Re: once, however often one replies', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'grapheme' }), (subject) => {
				const once = replySubject(subject);
				expect(replySubject(once)).toBe(once);
			}),
		);
	});
});

describe('who gets a reply', () => {
	const toAll = { senderOnly: false };
	const toSender = { senderOnly: true };

	it('is the sender, and to all the other recipients too', () => {
		const original = { from: ann, toRecipients: [me, bob], ccRecipients: [eve, me] };
		expect(replyRecipients(original, ['me@example.com'], toAll)).toEqual({
			to: [ann, bob],
			cc: [eve],
		});
		expect(replyRecipients(original, ['me@example.com'], toSender)).toEqual({ to: [ann], cc: [] });
	});

	it('is whom Reply-To names in place of the sender', () => {
		const original = { from: ann, replyTo: [bob], toRecipients: [me] };
		expect(replyRecipients(original, ['me@example.com'], toSender).to).toEqual([bob]);
	});

	it('is nobody twice, and nobody in both lists', () => {
		const original = {
			from: ann,
			toRecipients: [person('ANN@example.org'), bob],
			ccRecipients: [person('Bob@Example.org'), eve, eve],
		};
		expect(replyRecipients(original, ['me@example.com'], toAll)).toEqual({
			to: [ann, bob],
			cc: [eve],
		});
	});

	it('is not oneself, under none of the own addresses', () => {
		const original = { from: ann, toRecipients: [person('ALIAS@example.com'), me, bob] };
		expect(replyRecipients(original, ['me@example.com', 'alias@example.com'], toAll).to).toEqual([
			ann,
			bob,
		]);
	});

	it('is oneself when nobody else is there', () => {
		expect(replyRecipients({ from: me, toRecipients: [me] }, ['me@example.com'], toAll)).toEqual({
			to: [me],
			cc: [],
		});
	});

	it.each([toAll, toSender])('is the recipients of what oneself has sent, with %o', (options) => {
		const original = { from: me, toRecipients: [ann, bob] };
		expect(replyRecipients(original, ['me@example.com'], options).to).toEqual([ann, bob]);
	});

	it('is who got a copy when nobody else is there', () => {
		const original = { from: me, toRecipients: [me], ccRecipients: [eve] };
		expect(replyRecipients(original, ['me@example.com'], toAll)).toEqual({ to: [eve], cc: [] });
	});

	it('is nobody when the message names nobody', () => {
		expect(replyRecipients({}, ['me@example.com'], toAll)).toEqual({ to: [], cc: [] });
		expect(replyRecipients({ from: 'x', toRecipients: 5 }, [], toAll)).toEqual({ to: [], cc: [] });
	});
});

describe('the thread of a reply', () => {
	it('begins with the message that is answered', () => {
		expect(threadHeaders({ internetMessageId: '<1@x>' })).toEqual({
			'In-Reply-To': '<1@x>',
			References: '<1@x>',
		});
	});

	it.each([
		['a map', { references: '<a@x> <b@x>', 'In-Reply-To': '<b@x>' }],
		[
			'a list',
			[
				{ name: 'References', value: '<a@x>\r\n\t<b@x>' },
				{ name: 'Subject', value: '<no@x>' },
			],
		],
		['a map of lists', { References: ['<a@x>', '<b@x>'] }],
	])('goes on after earlier references in %s', (_shape, internetMessageHeaders) => {
		expect(threadHeaders({ internetMessageId: '<c@x>', internetMessageHeaders }).References).toBe(
			'<a@x> <b@x> <c@x>',
		);
	});

	it('takes the one message that was answered where there are no references', () => {
		const headers = { 'In-Reply-To': '<a@x>' };
		expect(
			threadHeaders({ internetMessageId: '<b@x>', internetMessageHeaders: headers }).References,
		).toBe('<a@x> <b@x>');
		headers['In-Reply-To'] = '<a@x> <z@x>';
		expect(
			threadHeaders({ internetMessageId: '<b@x>', internetMessageHeaders: headers }).References,
		).toBe('<b@x>');
	});

	it('takes a Message-ID without brackets, or from the headers', () => {
		expect(threadHeaders({ internetMessageId: '1@x' })['In-Reply-To']).toBe('<1@x>');
		expect(
			threadHeaders({ internetMessageHeaders: { 'message-id': '<2@x>' } })['In-Reply-To'],
		).toBe('<2@x>');
	});

	it('has no headers when the message has no Message-ID', () => {
		expect(threadHeaders({})).toEqual({});
		expect(threadHeaders({ internetMessageId: 'not an id' })).toEqual({});
	});

	it('does not grow without end, and keeps its beginning', () => {
		const References = Array.from({ length: 500 }, (_, i) => `<${i}@x>`).join(' ');
		const ids = threadHeaders({
			internetMessageId: '<new@x>',
			internetMessageHeaders: { References },
		}).References!.split(' ');
		expect(ids).toHaveLength(50);
		expect([ids[0], ids.at(-2), ids.at(-1)]).toEqual(['<0@x>', '<499@x>', '<new@x>']);
	});

	it('lets nothing but message IDs into a header, whatever the original says', () => {
		fc.assert(
			fc.property(
				fc.string({ unit: fc.constantFrom('<', '>', 'a', '@', ' ', '\r\n', 'Bcc: ', '中') }),
				fc.string({ unit: fc.constantFrom('<', '>', 'a', '@', ' ', '\n', '\t') }),
				(references, id) => {
					const headers = threadHeaders({
						internetMessageId: id,
						internetMessageHeaders: { References: references },
					});
					for (const value of Object.values(headers)) {
						expect(value).toMatch(/^<[!-~]+>( <[!-~]+>)*$/);
					}
				},
			),
		);
	});
});
