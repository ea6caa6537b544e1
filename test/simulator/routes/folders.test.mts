import { describe, expect, it } from 'vitest';
import {
	ALICE,
	call,
	expectAlimailError,
	simulator,
	useSimulator,
} from '../../support/simulatorClient.mts';

useSimulator();

describe('mail folders', () => {
	const path = `${ALICE}/mailFolders`;

	it('lists the top level, and the children of a folder', async () => {
		const { folders } = (await call(path)).json;
		expect(folders.map(({ id }) => id)).toEqual(['1', '2', '3', '5', '6', '104']);
		expect(folders.at(-1)).toMatchObject({ parentFolderId: '0', childFolderCount: 1 });
		const children = (await call(`${path}?folderId=104`)).json.folders;
		expect(children).toMatchObject([{ id: '105', parentFolderId: '104' }]);
	});

	it('uses the key value when set so', async () => {
		simulator.settings.folderListKey = 'value';
		expect(Object.keys((await call(path)).json)).toEqual(['value']);
	});

	it('are created, renamed and deleted; their mail goes to folder 6', async () => {
		const created = await call(path, { json: { displayName: 'New', folderId: '104' } });
		const { id } = created.json.folder;
		await call(`${path}/${id}`, { method: 'PATCH', json: { displayName: 'Renamed' } });
		const children = (await call(`${path}?folderId=104`)).json.folders;
		expect(children.at(-1)).toMatchObject({ id, displayName: 'Renamed' });
		const message = simulator.state.addMessage('alice@example.com', { folderId: id });
		expect((await call(`${path}/${id}`, { method: 'DELETE' })).status).toBe(200);
		expect(message.folderId).toBe('6');
		expectAlimailError(await call(`${path}/${id}/messages`), 404);
	});

	it('of the system stay', async () => {
		expectAlimailError(await call(`${path}/2`, { method: 'DELETE' }), 400, '1001');
	});
});
