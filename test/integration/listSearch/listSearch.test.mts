import type { INodeListSearchResult, INodeParameters } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { Alimail } from '../../../nodes/Alimail/Alimail.node.ts';
import type { NodeRunner } from '../../support/nodeRunner.mts';
import { byAddress } from '../../support/operations.mts';
import { simulated } from '../../support/simulated.mts';

type Method = keyof Alimail['methods']['listSearch'];

/** What the editor does when a list is opened, or when someone types into it. */
async function search(
	alimail: NodeRunner,
	method: Method,
	{ filter, token, parameters = {} }: Search = {},
): Promise<INodeListSearchResult> {
	const context = alimail.loadOptionsContext(parameters);
	return await new Alimail().methods.listSearch[method].call(context, filter, token);
}

interface Search {
	filter?: string;
	token?: string;
	parameters?: INodeParameters;
}

const names = ({ results }: INodeListSearchResult) => results.map(({ name }) => name);
const values = ({ results }: INodeListSearchResult) => results.map(({ value }) => value);

describe('the lists that parameters name', () => {
	it('exist', () => {
		const { description, methods } = new Alimail();
		const named = [
			...JSON.stringify(description.properties).matchAll(/"searchListMethod":"(\w+)"/g),
		].map(([, name]) => name);
		expect(new Set(named)).toEqual(new Set(Object.keys(methods.listSearch)));
	});
});

describe('someone who chooses a user or a mailbox', () => {
	it('sees names and addresses; a mailbox is its address, a user an ID', async () => {
		const { simulator, alimail } = await simulated();
		const users = await search(alimail, 'searchUsers');
		expect(users.results[0]).toEqual({
			name: 'Alice Martin (alice@example.com)',
			value: 'user-0001',
		});
		const mailboxes = await search(alimail, 'searchMailboxes');
		expect(names(mailboxes)).toEqual(names(users));
		expect(values(mailboxes)[0]).toBe('alice@example.com');
		expect(mailboxes.paginationToken).toBeUndefined();
		expect(simulator.apiRequests[0]?.query).toEqual({ size: '100' });
	});

	it.each([
		['FISCH', ['bob@example.com']],
		['wang', ['wang.fang@example.com']],
		['伟', ['zhang.wei@example.com']],
		['*', []],
		['x)(email=*', []],
		['a\\', []],
	])('finds by name or address, whatever a star stands for: %s', async (filter, expected) => {
		for (const filterStar of ['anyText', 'contains'] as const) {
			const { alimail } = await simulated({ filterStar });
			expect(values(await search(alimail, 'searchMailboxes', { filter }))).toEqual(expected);
		}
	});

	it('gets the next page when the list is scrolled, and the search text stays', async () => {
		const { simulator, alimail } = await simulated();
		for (let i = 0; i < 250; i++) {
			simulator.state.addUser({ email: `u${i}@example.com`, name: `Robot`, departmentIds: [] });
		}
		const seen: unknown[] = [];
		let token: string | undefined;
		for (let page = 0; page < 3; page++) {
			const found = await search(alimail, 'searchUsers', { filter: 'robot', token });
			seen.push(...values(found));
			token = found.paginationToken as string | undefined;
			expect(token === undefined).toBe(page === 2);
		}
		expect(new Set(seen).size).toBe(250);
		expect(seen).toHaveLength(250);
	});

	it('comes to an end although the server names the same page again', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({
			path: '/v2/users',
			body: { users: [], nextCursor: 'c', hasMore: true },
			times: 2,
		});
		expect((await search(alimail, 'searchUsers')).paginationToken).toBe('c');
		expect((await search(alimail, 'searchUsers', { token: 'c' })).paginationToken).toBeUndefined();
	});

	it('sees no entry for what cannot be chosen', async () => {
		const { simulator, alimail } = await simulated();
		const users = [{ id: 'u1' }, { name: 'No One' }, null, { email: 'a@example.com' }];
		simulator.fault({ path: '/v2/users', body: { users }, times: 2 });
		expect(values(await search(alimail, 'searchMailboxes'))).toEqual(['a@example.com']);
		expect(values(await search(alimail, 'searchUsers'))).toEqual(['u1', 'a@example.com']);
	});

	it.each([
		['searchMailboxes', "Choose 'By Address'"],
		['searchUsers', "Choose 'By Address' or 'By ID'"],
	] as const)(
		'learns from %s which permission is missing, and what works without',
		async (method, advice) => {
			const { alimail } = await simulated({ permissions: ['Mail.ReadWrite.All'] });
			const failing = search(alimail, method);
			await expect(failing).rejects.toMatchObject({ httpCode: '403' });
			await expect(failing).rejects.toThrow(/User\.Read\.All/);
			await expect(failing).rejects.toThrow(advice);
		},
	);
});

