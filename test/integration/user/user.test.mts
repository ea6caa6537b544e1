import { beforeEach, describe, expect, it } from 'vitest';
import type { Simulator } from '../../simulator/index.mts';
import type { NodeRunner } from '../../support/nodeRunner.mts';
import {
	attempt,
	byAddress,
	byId,
	fromExpressions,
	fromList,
	succeed,
} from '../../support/operations.mts';
import { simulated } from '../../support/simulated.mts';

const SIMPLE_FIELDS = [
	'id',
	'email',
	'name',
	'nickname',
	'employeeNo',
	'jobTitle',
	'status',
	'departmentIds',
	'emailAliases',
	'createdTime',
];

let simulator: Simulator;
let alimail: NodeRunner;

beforeEach(async () => {
	({ simulator, alimail } = await simulated());
});

describe('the life of a user', () => {
	it('goes from the first day to the last', async () => {
		const [made] = await succeed(alimail, 'user', 'create', {
			email: 'nathan@example.com',
			name: 'Nathan Smith',
			password: 'first-Passw0rd!',
			department: fromList('department-0002'),
			additionalFields: {
				jobTitle: 'Engineer',
				employeeNo: 'E100',
				departmentIds: 'department-0003, department-0002',
				forceChangePasswordNextSignIn: true,
				isHidden: false,
				managerEmail: 'alice@example.com',
				nickname: '',
			},
		});
		expect(made).toMatchObject({ email: 'nathan@example.com', jobTitle: 'Engineer' });
		expect(simulator.apiRequests[0]).toMatchObject({
			method: 'POST',
			path: '/v2/users',
			body: {
				email: 'nathan@example.com',
				name: 'Nathan Smith',
				password: 'first-Passw0rd!',
				departmentIds: ['department-0002', 'department-0003'],
				jobTitle: 'Engineer',
				employeeNo: 'E100',
				forceChangePasswordNextSignIn: true,
				isHidden: false,
				managerEmail: 'alice@example.com',
			},
		});
		expect(simulator.apiRequests[0]?.body).not.toHaveProperty('nickname');
		const user = byId(String(made?.id));

		const [updated] = await succeed(alimail, 'user', 'update', {
			user,
			updateFields: { jobTitle: '', workLocation: 'Berlin', departmentIds: ['department-0004'] },
		});
		expect(updated).toMatchObject({ success: true, user: made?.id, workLocation: 'Berlin' });
		expect(simulator.apiRequests.at(-1)).toMatchObject({
			method: 'PATCH',
			body: { jobTitle: '', workLocation: 'Berlin', departmentIds: ['department-0004'] },
		});

		expect(
			await succeed(alimail, 'user', 'addAlias', {
				user,
				alias: 'n.smith@example.com',
				asDefault: true,
			}),
		).toEqual([{ success: true, user: made?.id, alias: 'n.smith@example.com', asDefault: true }]);

		expect(
			await succeed(alimail, 'user', 'resetPassword', {
				user: byAddress('nathan@example.com'),
				password: ' second Passw0rd ',
				forceChangePasswordNextSignIn: false,
			}),
		).toEqual([
			{ success: true, user: 'nathan@example.com', forceChangePasswordNextSignIn: false },
		]);
		expect(simulator.apiRequests.at(-1)).toMatchObject({
			path: '/v2/users/nathan%40example.com/resetPassword',
			body: { password: ' second Passw0rd ', forceChangePasswordNextSignIn: false },
		});

		await succeed(alimail, 'user', 'update', { user, updateFields: { status: 'FREEZE' } });
		expect(simulator.apiRequests.at(-1)?.body).toEqual({ status: 'FREEZE' });
		const [frozen] = await succeed(alimail, 'user', 'get', { user });
		expect(frozen).toMatchObject({
			id: made?.id,
			status: 'FREEZE',
			emailAliases: ['n.smith@example.com'],
			departmentIds: ['department-0004'],
			jobTitle: '',
		});
		expect(Object.keys(frozen ?? {})).toEqual(SIMPLE_FIELDS);

		expect(await succeed(alimail, 'user', 'delete', { user })).toEqual([
			{ deleted: true, id: made?.id },
		]);
		const gone = await attempt(alimail, 'user', 'get', { user });
		expect(gone.error).toMatchObject({ httpCode: '404' });
	});
});

