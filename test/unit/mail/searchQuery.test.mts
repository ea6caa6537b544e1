import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	EVERYTHING,
	quoted,
	searchQuery,
	type SearchFilters,
} from '../../../nodes/Alimail/mail/searchQuery.ts';
import { compileQuery, tokenize, type Token } from '../../simulator/query.mts';

const text = fc.oneof(
	fc.string({ minLength: 1 }),
	fc.string({ unit: 'binary', minLength: 1 }),
	fc.string({ unit: fc.constantFrom('"', '""', ' ', 'AND', 'OR', ')', '(', ':', '\\', '\n', 'x') }),
	fc.constantFrom('" OR from:"', 'x" AND NOT subject:"y', '*', 'isRead:false', ')', '\\"'),
);

const term = (field: string, operator: string, value: string): Token => ({
	kind: 'term',
	field,
	operator,
	value,
});

describe('a search by filters', () => {
	it('asks for everything when there are none', () => {
		expect(searchQuery({})).toBe(EVERYTHING);
		expect(() => compileQuery(EVERYTHING)).not.toThrow();
	});

	it('joins all of them with AND', () => {
		const filters: Required<SearchFilters> = {
			sender: 'Nathan',
			recipient: 'jane@example.com',
			subject: 'weekly "report"',
			body: '进展',
			attachmentName: 'a.pdf',
			receivedAfter: '2025-01-01T00:00:00Z',
			receivedBefore: '2025-02-01T00:00:00Z',
			isRead: false,
			hasAttachments: true,
			folderId: '2',
			tag: '11',
			minSizeBytes: 10,
			maxSizeBytes: 2000,
		};
		expect(searchQuery(filters)).toBe(
			'from:"Nathan" AND to:"jane@example.com" AND subject:"weekly ""report""" AND body:"进展" AND attachname:"a.pdf" AND folderId:2 AND tag:11 AND date>=2025-01-01T00:00:00Z AND date<2025-02-01T00:00:00Z AND isRead:false AND hasAttachments:true AND size>=10 AND size<=2000',
		);
		expect(() => compileQuery(searchQuery(filters))).not.toThrow();
	});

	it('keeps a value of zero and of false', () => {
		expect(searchQuery({ minSizeBytes: 0, isRead: false, hasAttachments: false })).toBe(
			'isRead:false AND hasAttachments:false AND size>=0',
		);
	});

	it('says exactly the text that goes in, as one term, whatever it is', () => {
		fc.assert(
			fc.property(text, (value) => {
				expect(tokenize(searchQuery({ subject: value }))).toEqual([term('subject', ':', value)]);
				expect(tokenize(`subject=${quoted(value)}`)).toEqual([term('subject', '=', value)]);
			}),
			{ numRuns: 1000 },
		);
	});

	it('keeps the terms apart, whatever is in them', () => {
		fc.assert(
			fc.property(text, text, text, text, (sender, subject, body, folderId) => {
				const and: Token = { kind: 'and' };
				expect(tokenize(searchQuery({ sender, subject, body, folderId, isRead: true }))).toEqual([
					term('from', ':', sender),
					and,
					term('subject', ':', subject),
					and,
					term('body', ':', body),
					and,
					term('folderId', ':', folderId),
					and,
					term('isRead', ':', 'true'),
				]);
			}),
			{ numRuns: 500 },
		);
	});
});
