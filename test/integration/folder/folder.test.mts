import { describe, expect, it } from 'vitest';
import {
	attempt,
	byAddress,
	byId,
	fromExpressions,
	fromList,
	succeed,
} from '../../support/operations.mts';
import { simulated } from '../../support/simulated.mts';

const ALICE = 'alice@example.com';
const mailbox = byAddress(ALICE);
const FOLDERS = '/v2/users/alice%40example.com/mailFolders';

describe('someone who wants to know the folders of a mailbox', () => {
	it('gets the whole tree with paths, parents before their subfolders', async () => {
		const { simulator, alimail } = await simulated();
		simulator.state.addFolder(simulator.state.mailbox(ALICE), {
			displayName: 'Deep',
			parentFolderId: '105',
		});
		simulator.state.addFolder(simulator.state.mailbox(ALICE), {
			displayName: 'Projects',
			parentFolderId: '2',
		});
		const folders = await succeed(alimail, 'folder', 'getAll', { mailbox, returnAll: true });
		expect(folders.map(({ id, path }) => [id, path])).toEqual([
			['1', 'Sent Items'],
			['2', 'Inbox'],
			['3', 'Junk'],
			['5', 'Drafts'],
			['6', 'Deleted Items'],
			['104', '项目 Projects'],
			['107', 'Inbox/Projects'],
			['105', '项目 Projects/Archive/2024 & older'],
			['106', '项目 Projects/Archive/2024 & older/Deep'],
		]);
		expect(folders[1]).toMatchObject({
			displayName: 'inbox',
			parentFolderId: '0',
			childFolderCount: 1,
			totalItemCount: 25,
			unreadItemCount: 7,
		});
		// One request for the top level, and one for each folder that has others below.
		expect(simulator.apiRequests.map(({ query }) => query.folderId)).toEqual([
			undefined,
			'2',
			'104',
			'105',
		]);
	});

	it('gets the top level alone', async () => {
		const { simulator, alimail } = await simulated();
		const folders = await succeed(alimail, 'folder', 'getAll', {
			mailbox,
			returnAll: true,
			options: { includeSubfolders: false },
		});
		expect(folders).toHaveLength(6);
		expect(simulator.apiRequests).toHaveLength(1);
	});

	it('gets what is below one folder', async () => {
		const { alimail } = await simulated();
		const folders = await succeed(alimail, 'folder', 'getAll', {
			mailbox,
			returnAll: true,
			options: { parentFolder: byId('104') },
		});
		expect(folders.map(({ path }) => path)).toEqual(['Archive/2024 & older']);
	});

	it('gets as many as asked for, and no level is read that is not needed', async () => {
		const { simulator, alimail } = await simulated();
		expect(
			await succeed(alimail, 'folder', 'getAll', { mailbox, returnAll: false, limit: 6 }),
		).toHaveLength(6);
		expect(simulator.apiRequests).toHaveLength(1);
		expect(
			await succeed(alimail, 'folder', 'getAll', { mailbox, returnAll: false, limit: 2 }),
		).toHaveLength(2);
	});

	it.each([
		{ folderListKey: 'value' as const },
		{ numberShape: 'string' as const },
		{ folderListKey: 'value' as const, numberShape: 'string' as const },
	])('gets the same when the server says it otherwise: %j', async (settings) => {
		const usual = await simulated();
		const other = await simulated(settings);
		const parameters = { mailbox, returnAll: true };
		const folders = await succeed(other.alimail, 'folder', 'getAll', parameters);
		expect(folders).toEqual(await succeed(usual.alimail, 'folder', 'getAll', parameters));
		expect(folders.map(({ totalItemCount }) => typeof totalItemCount)).not.toContain('string');
		expect(other.simulator.apiRequests).toHaveLength(2);
	});

	it('comes to an end in a tree that leads back into itself', async () => {
		const { simulator, alimail } = await simulated();
		const folders = [
			{ id: 'a', displayName: 'A', childFolderCount: 1 },
			{ id: 'b', displayName: 'B' },
		];
		simulator.fault({ path: FOLDERS, body: { folders }, times: Infinity });
		const found = await succeed(alimail, 'folder', 'getAll', { mailbox, returnAll: true });
		expect(found.map(({ path }) => path)).toEqual(['A', 'B']);
		// B does not say whether it has subfolders, so it is asked.
		expect(simulator.apiRequests).toHaveLength(3);
	});

	it('is told so when the server answers something else', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: FOLDERS, body: { items: [{ id: '2' }], total: 1 } });
		const { error } = await attempt(alimail, 'folder', 'getAll', { mailbox, returnAll: true });
		expect(error?.message).toBe("Alimail answered without the list 'folders'");
		expect(error?.description).toBe('The answer has items, total instead.');
	});

	it('gets nothing from a mailbox that does not say what it holds', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: FOLDERS, body: {} });
		expect(await succeed(alimail, 'folder', 'getAll', { mailbox, returnAll: true })).toEqual([]);
	});

	it('learns that an answer came without anything in it', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: FOLDERS, body: 'empty' });
		const { error } = await attempt(alimail, 'folder', 'getAll', { mailbox, returnAll: true });
		expect(error?.message).toContain('with something other than JSON');
	});
});