describe('someone who looks a user up', () => {
	it('gets a few fields, or all that Alimail gives, or those that are named', async () => {
		const user = byAddress('zhang.wei@example.com');
		const [simple] = await succeed(alimail, 'user', 'get', { user });
		expect(Object.keys(simple ?? {})).toEqual(SIMPLE_FIELDS);
		const [raw] = await succeed(alimail, 'user', 'get', { user, simplify: false });
		expect(raw).toMatchObject({ workLocation: '上海', employeeType: 'EMPLOYEE' });
		expect(raw).not.toHaveProperty('phone');
		const [named] = await succeed(alimail, 'user', 'get', {
			user,
			simplify: false,
			fields: ['email', 'phone', 'managerInfo'],
		});
		expect(named).toEqual({
			id: 'user-0002',
			email: 'zhang.wei@example.com',
			phone: '+86 13800000001',
			managerInfo: expect.objectContaining({ email: 'alice@example.com' }),
		});
		expect(simulator.apiRequests.map(({ query }) => query)).toEqual([
			{},
			{},
			{ $select: 'email,phone,managerInfo' },
		]);
	});

	it.each([
		['an empty code', ''],
		['a code that is null', null],
	])('gets an answer that has %s of an error and is none', async (_what, detailErrorCode) => {
		const body = { email: 'alice@example.com', name: 'Alice', detailErrorCode };
		simulator.fault({ path: '/v2/users/*', status: 200, body });
		const [user] = await succeed(alimail, 'user', 'get', { user: byAddress('alice@example.com') });
		expect(user).toMatchObject({ email: 'alice@example.com', name: 'Alice' });
	});

	it('keeps fields out of the simplified output that were chosen before', async () => {
		const user = byAddress('zhang.wei@example.com');
		await succeed(alimail, 'user', 'get', { user, simplify: true, fields: ['phone'] });
		expect(simulator.apiRequests[0]?.query).toEqual({});
	});
});

