import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeShape, shapeDifferences, shapeOf } from '../../../scripts/smoke/shape.mts';

const differences = (actual: unknown, ...expected: unknown[]) =>
	shapeDifferences(shapeOf(actual), shapeOf(...expected)).map(({ text }) => text);

describe('answers of the same shape', () => {
	it('do not differ, whatever they say', () => {
		const one = { users: [{ id: 'u-1', size: 1, tags: ['a'] }], total: 1 };
		const other = { users: [{ id: 'u-2', size: 20, tags: ['b', 'c'] }], total: 7 };
		expect(differences(one, other)).toEqual([]);
	});

	it('do not differ from themselves, whatever they are', () => {
		fc.assert(
			fc.property(fc.json(), (json) => {
				const value: unknown = JSON.parse(json);
				expect(differences(value, value)).toEqual([]);
			}),
		);
	});
});

describe('an answer that differs', () => {
	it.each([
		['lacks a field', {}, { id: 'a' }, 'the answer lacks `id`'],
		['has one more', { id: 'a', at: 1 }, { id: 'a' }, 'the answer has also { at: number }'],
		['has another type', { size: '1' }, { size: 1 }, '`size` is string, not number'],
		['has null', { size: null }, { size: 1 }, '`size` is null, not number'],
		[
			'has a list for an object',
			{ at: [{ a: 1 }] },
			{ at: {} },
			'`at` is [{ a: number }], not object',
		],
		['is no object', [], {}, 'the answer is [], not object'],
		[
			'differs further down',
			{ a: { b: [{ c: 1 }] } },
			{ a: { b: [{ c: 'x' }] } },
			'`a.b[].c` is number, not string',
		],
	])('%s', (_what, actual, expected, text) => {
		expect(differences(actual, expected)).toEqual([text]);
	});

	it('shows what stands below a new name, but no value', () => {
		expect(differences({ value: [{ id: 'secret', n: 1 }, { id: 'secret' }] }, {})).toEqual([
			'the answer has also { value: [{ id: string, n?: number }] }',
		]);
	});

	it('lacks in some entries what all should have', () => {
		expect(differences([{ id: 1, at: 1 }, { id: 1 }], [{ id: 1, at: 1 }])).toEqual([
			'`[]` lacks `at` in some answers',
		]);
	});
});

describe('what the expected answers have sometimes', () => {
	it('may be missing', () => {
		expect(differences([{ id: 1 }], [{ id: 1, at: 'x' }, { id: 2 }])).toEqual([]);
	});

	it('has its type nevertheless', () => {
		expect(differences([{ at: 5 }], [{ at: 'x' }, {}])).toEqual(['`[].at` is number, not string']);
	});
});

describe('a list without entries', () => {
	it('has nothing to compare, and says so', () => {
		expect(shapeDifferences(shapeOf({ users: [] }), shapeOf({ users: [{ id: 1 }] }))).toEqual([
			{ text: '`users[]` has no entry', unseen: true },
		]);
	});

	it('says nothing about entries that come', () => {
		expect(differences({ tags: [1] }, { tags: [] })).toEqual(['`tags[]` is number, not known']);
	});
});

describe('fields on whose form the node relies', () => {
	it.each([
		[{ nextCursor: '$' }, { nextCursor: '' }, ['`nextCursor` is "$", not ""']],
		[{ nextCursor: 'abc' }, { nextCursor: '$' }, []],
		[
			{ token_type: 'Bearer' },
			{ token_type: 'bearer' },
			['`token_type` is "Bearer", not "bearer"'],
		],
		[{ token_type: 'mac' }, { token_type: 'bearer' }, ['`token_type` is string, not "bearer"']],
		[
			{ location: '/v2/stream/1' },
			{ location: 'https://example.com/1' },
			['`location` is relative address, not absolute address'],
		],
		[
			{ sentTime: '1.1.2025' },
			{ sentTime: '2025-01-01T00:00:00Z' },
			['`sentTime` is string, not time'],
		],
		[{ sentTime: '' }, { sentTime: '2025-01-01T00:00:00Z' }, ['`sentTime` is "", not time']],
		[{ sentTime: '2025-01-01T00:00:00Z' }, { sentTime: 'long ago' }, []],
	])('%j beside %j', (actual, expected, texts) => {
		expect(differences(actual, expected)).toEqual(texts);
	});
});

describe('names that are data', () => {
	it.each([
		'alice@example.com',
		'DzQ4711',
		'张伟',
		'with space',
		'mail.example.com',
		'x'.repeat(33),
	])('%s is not shown', (name) => {
		expect(describeShape(shapeOf({ id: 1, [name]: 'x' }))).toBe('{ id: number, *: string }');
	});

	it('are no difference where an object is a map', () => {
		const headers = (names: object) => ({ internetMessageHeaders: names });
		expect(differences(headers({ 'X-Mine': 'a' }), headers({ 'X-Other': 'b' }))).toEqual([]);
		expect(describeShape(shapeOf(headers({ 'X-Mine': 'a' })))).toBe(
			'{ internetMessageHeaders: { *: string } }',
		);
	});
});
