import { describe, expect, it } from 'vitest';
import { call, expectAlimailError, useSimulator } from '../../support/simulatorClient.mts';

useSimulator();

describe('organization, departments and shared contacts', () => {
	it('reads and changes the organization', async () => {
		const path = '/v2/organization/$current';
		await call(path, { method: 'PATCH', json: { telephone: '1' } });
		expect((await call(path)).json).toMatchObject({ telephone: '1', domain: 'example.com' });
	});

	it('walks departments from $root', async () => {
		const root = (await call('/v2/departments/$root')).json;
		expect(Object.keys(root)).not.toContain('userCount');
		const children = (await call('/v2/departments/$root/departments?offset=1&limit=1')).json;
		expect(children).toMatchObject({ departments: [{ parentId: root.id }], total: 3 });
		const path = `/v2/departments/${children.departments[0]?.id}`;
		expect((await call(`${path}/users?limit=2`)).json).toMatchObject({
			users: [{ name: '李娜' }, { name: 'Bob Fischer' }],
			total: 3,
		});
		expect((await call(`${path}?$select=userCount`)).json).toMatchObject({ userCount: 3 });
		expect((await call('/v2/departments/%24root')).json.id).toBe(root.id);
	});

	it('creates, renames and deletes a department', async () => {
		const json = { name: 'New', parentId: 'department-0001' };
		const { id } = (await call('/v2/departments', { json })).json;
		await call(`/v2/departments/${id}`, { method: 'PATCH', json: { name: 'Other' } });
		expect((await call(`/v2/departments/${id}`)).json.name).toBe('Other');
		await call(`/v2/departments/${id}`, { method: 'DELETE' });
		expectAlimailError(await call(`/v2/departments/${id}`), 404);
	});

	it('puts a department below the root, and leaves it where it is, if the parent is empty', async () => {
		const root = (await call('/v2/departments/$root')).json.id;
		const json = { name: 'New', parentId: '', isHidden: 'true' };
		const { id } = (await call('/v2/departments', { json })).json;
		expect((await call(`/v2/departments/${id}?$select=parentId,isHidden`)).json).toEqual({
			id,
			parentId: root,
			isHidden: true,
		});
		const moved = { parentId: 'department-0002' };
		await call(`/v2/departments/${id}`, { method: 'PATCH', json: moved });
		await call(`/v2/departments/${id}`, { method: 'PATCH', json });
		expect((await call(`/v2/departments/${id}`)).json).toMatchObject(moved);
	});

	it('reads shared contacts by folder', async () => {
		const base = '/v2/sharedContactFolders';
		const { folders, total } = (await call(`${base}/$root/childFolders`)).json;
		expect(total).toBe(2);
		const path = `${base}/${folders[0]?.id}/contacts?limit=1`;
		const { contacts, total: all } = (await call(path)).json;
		expect(all).toBe(2);
		expect(contacts.map((contact) => Object.keys(contact))).toEqual([['id', 'name', 'email']]);
		const selected = (await call(`${path}&$select=folderId,workPhone,folderPath`)).json.contacts;
		expect(selected).toEqual([
			{
				id: contacts[0]?.id,
				folderId: folders[0]?.id,
				workPhone: expect.any(String),
				folderPath: expect.any(Array),
			},
		]);
	});
});