describe('someone who lists users', () => {
	it.each([
		[1, 1],
		[99, 1],
		[100, 1],
		[101, 2],
		[200, 2],
		[250, 3],
	])('gets %i of them with %i requests', async (limit, requests) => {
		addUsers(300);
		const users = await succeed(alimail, 'user', 'getAll', { returnAll: false, limit });
		expect(users).toHaveLength(limit);
		expect(new Set(users.map(({ id }) => id)).size).toBe(limit);
		expect(simulator.apiRequests).toHaveLength(requests);
		expect(simulator.apiRequests[0]?.query).toEqual({ size: String(Math.min(limit, 100)) });
		expect(Object.keys(users[0] ?? {})).toEqual(SIMPLE_FIELDS);
	});

	it.each([
		[100, 1],
		[101, 2],
		[200, 2],
	])('gets all of %i users with %i requests', async (count, requests) => {
		addUsers(count - simulator.state.users.size);
		const users = await succeed(alimail, 'user', 'getAll', { returnAll: true });
		expect(new Set(users.map(({ id }) => id))).toEqual(new Set(simulator.state.users.keys()));
		expect(users).toHaveLength(count);
		expect(simulator.apiRequests).toHaveLength(requests);
	});

	it('gets them in order, with the fields that are named', async () => {
		const users = await succeed(alimail, 'user', 'getAll', {
			returnAll: true,
			simplify: false,
			fields: ['employeeNo'],
			options: { orderBy: 'employeeNo', order: 'DES' },
		});
		expect(users[0]).toEqual({ id: 'user-0008', employeeNo: 'E008' });
		expect(users.at(-1)).toEqual({ id: 'user-0001', employeeNo: 'E001' });
	});

	it.each([
		[{ department: byId('department-0002') }, ['zhang.wei']],
		[
			{ department: byId('department-0002'), includeSubDepartments: true },
			['zhang.wei', 'chen.jing', 'wang.fang'],
		],
		[{ department: byId('$root') }, ['alice']],
		[{ name: 'fisch' }, ['bob']],
		[{ name: '*' }, []],
		[{ name: 'x)(name=*' }, []],
		[{ email: 'grace@example.com' }, ['grace']],
		[{ email: 'wa' }, ['wang.fang']],
		[{ status: 'FREEZE' }, ['old.account']],
		[{ employeeNo: 'E003' }, ['li.na']],
		[{ jobTitle: '经理', workLocation: '杭州' }, ['li.na']],
		[{ employeeType: 'SERVICE' }, []],
	])('gets those that match %j, whatever a star stands for', async (filters, expected) => {
		for (const filterStar of ['anyText', 'contains'] as const) {
			simulator.settings.filterStar = filterStar;
			const users = await succeed(alimail, 'user', 'getAll', { returnAll: true, filters });
			expect(users.map(({ nickname }) => nickname)).toEqual(expected);
		}
	});

	it('may say what has to match in the form of Alimail, besides other filters', async () => {
		const users = await succeed(alimail, 'user', 'getAll', {
			returnAll: true,
			filters: { department: byId('department-0003') },
			options: { filter: '(|(email=bob)(status=FREEZE))' },
		});
		expect(users.map(({ nickname }) => nickname)).toEqual(['bob', 'old.account']);
	});

	it.each(['name=x', '(name=x', '(name=x)(status=FREEZE)', '(a=b))(c=d'])(
		'learns before anything is sent that a filter expression is none: %s',
		async (filter) => {
			const { error } = await attempt(alimail, 'user', 'getAll', { options: { filter } });
			expect(error?.message).toBe(
				"'Filter Expression' must be one condition in parentheses, e.g. (name=*Nathan)",
			);
			expect(simulator.requests).toEqual([]);
		},
	);

	const EMPTY = ['', '={{ "" }}', '={{ " " }}', '={{ null }}', '={{ $json.missing }}'];

	it.each([
		['email', 'Email'],
		['employeeNo', 'Employee Number'],
		['employeeType', 'Employee Type'],
		['jobTitle', 'Job Title'],
		['name', 'Name'],
		['nickname', 'Nickname'],
		['status', 'Status'],
		['workLocation', 'Work Location'],
		['includeSubDepartments', 'Include Sub-Departments'],
	])('does not get all of them because %s is empty', async (name, displayName) => {
		for (const empty of EMPTY) {
			const filters = { [name]: empty };
			const { error } = await attempt(alimail, 'user', 'getAll', { filters });
			expect(error?.message).toBe(`'${displayName}' is empty`);
			expect(error?.description).toContain('remove');
		}
		expect(simulator.requests).toEqual([]);
	});

	it('does not get all of them because the department or the filter expression is empty', async () => {
		for (const empty of EMPTY) {
			const filters = { department: byId(empty) };
			const byDepartment = await attempt(alimail, 'user', 'getAll', { filters });
			expect(byDepartment.error?.message).toBe("'Department' is empty");
			const options = { filter: empty };
			const byExpression = await attempt(alimail, 'user', 'getAll', { options });
			expect(byExpression.error?.message).toBe("'Filter Expression' is empty");
		}
		expect(simulator.requests).toEqual([]);
	});

	it.each([
		[{ name: ['a'] }, "'Name' must be text"],
		[{ status: { value: 'FREEZE' } }, "'Status' must be text"],
		[{ includeSubDepartments: 'yes' }, "'Include Sub-Departments' must be true or false"],
	])('learns before anything is sent that filters are none: %j', async (filters, message) => {
		const { error } = await attempt(alimail, 'user', 'getAll', { filters });
		expect(error?.message).toBe(message);
		expect(simulator.requests).toEqual([]);
	});

	function addUsers(count: number) {
		for (let i = 0; i < count; i++) {
			simulator.state.addUser({ email: `u${i}@example.com`, name: `User ${i}`, departmentIds: [] });
		}
	}
});

