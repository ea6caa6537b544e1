import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { credentialOf } from '../support/n8nApi.mts';
import { describeN8n } from './support/describeN8n.mts';

const api = createServer((request, response) => {
	const isAuthenticated = request.headers['x-key'] === 'right';
	response.writeHead(isAuthenticated ? 200 : 401, { 'content-type': 'application/json' });
	response.end(JSON.stringify({ hello: 'world' }));
});
let baseUrl: string;

beforeAll(async () => {
	await once(api.listen(0, '127.0.0.1'), 'listening');
	baseUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});
afterAll(() => void api.close());

describeN8n(
	'a hand-written package beside ours',
	(n8n) => {
		test('runs a node with a credential', async () => {
			const credential = await n8n.createCredential('fixtureApi', { baseUrl, key: 'right' });
			const { body } = await n8n.runWorkflow([
				{
					name: 'Fixture',
					type: 'n8n-nodes-fixture.fixture',
					credentials: credentialOf(credential),
				},
			]);

			expect(body).toEqual([{ hello: 'world' }]);
		});

		test('tests a credential as it is stored, and with edits that are not saved', async () => {
			const { id } = await n8n.createCredential('fixtureApi', { baseUrl, key: 'right' });

			expect(await n8n.testCredential(id)).toMatchObject({ status: 'OK' });
			expect(await n8n.testCredential(id, { key: 'wrong' })).toMatchObject({ status: 'Error' });
			expect(await n8n.testCredential(id)).toMatchObject({ status: 'OK' });
		});
	},
	{ withoutPackage: true, fixtures: [join(import.meta.dirname, 'fixtures', 'n8n-nodes-fixture')] },
);