describe('someone who chooses a folder', () => {
	const parameters = { mailbox: byAddress('alice@example.com') };

	it('sees the folders that every mailbox has, then all others with their paths', async () => {
		const { simulator, alimail } = await simulated();
		simulator.state.addFolder(simulator.state.mailbox('alice@example.com'), {
			displayName: 'Later',
			parentFolderId: '2',
		});
		expect((await search(alimail, 'searchFolders', { parameters })).results).toEqual([
			{ name: 'Inbox', value: '2' },
			{ name: 'Sent Items', value: '1' },
			{ name: 'Drafts', value: '5' },
			{ name: 'Deleted Items', value: '6' },
			{ name: 'Junk', value: '3' },
			{ name: 'Inbox/Later', value: '106' },
			{ name: '项目 Projects', value: '104' },
			{ name: '项目 Projects/Archive/2024 & older', value: '105' },
		]);
	});

	it('finds by a part of the path', async () => {
		const { alimail } = await simulated({ folderListKey: 'value', numberShape: 'string' });
		const found = await search(alimail, 'searchFolders', { filter: ' PROJ', parameters });
		expect(values(found)).toEqual(['104', '105']);
	});

	it.each([undefined, { __rl: true, mode: 'list', value: '' }, null, '={{ $json.mailbox }}'])(
		'sees what every mailbox has while the mailbox is %j',
		async (mailbox) => {
			const { simulator, alimail } = await simulated();
			const found = await search(alimail, 'searchFolders', {
				parameters: { mailbox } as INodeParameters,
			});
			expect(values(found)).toEqual(['2', '1', '5', '6', '3']);
			expect(simulator.requests).toEqual([]);
		},
	);

	it('learns which permission is missing, and what works without', async () => {
		const { alimail } = await simulated({ permissions: ['User.Read.All'] });
		await expect(search(alimail, 'searchFolders', { parameters })).rejects.toThrow(
			/may not list folders.*Mail\.Read\.All.*Choose 'By ID'/,
		);
	});

	it('learns that there is no such mailbox', async () => {
		const { alimail } = await simulated();
		await expect(
			search(alimail, 'searchFolders', {
				parameters: { mailbox: byAddress('nobody@example.com') },
			}),
		).rejects.toMatchObject({ httpCode: '404' });
	});
});

describe('someone who chooses a department', () => {
	it('sees the uppermost one, then all others with their paths', async () => {
		const { alimail } = await simulated();
		const found = await search(alimail, 'searchDepartments');
		expect(found.results[0]).toEqual({ name: '示例公司 Example Ltd', value: 'department-0001' });
		expect(found.results).toContainEqual({
			name: '技术部 Engineering/平台组 Platform',
			value: 'department-0004',
		});
		expect(found.results).toHaveLength(5);
		expect(values(await search(alimail, 'searchDepartments', { filter: 'sales' }))).toEqual([
			'department-0003',
		]);
	});

	it('learns that the application may not read departments', async () => {
		const { alimail } = await simulated({ permissions: ['User.Read.All'] });
		await expect(search(alimail, 'searchDepartments')).rejects.toThrow(
			/may not list departments.*Choose 'By ID'/,
		);
	});
});