describe('someone who names the uppermost department as $root', () => {
	const create = {
		email: 'nathan@example.com',
		name: 'Nathan',
		password: 'x',
		department: byId('$root'),
	};

	it('gets its ID sent where only IDs are known to be taken', async () => {
		const departmentIds = 'department-0002, $root';
		const [made] = await succeed(alimail, 'user', 'create', {
			...create,
			additionalFields: { departmentIds },
		});
		expect(simulator.apiRequests.map(({ method, path }) => [method, path])).toEqual([
			['GET', '/v2/departments/%24root'],
			['POST', '/v2/users'],
		]);
		expect(simulator.apiRequests[1]?.body).toMatchObject({
			departmentIds: ['department-0001', 'department-0002'],
		});
		const user = byId(String(made?.id));
		await succeed(alimail, 'user', 'update', { user, updateFields: { departmentIds } });
		expect(simulator.apiRequests.at(-1)?.body).toEqual({
			departmentIds: ['department-0002', 'department-0001'],
		});
	});

	it('learns that the server does not say which one it is', async () => {
		simulator.fault({ path: '/v2/departments/$root', body: { name: 'Example' }, times: Infinity });
		for (const [operation, parameters] of [
			['create', create],
			['update', { user: byId('u'), updateFields: { departmentIds: '$root' } }],
			['getAll', { filters: { department: byId('$root') } }],
		] as const) {
			const { error } = await attempt(alimail, 'user', operation, parameters);
			expect(error?.message).toBe('Alimail answered without the ID of the uppermost department');
		}
		expect(new Set(simulator.apiRequests.map(({ path }) => path))).toEqual(
			new Set(['/v2/departments/%24root']),
		);
	});
});

describe('a password', () => {
	const create = {
		email: 'nathan@example.com',
		name: 'Nathan',
		password: 'Secret "1"  <b>中',
		department: byId('department-0002'),
	};

	it('is not in the output, even if the server repeats it', async () => {
		const repeated = { id: 'u1', password: create.password, more: [{ Password: 'x', a: 1 }] };
		simulator.fault({ method: 'POST', path: '/v2/users*', body: repeated });
		const json = await succeed(alimail, 'user', 'create', create);
		expect(json).toEqual([
			{ email: 'nathan@example.com', name: 'Nathan', id: 'u1', more: [{ a: 1 }] },
		]);
		for (const [operation, parameters] of [
			['get', { user: byId('u1'), simplify: false }],
			['getAll', { returnAll: true, simplify: false }],
			['update', { user: byId('u1'), updateFields: { name: 'N' } }],
		] as const) {
			const user = { id: 'u1', password: 'hunter2' };
			simulator.fault({
				path: '/v2/users*',
				body: operation === 'getAll' ? { users: [user] } : user,
			});
			const output = await succeed(alimail, 'user', operation, parameters);
			expect(output).toMatchObject([{ id: 'u1' }]);
			expect(JSON.stringify(output)).not.toContain('hunter2');
		}
	});

	it.each([
		['in the message', { detailErrorCode: '1001', message: `too weak: ${create.password}.` }],
		['in a status of success', { detailErrorCode: '1001', message: create.password }],
		['as text', `refused ${create.password}`],
		['as text that is JSON within text', `refused ${JSON.stringify({ p: create.password })}`],
		['as a list', [create.password]],
	])('is not in an error, even if the server repeats it %s', async (where, body) => {
		const status = where === 'in a status of success' ? 200 : 400;
		for (const [operation, parameters] of [
			['create', create],
			['resetPassword', { user: byId('u1') }],
		] as const) {
			simulator.fault({ method: 'POST', path: '/v2/users*', status, body, times: 2 });
			const run = {
				parameters: { resource: 'user', operation, ...parameters, password: '={{ $json.secret }}' },
				items: [{ secret: create.password }],
			};
			const { error } = await alimail.run(run);
			const { items } = await alimail.run({ ...run, onError: 'continueRegularOutput' });
			expect(error?.message).toContain('***');
			expect(items).toHaveLength(1);
			const shown = JSON.stringify([error, error?.stack, items]);
			expect(shown).toContain('***');
			expect(shown).not.toContain('Secret');
		}
	});

	it('is required', async () => {
		for (const [operation, parameters] of [
			['create', { ...create, password: '' }],
			['resetPassword', { user: byId('u1'), password: '' }],
		] as const) {
			const { error } = await attempt(alimail, 'user', operation, fromExpressions(parameters));
			expect(error?.message).toBe("'Password' is empty");
		}
		expect(simulator.requests).toEqual([]);
	});
});

