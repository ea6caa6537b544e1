import { describe, expect, it } from 'vitest';
import { attempt, fromExpressions, succeed } from '../../support/operations.mts';
import { simulated } from '../../support/simulated.mts';

describe('someone who reads the shared contacts', () => {
	it('gets those of the uppermost folder, in short or in full', async () => {
		const { simulator, alimail } = await simulated();
		const [short, ...others] = await succeed(alimail, 'sharedContact', 'getAll');
		expect(others).toEqual([]);
		expect(short).toEqual({
			id: 'contact-0004',
			name: '前台',
			email: 'reception@example.com',
			phone: '',
			workPhone: '',
			companyName: '示例公司',
			jobTitle: '',
			info: '',
			folderId: 'contact-folder-0001',
			folderPath: ['公共联系人'],
			modifiedTime: expect.any(String),
		});
		const [full] = await succeed(alimail, 'sharedContact', 'getAll', { simplify: false });
		expect(full).toMatchObject({ ...short, isHidden: false, homeAddress: '' });
		expect(simulator.apiRequests[0]).toMatchObject({
			path: '/v2/sharedContactFolders/%24root/contacts',
			query: {
				offset: '0',
				limit: '100',
				$select:
					'id,name,email,phone,workPhone,companyName,jobTitle,info,folderId,folderPath,modifiedTime',
			},
		});
	});

	it.each(['number', 'string'] as const)(
		'gets those of all folders below as well (counters sent as %s)',
		async (numberShape) => {
			const { simulator, alimail } = await simulated({ numberShape });
			const contacts = await succeed(alimail, 'sharedContact', 'getAll', {
				returnAll: true,
				includeSubfolders: true,
			});
			expect(contacts.map(({ name }) => name)).toEqual([
				'前台',
				'杭州物流有限公司',
				'Dana Suppliers',
				'Erik Customer',
			]);
			// Contacts of three folders, and the subfolders of the one that has any.
			expect(simulator.apiRequests).toHaveLength(4);
		},
	);

	it.each([
		[100, 1],
		[101, 2],
		[200, 2],
		[250, 3],
	])('gets %i of 301 with %i requests', async (limit, requests) => {
		const { simulator, alimail } = await simulated();
		const pattern = simulator.state.sharedContacts.get('contact-0004')!;
		for (let i = 0; i < 300; i++) {
			simulator.state.sharedContacts.set(`more-${i}`, { ...pattern, id: `more-${i}` });
		}
		const contacts = await succeed(alimail, 'sharedContact', 'getAll', {
			returnAll: false,
			limit,
			includeSubfolders: true,
		});
		expect(new Set(contacts.map(({ id }) => id)).size).toBe(limit);
		expect(simulator.apiRequests).toHaveLength(requests);
	});

	it('gets no more than wanted from the folders below', async () => {
		const { alimail } = await simulated();
		const parameters = { returnAll: false, limit: 2, includeSubfolders: true };
		expect(await succeed(alimail, 'sharedContact', 'getAll', parameters)).toHaveLength(2);
	});

	it('is told when the application may not', async () => {
		const { alimail } = await simulated({ permissions: ['Mail.Read.All'] });
		const { error } = await attempt(alimail, 'sharedContact', 'getAll');
		expect(error).toMatchObject({ httpCode: '403' });
	});

	it.each(['..', ''])(
		'learns before anything is sent that there is no folder %j',
		async (folderId) => {
			const { simulator, alimail } = await simulated();
			const { error } = await attempt(
				alimail,
				'sharedContact',
				'getAll',
				fromExpressions({ folderId }),
			);
			expect(error?.message).toMatch(/^'Folder ID' is /);
			expect(simulator.requests).toEqual([]);
		},
	);
});
