import { describe, expect, it } from 'vitest';
import {
	ALICE,
	type Body,
	call,
	encoded,
	expectAlimailError,
	simulator,
	useSimulator,
} from '../../support/simulatorClient.mts';

useSimulator();

describe('users', () => {
	const list = async (query: Record<string, string>) =>
		(await call(`/v2/users?${new URLSearchParams(query).toString()}`)).json;
	const emails = (page: Body) => page.users.map(({ email }) => email.split('@')[0]);

	it('are listed in pages', async () => {
		const first = await list({ size: '5' });
		expect(first).toMatchObject({ hasMore: true, total: 8 });
		const second = await list({ size: '5', cursor: first.nextCursor });
		expect(second.hasMore).toBe(false);
		expect(new Set([...emails(first), ...emails(second)]).size).toBe(8);
	});

	it('are sorted', async () => {
		const sorted = emails(await list({ orderby: 'email', order: 'DES' }));
		expect(sorted).toEqual([...sorted].sort().reverse());
	});

	it.each([
		['(name=*伟)', ['zhang.wei']],
		['(|(name=李娜)(email=bob))', ['li.na', 'bob']],
		['(&(departmentId=department-0003)(!(status=FREEZE)))', ['li.na', 'bob']],
		['(departmentId=department-0002)', ['zhang.wei']],
		['(departmentId=department-0002*)', ['zhang.wei', 'chen.jing', 'wang.fang']],
		['(name=\\2a)', []],
		['(email=*@example.com)', undefined],
	])('are filtered with %s', async (filter, expected) => {
		const found = emails(await list({ filter }));
		if (expected === undefined) expect(found).toHaveLength(8);
		else expect(found).toEqual(expected);
	});

	it('are those that contain a text after a star when set so', async () => {
		simulator.settings.filterStar = 'contains';
		expect(emails(await list({ filter: '(name=*Fisch)' }))).toEqual(['bob']);
		expect(emails(await list({ filter: '(name=*Fisch*)' }))).toEqual([]);
		expect(emails(await list({ filter: '(name=Fisch)' }))).toEqual([]);
		expect(emails(await list({ filter: '(name=李娜)' }))).toEqual(['li.na']);
	});

	it.each(["name eq 'Alice'", '(name=Alice', '(&)', '(unknown=1)', '(name=a)(name=b)'])(
		'refuse the filter %s',
		async (filter) => {
			const path = `/v2/users?filter=${encoded(filter)}`;
			expectAlimailError(await call(path), 400, '1001');
		},
	);

	it('are read by id or address, unwrapped, with some fields for $select alone', async () => {
		const { json } = await call('/v2/users/zhang.wei@example.com');
		expect(json).toMatchObject({ name: '张伟', email: 'zhang.wei@example.com' });
		expect(json).not.toHaveProperty('phone');
		const selected = (await call(`/v2/users/${json.id}?$select=id,phone,departmentPath`)).json;
		expect(Object.keys(selected)).toEqual(['id', 'phone', 'departmentPath']);
		const unnamed = (await call(`/v2/users/${json.id}?$select=phone`)).json;
		expect(Object.keys(unnamed)).toEqual(['id', 'phone']);
	});

	it('are created with a mailbox, frozen and deleted', async () => {
		const json = {
			email: 'new@example.com',
			password: 'Passw0rd!',
			name: 'New',
			departmentIds: ['department-0002'],
		};
		const created = await call('/v2/users', { json });
		expect(created.json).toMatchObject({ email: 'new@example.com', status: 'NORMAL' });
		expect(created.text).not.toContain(json.password);
		expectAlimailError(await call('/v2/users', { json }), 400, '1001');
		const path = `/v2/users/${encoded('new@example.com')}`;
		expect((await call(`${path}/mailFolders`)).status).toBe(200);
		await call(path, { method: 'PATCH', json: { status: 'FREEZE' } });
		expect((await call(path)).json.status).toBe('FREEZE');
		expect((await call(`${path}/resetPassword`, { json: { password: 'x' } })).status).toBe(200);
		expect((await call(path, { method: 'DELETE' })).status).toBe(200);
		expectAlimailError(await call(path), 404);
	});

	it('take what go-alimail writes: texts for booleans, empty texts, no departments', async () => {
		const json = {
			email: 'new@example.com',
			password: 'Passw0rd!',
			name: 'New',
			nickname: '',
			departmentIds: null,
			employeeType: '',
			status: '',
			isHidden: 'true',
			forceChangePasswordNextSignIn: 'false',
		};
		expect((await call('/v2/users', { json })).json).toMatchObject({
			departmentIds: [],
			employeeType: 'EMPLOYEE',
			status: 'NORMAL',
		});
		const path = `/v2/users/${encoded('new@example.com')}`;
		const change = { isHidden: 'false', departmentIds: null, status: '', nickname: 'N' };
		expect((await call(path, { method: 'PATCH', json: change })).status).toBe(200);
		const { json: user } = await call(`${path}?$select=isHidden,nickname,status,departmentIds`);
		expect(user).toMatchObject({
			isHidden: false,
			nickname: 'N',
			status: 'NORMAL',
			departmentIds: [],
		});
		expectAlimailError(await call(path, { method: 'PATCH', json: { isHidden: 'no' } }), 400);
		const noDepartments = { ...json, email: 'other@example.com', departmentIds: undefined };
		expectAlimailError(await call('/v2/users', { json: noDepartments }), 400, '1001');
	});

	it('get and lose aliases', async () => {
		const path = `${ALICE}/emailAliases`;
		await call(path, { json: { alias: 'ceo@example.com', asDefault: false } });
		expect((await call('/v2/users/ceo@example.com')).json.name).toBe('Alice Martin');
		await call(path, { method: 'DELETE', json: { alias: 'ceo@example.com' } });
		expectAlimailError(await call('/v2/users/ceo@example.com'), 404);
	});
});
