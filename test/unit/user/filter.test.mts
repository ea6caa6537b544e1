import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	escapeFilterValue,
	isFilter,
	searchFilter,
	userFilter,
} from '../../../nodes/Alimail/actions/user/filter.ts';
import { compileFilter } from '../../simulator/filter.mts';
import type { Settings } from '../../simulator/settings.mts';
import { State } from '../../simulator/state.mts';

const state = new State();

/** Whether the server would list a user with these fields. */
function finds(filter: string | undefined, fields: Record<string, string>): boolean {
	const [anyText, contains] = (['anyText', 'contains'] as const).map((star) =>
		findsWith(star, filter, fields),
	);
	// Whatever the server takes a star for, it finds the same.
	expect(contains).toBe(anyText);
	return anyText === true;
}

function findsWith(
	star: Settings['filterStar'],
	filter: string | undefined,
	fields: Record<string, string>,
): boolean {
	const user = state.addUser({ email: 'x@example.com', name: '', departmentIds: [], ...fields });
	state.removeUser(user);
	return compileFilter(filter ?? '', state, star)(user);
}

/** Any text at all, with much of what a filter is made of. */
const text = fc
	.oneof(
		fc.string({ unit: 'binary', minLength: 1 }),
		fc.string({
			unit: fc.constantFrom(
				'(',
				')',
				'*',
				'\\',
				'&',
				'|',
				'!',
				'=',
				'2',
				'8',
				'\0',
				' ',
				'a',
				'中',
			),
			minLength: 1,
		}),
	)
	.filter((value) => value !== '');

describe('someone who looks for users by whatever text', () => {
	it('finds the users that have exactly that text, and no others', () => {
		fc.assert(
			fc.property(text, (value) => {
				const filter = userFilter({ employeeNo: value });
				expect(finds(filter, { employeeNo: value })).toBe(true);
				expect(finds(filter, { employeeNo: `${value}x` })).toBe(false);
				expect(finds(filter, { employeeNo: '' })).toBe(false);
			}),
		);
	});

	it('finds the users whose name contains it', () => {
		fc.assert(
			fc.property(text, text, text, (value, before, after) => {
				const filter = userFilter({ name: value });
				expect(finds(filter, { name: before + value + after })).toBe(true);
				expect(finds(filter, { name: '' })).toBe(false);
			}),
		);
	});

	it('gets one condition, which never says more than it should', () => {
		fc.assert(
			fc.property(text, text, (name, status) => {
				const filter = userFilter({ name, status })!;
				expect(isFilter(filter)).toBe(true);
				expect(finds(filter, { name, status })).toBe(true);
				expect(finds(filter, { name, status: `${status}x` })).toBe(false);
				expect(finds(filter, { name: '', status })).toBe(false);
			}),
		);
	});

	it('finds in a list by name as well as by address', () => {
		fc.assert(
			fc.property(text, (value) => {
				expect(finds(searchFilter(value), { name: value })).toBe(true);
				expect(finds(searchFilter(value), { email: `${value}@example.com` })).toBe(true);
				expect(finds(searchFilter(`${value}-`), { name: value, email: value })).toBe(false);
			}),
		);
	});

	it('asks for both in one condition', () => {
		expect(searchFilter('x')).toBe('(|(name=*x)(name=*x*)(email=*x)(email=*x*))');
	});

	it('may use half a character, which is sent as the sign for one that is unknown', () => {
		expect(escapeFilterValue('a\ud800b')).toBe('a\ufffdb');
	});
});

describe('filters of a user list', () => {
	it.each([
		[{}, undefined],
		[{ name: '', status: '' }, undefined],
		[{ departmentId: 'd-1' }, '(departmentId=d-1)'],
		[{ departmentId: 'd-1', includeSubDepartments: true }, '(departmentId=d-1*)'],
		[{ departmentId: 'd*', includeSubDepartments: false }, '(departmentId=d\\2a)'],
		[{ includeSubDepartments: true }, undefined],
		[{ email: 'nathan@example.com' }, '(email=nathan@example.com)'],
		[{ email: 'nathan' }, '(|(email=*nathan)(email=*nathan*))'],
		[{ email: '@example.com' }, '(|(email=*@example.com)(email=*@example.com*))'],
		[{ status: 'FREEZE' }, '(status=FREEZE)'],
		[{ raw: '(!(status=FREEZE))' }, '(!(status=FREEZE))'],
		[
			{ departmentId: 'd-1', jobTitle: 'Lead (acting)', raw: '(info=x)' },
			'(&(departmentId=d-1)(|(jobTitle=*Lead \\28acting\\29)(jobTitle=*Lead \\28acting\\29*))(info=x))',
		],
	])('%j become %s', (filters, filter) => {
		expect(userFilter(filters)).toBe(filter);
	});
});

describe('a filter expression', () => {
	it.each(['(a=b)', '(&(a=b)(c=d))', '(|(name=Jack)(!(email=jack)))', '(a=\\28)'])(
		'is accepted: %s',
		(expression) => {
			expect(isFilter(expression)).toBe(true);
		},
	);

	it.each(['', 'a=b', '(a=b', 'a=b)', '(a=b)(c=d)', '(a=b))', ')(a=b)(', ' (a=b)', '(a=b) '])(
		'is refused, for it is no condition or more than one: %j',
		(expression) => {
			expect(isFilter(expression)).toBe(false);
		},
	);
});
