import type { FastifyInstance } from 'fastify';
import type { Context } from '../context.mts';
import { invalidParameter, notFound } from '../errors.mts';
import { counted, presentUser, selectedFields } from '../fields.mts';
import { compileFilter } from '../filter.mts';
import {
	objectFrom,
	directoryBoolean,
	optionalString,
	optionalStrings,
	queryBoolean,
	queryString,
	requiredString,
	textUnlessEmpty,
	type JsonObject,
} from '../input.mts';
import type { User } from '../model.mts';
import { cursorPage, pageSize } from '../pagination.mts';
import { permissions } from '../permissions.mts';
import { instantOf } from '../state.mts';

interface UserParams {
	Params: { user: string };
}

/** Fields of a user that text can be written to [3P]. */
const TEXT_FIELDS = [
	'name',
	'nickname',
	'employeeNo',
	'jobTitle',
	'workLocation',
	'officeLocation',
	'homeLocation',
	'phone',
	'workPhone',
	'customName',
	'managerEmail',
	'info',
] as const;

/** Fields that a list can be sorted by; which ones the service takes is unknown. */
const SORT_FIELDS = ['name', 'email', 'createdTime', 'employeeNo', 'nickname'] as const;

/** Adds the operations on users. */
export function userRoutes(app: FastifyInstance, { state, settings }: Context): void {
	const read = { config: { permissions: permissions.readUsers } };
	const write = { config: { permissions: permissions.writeUsers } };

	app.get('/v2/users', read, ({ query }) => {
		// Every simulated user is one that the app may manage, so `managed` makes no difference.
		queryBoolean(query, 'managed');
		const filter = queryString(query, 'filter');
		const matches = filter ? compileFilter(filter, state, settings.filterStar) : () => true;
		const orderBy = sortField(queryString(query, 'orderby') || 'createdTime');
		const sign = descending(queryString(query, 'order')) ? -1 : 1;
		const compare = (user: User, [value = '', id = '']: string[]) =>
			sign * (compareText(user[orderBy], value) || compareText(user.id, id));
		const key = (user: User) => [user[orderBy], user.id];
		const found = [...state.users.values()]
			.filter(matches)
			.sort((left, right) => compare(left, key(right)));
		const page = cursorPage(
			found,
			{ cursor: queryString(query, 'cursor'), size: pageSize(queryString(query, 'size')) },
			{ key, compare },
		);
		return {
			users: page.entries.map((user) => presentUser(user, state, selectedFields(query))),
			nextCursor: page.next ?? '',
			hasMore: page.next !== undefined,
			total: counted(found.length, settings),
		};
	});

	app.get<UserParams>('/v2/users/:user', read, ({ params, query }) =>
		presentUser(state.user(params.user), state, selectedFields(query)),
	);

	app.post('/v2/users', write, ({ body }) => {
		const input = objectFrom(body, 'body');
		const email = requiredString(input, 'email');
		const [local, domain, ...more] = email.split('@');
		if (!local || !domain || more.length > 0) throw invalidParameter('email');
		if (domain.toLowerCase() !== state.organization.domain) throw notFound('domain');
		if (state.findMailbox(email) !== undefined) throw invalidParameter('email is taken');
		requiredString(input, 'password');
		requiredString(input, 'name');
		// Always sent, if only as `null` [3P].
		if (input.departmentIds === undefined) throw invalidParameter('departmentIds');
		const changes = changesFrom(input);
		const { name = '', departmentIds = [] } = changes;
		return presentUser(state.addUser({ ...changes, email, name, departmentIds }), state);
	});

	// What it answers is unknown; made after create.
	app.patch<UserParams>('/v2/users/:user', write, ({ params, body }) => {
		const user = state.user(params.user);
		const changes = changesFrom(objectFrom(body, 'body'));
		if (changes.status === 'FREEZE' && user.status !== 'FREEZE') {
			user.freezedTime = instantOf(Date.now());
		}
		return presentUser(Object.assign(user, changes), state);
	});

	app.delete<UserParams>('/v2/users/:user', write, ({ params }) => {
		state.removeUser(state.user(params.user));
		return {};
	});

	app.post<UserParams>('/v2/users/:user/resetPassword', write, ({ params, body }) => {
		const user = state.user(params.user);
		const input = objectFrom(body, 'body');
		requiredString(input, 'password');
		const force = directoryBoolean(input, 'forceChangePasswordNextSignIn');
		user.forceChangePasswordNextSignIn = force ?? false;
		user.lastPasswordChangeTime = instantOf(Date.now());
		return {};
	});

	app.post<UserParams>('/v2/users/:user/emailAliases', write, ({ params, body }) => {
		const user = state.user(params.user);
		const input = objectFrom(body, 'body');
		const alias = requiredString(input, 'alias');
		if (!alias.includes('@') || state.findMailbox(alias) !== undefined) {
			throw invalidParameter('alias');
		}
		const asDefault = directoryBoolean(input, 'asDefault') ?? false;
		user.emailAliases = asDefault ? [alias, ...user.emailAliases] : [...user.emailAliases, alias];
		return {};
	});

	app.delete<UserParams>('/v2/users/:user/emailAliases', write, ({ params, body }) => {
		const user = state.user(params.user);
		const alias = requiredString(objectFrom(body, 'body'), 'alias');
		if (!user.emailAliases.includes(alias)) throw notFound('alias');
		user.emailAliases = user.emailAliases.filter((other) => other !== alias);
		return {};
	});

	function changesFrom(input: JsonObject): Partial<User> {
		const changes: Partial<User> = {};
		for (const key of TEXT_FIELDS) {
			const value = optionalString(input, key);
			if (value !== undefined) changes[key] = value;
		}
		const status = oneOf(input, 'status', ['NORMAL', 'FREEZE']);
		if (status !== undefined) changes.status = status;
		const employeeType = oneOf(input, 'employeeType', ['EMPLOYEE', 'SERVICE']);
		if (employeeType !== undefined) changes.employeeType = employeeType;
		for (const key of ['isHidden', 'forceChangePasswordNextSignIn'] as const) {
			const value = directoryBoolean(input, key);
			if (value !== undefined) changes[key] = value;
		}
		const departmentIds = optionalStrings(input, 'departmentIds');
		if (departmentIds !== undefined) {
			changes.departmentIds = departmentIds.map((id) => state.department(id).id);
		}
		return changes;
	}
}

function oneOf(input: JsonObject, key: string, values: readonly string[]): string | undefined {
	const value = textUnlessEmpty(input, key);
	if (value !== undefined && !values.includes(value)) throw invalidParameter(key);
	return value;
}

function sortField(name: string): (typeof SORT_FIELDS)[number] {
	const field = SORT_FIELDS.find((known) => known === name);
	if (field === undefined) throw invalidParameter('orderby');
	return field;
}

function descending(order: string | undefined): boolean {
	if (order !== undefined && order !== '' && order !== 'ASC' && order !== 'DES') {
		throw invalidParameter('order');
	}
	return order === 'DES';
}

function compareText(left: string, right: string): number {
	return left < right ? -1 : left > right ? 1 : 0;
}