describe('someone who enters what cannot be', () => {
	const user = byAddress('alice@example.com');
	const create = {
		email: 'nathan@example.com',
		name: 'Nathan',
		password: 'x',
		department: byId('department-0002'),
	};

	it.each([
		['get', { user: byAddress('alice') }, "'User' is 'alice', which is not an email address"],
		['get', { user: byId('a@b@c') }, "'User' is 'a@b@c', which is not an email address"],
		['get', { user: byId('..') }, "'User' is '..', which is no ID"],
		['delete', { user: fromList('') }, "'User' is empty"],
		['update', { user }, "'Update Fields' is empty"],
		[
			'update',
			{ user, updateFields: { managerEmail: 'alice' } },
			"'Manager Email' is 'alice', which is not an email address",
		],
		[
			'update',
			{ user, updateFields: { status: 'FROZEN' } },
			"'Status' must be one of FREEZE, NORMAL",
		],
		['update', { user, updateFields: { isHidden: 'no' } }, "'Hidden' must be true or false"],
		['update', { user, updateFields: { name: ['a'] } }, "'Name' must be text"],
		[
			'update',
			{ user, updateFields: { departmentIds: [{ id: 'd' }] } },
			"'Department IDs' must be text or a list of texts",
		],
		['addAlias', { user, alias: 'sales' }, "'Alias' is 'sales', which is not an email address"],
		['addAlias', { user, alias: '' }, "'Alias' is empty"],
		['create', { ...create, email: 'x' }, "'Email' is 'x', which is not an email address"],
		['create', { ...create, name: '' }, "'Name' is empty"],
		['create', { ...create, department: fromList('') }, "'Department' is empty"],
	])('learns it before anything is sent: %s %j', async (operation, parameters, message) => {
		const { error } = await attempt(alimail, 'user', operation, fromExpressions(parameters));
		expect(error?.message).toBe(message);
		expect(error?.context.itemIndex).toBe(0);
		expect(simulator.requests).toEqual([]);
	});

	const NOTHING = ['={{ null }}', '={{ undefined }}', '={{ $json.missing }}'];

	it.each([
		'customName',
		'jobTitle',
		'managerEmail',
		'status',
		'employeeType',
		'isHidden',
		'name',
		'departmentIds',
	])('leaves %s as it is when its expression finds nothing', async (name) => {
		for (const nothing of NOTHING) {
			const updateFields = { workLocation: 'Berlin', [name]: nothing };
			await succeed(alimail, 'user', 'update', { user, updateFields });
		}
		expect(simulator.apiRequests.map(({ body }) => body)).toEqual(
			NOTHING.map(() => ({ workLocation: 'Berlin' })),
		);
	});

	it('changes nothing when no expression finds anything', async () => {
		for (const nothing of NOTHING) {
			const updateFields = { jobTitle: nothing, name: nothing, departmentIds: nothing };
			const { error } = await attempt(alimail, 'user', 'update', { user, updateFields });
			expect(error?.message).toBe("'Update Fields' has no field with a value");
			expect(error?.description).toContain('expressions');
			expect(error?.context.itemIndex).toBe(0);
		}
		expect(simulator.requests).toEqual([]);
	});

	it.each([
		['name', '', "'Name' cannot be empty"],
		['name', '={{ " " }}', "'Name' cannot be empty"],
		['departmentIds', '', "'Department IDs' cannot be empty"],
		['departmentIds', '={{ [] }}', "'Department IDs' cannot be empty"],
		['departmentIds', '={{ [""] }}', "'Department IDs' cannot be empty"],
		['departmentIds', '={{ [undefined] }}', "'Department IDs' must be text or a list of texts"],
		['departmentIds', ' , ', "'Department IDs' cannot be empty"],
	])('cannot take %s away: %j', async (name, value, message) => {
		const updateFields = { [name]: value };
		const { error } = await attempt(alimail, 'user', 'update', { user, updateFields });
		expect(error?.message).toBe(message);
		expect(simulator.requests).toEqual([]);
	});

	it.each([
		['a/b', 'a%2Fb'],
		['../users', '..%2Fusers'],
		['$root', '%24root'],
		['u?x#y', 'u%3Fx%23y'],
	])('reaches no other path than that of the user: %s', async (id, encoded) => {
		const { error } = await attempt(alimail, 'user', 'delete', { user: byId(id) });
		expect(error).toMatchObject({ httpCode: '404' });
		expect(simulator.apiRequests.map(({ url }) => url)).toEqual([`/v2/users/${encoded}`]);
		expect(simulator.state.users.size).toBe(8);
	});
});
