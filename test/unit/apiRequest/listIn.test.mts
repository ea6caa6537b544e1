import { describe, expect, it } from 'vitest';
import { listIn } from '../../../nodes/Alimail/actions/apiRequest/listIn.ts';

describe('the place of a list in an answer', () => {
	it('is found by itself when there is only one', () => {
		expect(listIn({ users: [1], total: 1 }, '')).toEqual([1]);
		expect(listIn([1, 2], '')).toEqual([1, 2]);
	});

	it('has to be named when there are several', () => {
		expect(() => listIn({ users: [1], groups: [2] }, '')).toThrow('users, groups');
		expect(listIn({ users: [1], groups: [2] }, 'groups')).toEqual([2]);
		expect(listIn({ data: { users: [1] } }, 'data.users')).toEqual([1]);
	});

	it('may be left out by the server when it is empty', () => {
		expect(listIn({ nextCursor: '' }, 'messages')).toEqual([]);
		expect(listIn({}, '')).toEqual([]);
	});

	it('is an error when another list stands there, or something that is none', () => {
		expect(() => listIn({ users: [1] }, 'messages')).toThrow('users');
		expect(() => listIn({ total: 3 }, 'total')).toThrow('no list');
		expect(() => listIn({ users: [] }, '__proto__.constructor')).toThrow('no list');
	});
});
