import { invalidParameter } from './errors.mts';
import type { User } from './model.mts';
import type { Settings } from './settings.mts';
import type { State } from './state.mts';

/** Decides whether a user is listed. */
export type UserPredicate = (user: User) => boolean;

/** Compiles the LDAP-style filter of the user list: `(&…)`, `(|…)`, `(!…)`, `(field=value)` with `*` [3P]. */
export function compileFilter(
	filter: string,
	state: State,
	star: Settings['filterStar'] = 'anyText',
): UserPredicate {
	let at = 0;
	const predicate = group();
	if (at < filter.length) throw invalidParameter('filter');
	return predicate;

	function group(): UserPredicate {
		take('(');
		const predicate = inside();
		take(')');
		return predicate;
	}

	function inside(): UserPredicate {
		switch (filter[at]) {
			case '&': {
				const parts = list();
				return (user) => parts.every((part) => part(user));
			}
			case '|': {
				const parts = list();
				return (user) => parts.some((part) => part(user));
			}
			case '!': {
				at += 1;
				const inner = group();
				return (user) => !inner(user);
			}
			default:
				return comparison();
		}
	}

	function list(): UserPredicate[] {
		at += 1;
		const parts = [group()];
		while (filter[at] === '(') parts.push(group());
		return parts;
	}

	function comparison(): UserPredicate {
		const end = filter.indexOf(')', at);
		const [, field, value] = /^([A-Za-z]+)=([^(]*)$/.exec(filter.slice(at, end)) ?? [];
		if (end < 0 || field === undefined || value === undefined) throw invalidParameter('filter');
		at = end;
		return compileComparison(field, value, state, star);
	}

	function take(character: string): void {
		if (filter[at] !== character) throw invalidParameter('filter');
		at += 1;
	}
}

const readers: Record<string, (user: User) => readonly string[]> = {
	// `(email=jack)` is seen without a domain [3P].
	email: ({ email, emailAliases }) =>
		[email, ...emailAliases].flatMap((address) => [address, address.split('@')[0] ?? '']),
	name: ({ name }) => [name],
	nickname: ({ nickname }) => [nickname],
	employeeNo: ({ employeeNo }) => [employeeNo],
	status: ({ status }) => [status],
	domain: ({ email }) => [email.slice(email.lastIndexOf('@') + 1)],
	employeeType: ({ employeeType }) => [employeeType],
	jobTitle: ({ jobTitle }) => [jobTitle],
	workLocation: ({ workLocation }) => [workLocation],
	homeLocation: ({ homeLocation }) => [homeLocation],
	info: ({ info }) => [info],
};

/** Filter fields that sources name, and of which the simulated users hold nothing. */
const emptyFields = new Set(['delegateType', 'isSharedWithOthers']);

function compileComparison(
	field: string,
	value: string,
	state: State,
	star: Settings['filterStar'],
): UserPredicate {
	if (field === 'departmentId') return inDepartment(value, state);
	if (field === 'managerId') {
		const matches = pattern(value, star);
		return ({ managerEmail }) => {
			const manager = [...state.users.values()].find(({ email }) => email === managerEmail);
			return manager !== undefined && matches.test(manager.id);
		};
	}
	if (emptyFields.has(field)) return () => false;
	const read = Object.hasOwn(readers, field) ? readers[field] : undefined;
	if (read === undefined) throw invalidParameter(`filter: unknown field ${field}`);
	const matches = pattern(value, star);
	return (user) => read(user).some((text) => matches.test(text));
}

/** A final `*` stands for the departments below, not for more letters [3P]. */
function inDepartment(value: string, state: State): UserPredicate {
	if (!value.endsWith('*')) return ({ departmentIds }) => departmentIds.includes(value);
	const ancestor = value.slice(0, -1);
	return ({ departmentIds }) => departmentIds.some((id) => state.isWithinDepartment(id, ancestor));
}

function pattern(value: string, star: Settings['filterStar']): RegExp {
	if (star === 'contains') {
		const contained = value.startsWith('*');
		const text = escapeExpression(unescapeLdap(contained ? value.slice(1) : value));
		return new RegExp(contained ? text : `^${text}$`, 'isu');
	}
	const parts = value.split('*').map((part) => escapeExpression(unescapeLdap(part)));
	return new RegExp(`^${parts.join('.*')}$`, 'isu');
}

function escapeExpression(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Undoes LDAP's `\2a` (RFC 4515), byte by byte. */
function unescapeLdap(text: string): string {
	return text.replace(/(?:\\[0-9a-f]{2})+/gi, (escaped) =>
		Buffer.from(escaped.replaceAll('\\', ''), 'hex').toString('utf8'),
	);
}
