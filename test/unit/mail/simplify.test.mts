import { describe, expect, it } from 'vitest';
import {
	MESSAGE_FIELDS,
	SIMPLE_FIELDS,
	selectedFields,
} from '../../../nodes/Alimail/mail/messageFields.ts';
import {
	headersOf,
	instantOf,
	messageIn,
	simplifiedMessage,
} from '../../../nodes/Alimail/mail/simplify.ts';

const all = MESSAGE_FIELDS.map(({ value }) => value);

describe('a simplified message', () => {
	it('is flat', () => {
		const message = {
			id: 'Dz$',
			subject: 'Hi',
			from: { email: 'a@b.c', name: 'A' },
			sender: { email: 's@b.c', name: 'S' },
			toRecipients: [{ email: 'd@e.f', name: 'D' }, { email: 'g@h.i' }],
			ccRecipients: [{ email: 'j@k.l', name: '' }],
			bccRecipients: [],
			replyTo: { email: 'r@b.c' },
			receivedDateTime: '2025-01-01T08:00:00+08:00',
			sentDateTime: '2025-01-01T00:00:00Z',
			lastModifiedDateTime: 1735689600000,
			isRead: 'true',
			isReplied: true,
			isForwarded: false,
			hasAttachments: true,
			isReadReceiptRequested: false,
			size: '1234',
			folderId: 2,
			conversationId: 'c',
			internetMessageId: '<1@x>',
			internetMessageHeaders: { 'X-A': '1' },
			summary: 's',
			priority: 'PRY_HIGH',
			sendStatus: 'none',
			tags: ['1', 11],
			body: { bodyText: 't', bodyHtml: '<p>t</p>' },
		};
		expect(simplifiedMessage(message, all)).toEqual({
			id: 'Dz$',
			subject: 'Hi',
			from: 'a@b.c',
			fromName: 'A',
			sender: 's@b.c',
			senderName: 'S',
			to: 'd@e.f, g@h.i',
			cc: 'j@k.l',
			bcc: '',
			replyTo: 'r@b.c',
			receivedAt: '2025-01-01T00:00:00.000Z',
			sentAt: '2025-01-01T00:00:00.000Z',
			lastModifiedAt: '2025-01-01T00:00:00.000Z',
			isRead: true,
			isReplied: true,
			isForwarded: false,
			hasAttachments: true,
			isReadReceiptRequested: false,
			sizeBytes: 1234,
			folderId: '2',
			conversationId: 'c',
			internetMessageId: '<1@x>',
			headers: { 'X-A': '1' },
			summary: 's',
			priority: 'PRY_HIGH',
			sendStatus: 'none',
			tags: ['1', '11'],
			text: 't',
			html: '<p>t</p>',
		});
	});

	it('has the same fields when the API leaves out what is empty', () => {
		const full = Object.keys(simplifiedMessage({ from: { email: 'a@b.c' } }, SIMPLE_FIELDS));
		expect(Object.keys(simplifiedMessage({}, SIMPLE_FIELDS))).toEqual(full);
		expect(simplifiedMessage({}, ['isRead', 'to', 'size', 'receivedDateTime', 'tags'])).toEqual({
			isRead: false,
			sizeBytes: null,
			receivedAt: null,
			tags: [],
		});
	});

	it('has nothing beside what was selected', () => {
		expect(simplifiedMessage({ id: '1', subject: 'x', secret: 'y' }, ['id', 'secret'])).toEqual({
			id: '1',
		});
	});

	it('bears with values of any kind', () => {
		for (const value of [null, 5, 'x', [], {}, [[null]], { email: {} }, true]) {
			const message = Object.fromEntries(all.map((name) => [name, value]));
			expect(() => JSON.stringify(simplifiedMessage(message, all))).not.toThrow();
		}
	});
});

describe('what is selected', () => {
	it('is what Simplify shows, with the body for one message alone', () => {
		expect(selectedFields({}, { simplify: true, detailed: false })).toEqual(SIMPLE_FIELDS);
		expect(selectedFields({}, { simplify: true, detailed: true })).toEqual([
			...SIMPLE_FIELDS,
			'body',
		]);
	});

	it('is everything without Simplify, but no bodies for a list', () => {
		expect(selectedFields({}, { simplify: false, detailed: true })).toEqual(all);
		const listed = selectedFields({}, { simplify: false, detailed: false });
		expect(all.filter((name) => !listed.includes(name))).toEqual([
			'body',
			'internetMessageHeaders',
		]);
	});

	it('is what the user chose, and the ID', () => {
		expect(
			selectedFields({ fields: ['subject', 'body'] }, { simplify: true, detailed: false }),
		).toEqual(['id', 'subject', 'body']);
	});
});

describe('an answer with a message', () => {
	it('may wrap it or not', () => {
		expect(messageIn({ message: { id: '1' } })).toEqual({ id: '1' });
		expect(messageIn({ id: '1' })).toEqual({ id: '1' });
	});

	it('may give headers as a map or as a list', () => {
		expect(headersOf({ A: '1', B: ['2', '3'] })).toEqual([
			['A', '1'],
			['B', '2, 3'],
		]);
		expect(headersOf([{ name: 'A', value: '1' }, null, { value: 'x' }])).toEqual([['A', '1']]);
		expect(headersOf('x')).toEqual([]);
	});

	it('may give a time that is none', () => {
		for (const value of ['', 'soon', null, undefined, NaN, 1e99, {}]) {
			expect(instantOf(value)).toBeNull();
		}
	});
});