describe('someone who keeps folders in order', () => {
	it.each(['wrapped', 'bare'] as const)(
		'makes a folder, one below it, renames and deletes it (answers %s)',
		async (messageShape) => {
			const { simulator, alimail } = await simulated({ messageShape });
			const [projects] = await succeed(alimail, 'folder', 'create', {
				mailbox,
				displayName: 'Projects',
			});
			expect(projects).toMatchObject({ displayName: 'Projects', parentFolderId: '0' });
			const [plans] = await succeed(alimail, 'folder', 'create', {
				mailbox,
				displayName: 'Plans',
				options: { parentFolder: fromList(String(projects?.id)) },
			});
			expect(plans).toMatchObject({ displayName: 'Plans', parentFolderId: projects?.id });
			expect(simulator.apiRequests.map(({ body }) => body)).toEqual([
				{ displayName: 'Projects' },
				{ displayName: 'Plans', folderId: projects?.id },
			]);

			const folder = byId(String(plans?.id));
			expect(
				await succeed(alimail, 'folder', 'rename', { mailbox, folder, displayName: '计划' }),
			).toMatchObject([{ id: plans?.id, displayName: '计划' }]);
			expect(simulator.apiRequests.at(-1)?.method).toBe('PATCH');

			expect(await succeed(alimail, 'folder', 'delete', { mailbox, folder })).toEqual([
				{ deleted: true, id: plans?.id },
			]);
			expect(simulator.state.mailbox(ALICE).folders.has(String(plans?.id))).toBe(false);
		},
	);

	it('gets what is known when the server answers nothing', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ method: 'POST', path: FOLDERS, body: 'empty' });
		simulator.fault({ method: 'PATCH', body: 'empty' });
		expect(
			await succeed(alimail, 'folder', 'create', { mailbox, displayName: 'Projects' }),
		).toEqual([{ displayName: 'Projects' }]);
		expect(
			await succeed(alimail, 'folder', 'rename', {
				mailbox,
				folder: byId('104'),
				displayName: 'Projects',
			}),
		).toEqual([{ id: '104', displayName: 'Projects' }]);
	});

	it.each(['1', '2', '3', '5', '6'])(
		'cannot delete or rename folder %s, which every mailbox has',
		async (id) => {
			const { simulator, alimail } = await simulated();
			for (const operation of ['delete', 'rename']) {
				const { error } = await attempt(alimail, 'folder', operation, {
					mailbox,
					folder: byId(id),
					displayName: 'Name',
				});
				expect(error?.message).toMatch(/^'Folder' is '.*', which every mailbox has\. It cannot be/);
			}
			expect(simulator.requests).toEqual([]);
		},
	);

	it.each(['0', '={{ 0 }}', '={{ " 0 " }}'])(
		'cannot take the whole mailbox for a folder: %j',
		async (id) => {
			const { simulator, alimail } = await simulated();
			const message = simulator.state.addMessage(ALICE);
			for (const [resource, operation, parameters] of [
				['folder', 'delete', { folder: byId(id) }],
				['folder', 'rename', { folder: byId(id), displayName: 'Name' }],
				['message', 'move', { messageId: message.id, destinationFolder: byId(id) }],
			] as const) {
				const { error } = await attempt(alimail, resource, operation, { mailbox, ...parameters });
				expect(error?.message).toMatch(/Folder' is 0, which stands for the whole mailbox/);
			}
			expect(simulator.requests).toEqual([]);
		},
	);
});

describe('someone who enters what is no folder', () => {
	it.each(['.', '..', '\ud800', '  '])('learns it before anything is sent: %j', async (id) => {
		const { simulator, alimail } = await simulated();
		for (const operation of ['rename', 'delete']) {
			const parameters = fromExpressions({ mailbox, folder: byId(id), displayName: 'Name' });
			const { error } = await attempt(alimail, 'folder', operation, parameters);
			expect(error?.message).toMatch(/^'Folder' is /);
			expect(error?.context.itemIndex).toBe(0);
		}
		expect(simulator.requests).toEqual([]);
	});

	it.each([
		['a/b', 'a%2Fb'],
		['../..', '..%2F..'],
		['$root', '%24root'],
		['104?x=1#y', '104%3Fx%3D1%23y'],
		['%2e%2e', '%252e%252e'],
		['104 5', '104%205'],
	])('reaches no other path than that of the folder: %s', async (id, encoded) => {
		const { simulator, alimail } = await simulated();
		const before = simulator.state.mailbox(ALICE).folders.size;
		const parameters = fromExpressions({ mailbox, folder: byId(id) });
		const { error } = await attempt(alimail, 'folder', 'delete', parameters);
		expect(error).toMatchObject({ httpCode: '404' });
		expect(simulator.apiRequests.map(({ url }) => url)).toEqual([`${FOLDERS}/${encoded}`]);
		expect(simulator.state.mailbox(ALICE).folders.size).toBe(before);
	});

	it.each(['getAll', 'create'])(
		'does not get the whole mailbox for a parent folder that is empty: %s',
		async (operation) => {
			const { simulator, alimail } = await simulated();
			for (const empty of ['={{ "" }}', '={{ null }}', '={{ $json.missing }}']) {
				const options = { parentFolder: byId(empty) };
				const parameters = { mailbox, options, displayName: 'Name' };
				const { error } = await attempt(alimail, 'folder', operation, parameters);
				expect(error?.message).toBe("'Parent Folder' is empty");
			}
			expect(simulator.requests).toEqual([]);
		},
	);

	it('learns that a name is missing', async () => {
		const { simulator, alimail } = await simulated();
		const parameters = fromExpressions({ mailbox, folder: byId('104'), displayName: ' ' });
		const create = await attempt(alimail, 'folder', 'create', parameters);
		expect(create.error?.message).toBe("'Name' is empty");
		const rename = await attempt(alimail, 'folder', 'rename', parameters);
		expect(rename.error?.message).toBe("'New Name' is empty");
		expect(simulator.requests).toEqual([]);
	});
});
