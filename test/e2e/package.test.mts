import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { INodeProperties, INodeTypeDescription, ICredentialType } from 'n8n-workflow';
import { expect, inject, test } from 'vitest';
import { outputOf } from '../support/execution.mts';
import { filesIn, installedManifest, repackAs } from '../support/packageTarball.mts';
import type { Simulator } from '../simulator/index.mts';
import { describeN8n } from './support/describeN8n.mts';
import {
	alimailCredential,
	apiRequestNode,
	getTokenNode,
	httpRequestNode,
	jsonBody,
	NODE,
	simulated,
	USER,
} from './support/alimail.mts';

const PACKAGE = 'n8n-nodes-alimail';
const TOKEN = '/oauth2/v2.0/token';

/** A busy machine takes its time to start n8n. */
const RESTART_TIMEOUT_MS = 300_000;

describeN8n(
	'the packed package',
	(n8n) => {
		const tarball = inject('tarball')!;

		async function nodeTypes() {
			const { body } = await n8n.restRaw('GET', '/types/nodes.json');
			return (body as INodeTypeDescription[]).filter(({ name }) => name.startsWith(PACKAGE));
		}
		async function credentialTypes() {
			const { body } = await n8n.restRaw('GET', '/types/credentials.json');
			return (body as Array<ICredentialType & { supportedNodes?: string[] }>).filter(
				({ name }) => name === 'alimailApi',
			);
		}

		test('holds what n8n needs, and nothing else', async () => {
			const files = await filesIn(tarball);
			expect(files).toEqual(
				expect.arrayContaining([
					'package.json',
					'LICENSE.md',
					'dist/credentials/AlimailApi.credentials.js',
					'dist/nodes/Alimail/Alimail.node.js',
					'dist/nodes/Alimail/Alimail.node.json',
					'dist/icons/alimail.svg',
					'dist/icons/alimail.dark.svg',
				]),
			);
			const expected =
				/^(package\.json|[A-Z]+(\.[\w-]+)?\.md|dist\/.*\.(js|js\.map|d\.ts|json|svg|png))$/;
			expect(files.filter((path) => !expected.test(path))).toEqual([]);
			expect(files.filter((path) => /test|simulator|tsbuildinfo/i.test(path))).toEqual([]);
		});

		test('asks for no other package', async () => {
			const manifest = await installedManifest(n8n.userFolder, PACKAGE);
			expect(manifest.dependencies ?? {}).toEqual({});
			expect(await readdir(join(n8n.userFolder, '.n8n', 'nodes', 'node_modules'))).toEqual([
				PACKAGE,
			]);
		});

		test('is loaded without a complaint', () => {
			expect(n8n.logs).not.toMatch(/error.*alimail|alimail.*(error|failed|could not)/i);
		});

		test('offers its node, as a tool too, and its credential', async () => {
			const types = await nodeTypes();
			expect(types.map(({ name }) => name)).toEqual(
				expect.arrayContaining([`${PACKAGE}.alimail`, `${PACKAGE}.alimailTool`]),
			);
			const [credential] = await credentialTypes();
			expect(credential).toMatchObject({
				displayName: 'Alimail API',
				supportedNodes: expect.arrayContaining([`${PACKAGE}.alimail`]),
			});
		});

		test('has icons for light and dark, which n8n serves', async () => {
			const [node] = await nodeTypes();
			const [credential] = await credentialTypes();
			for (const { iconUrl } of [node!, credential!]) {
				expect(iconUrl).toMatchObject({ light: expect.any(String), dark: expect.any(String) });
				const { light, dark } = iconUrl as { light: string; dark: string };
				expect(light).not.toBe(dark);
				for (const path of [light, dark]) {
					const { status, headers, body } = await n8n.restRaw('GET', `/${path}`);
					expect(status).toBe(200);
					expect(headers.get('content-type')).toContain('image/svg');
					expect(body).toContain('<svg');
				}
			}
		});

		test('is found under its other names', async () => {
			const node = (await nodeTypes()).find(({ name }) => name === `${PACKAGE}.alimail`);
			expect(node?.codex).toMatchObject({
				categories: ['Communication'],
				alias: expect.arrayContaining(['阿里邮箱', 'alibaba mail']),
			});
		});

		test('keeps the token away from AI agents', async () => {
			const types = await nodeTypes();
			for (const name of [`${PACKAGE}.alimail`, `${PACKAGE}.alimailTool`]) {
				const { properties } = types.find((type) => type.name === name)!;
				expect(optionOf(properties, 'resource', 'token')).toMatchObject({
					displayOptions: { hide: { '@tool': [true] } },
				});
				expect(optionOf(properties, 'resource', 'apiRequest')).not.toHaveProperty('displayOptions');
			}
		});

		test(
			'uses its credentials and tokens on after an upgrade',
			{ timeout: RESTART_TIMEOUT_MS },
			async () => {
				const simulator = await simulated();
				const credential = await alimailCredential(n8n, simulator);
				const workflow = await n8n.deploy([apiRequestNode(credential, { path: USER })]);
				expect((await workflow.run()).status).toBe(200);

				const { version } = await installedManifest(n8n.userFolder, PACKAGE);
				await n8n.upgrade(await repackAs(`9${version}`, tarball));
				expect(await installedManifest(n8n.userFolder, PACKAGE)).toMatchObject({
					version: `9${version}`,
				});

				expect((await workflow.run()).body).toMatchObject([{ email: 'alice@example.com' }]);
				expect(await n8n.testCredential(credential.id)).toMatchObject({ status: 'OK' });
				const [before, after] = simulator.apiRequests;
				expect(after!.authorization).toBe(before!.authorization);
			},
		);

		test('gives the stored token to nobody who reads the credential', async () => {
			const simulator = await simulated();
			const credential = await alimailCredential(n8n, simulator);
			await n8n.runWorkflow([apiRequestNode(credential, { path: USER })]);
			const token = tokenOf(simulator);
			for (const path of [
				`/rest/credentials/${credential.id}?includeData=true`,
				`/rest/credentials/${credential.id}`,
				'/rest/credentials?includeData=true',
				'/rest/credentials',
			]) {
				const { status, body } = await n8n.restRaw('GET', path);
				expect(status).toBe(200);
				expect(JSON.stringify(body)).toContain(credential.name);
				expect(JSON.stringify(body)).not.toContain(token);
				expect(JSON.stringify(body)).not.toContain(simulator.clientSecret);
			}
		});

		test(
			'leaves neither secret nor token in clear text, whatever goes wrong',
			{ timeout: RESTART_TIMEOUT_MS },
			async () => {
				const clientSecret = 'a-secret-that-is-easy-to-find';
				const simulator = await simulated({}, { clientSecret });
				const credential = await alimailCredential(n8n, simulator);
				const requests = (url: string, parameters = {}) => [
					apiRequestNode(credential, { path: url, ...parameters }),
					httpRequestNode(n8n, credential, { url: simulator.url + url, ...parameters }),
				];
				const draft = { method: 'POST', ...jsonBody({ message: { subject: 'once' } }) };
				const nodes = [
					...requests(USER),
					...requests('/v2/users/nobody@example.com'),
					...requests('/v2/users/alice@example.com/messages', draft),
					...requests('/v2/reset', draft),
					...requests('/v2/error', draft),
				];
				simulator.fault({ path: '/v2/reset', reset: 'before', times: 10 });
				simulator.fault({ path: '/v2/error', status: 500, times: 10 });
				const statuses: string[] = [];
				for (const node of nodes) statuses.push((await n8n.runWorkflow([node])).execution.status);
				expect(statuses).toEqual([
					...['success', 'success', 'error', 'error', 'success', 'success'],
					...['error', 'error', 'error', 'error'],
				]);
				await n8n.testCredential(credential.id);
				await n8n.testCredential(credential.id, { clientId: 'mistyped' });
				simulator.fault({ path: TOKEN, status: 500, body: 'html', times: 2 });
				await n8n.testCredential(credential.id, { clientId: 'mistyped' });

				// What is meant to stand in an execution shows that the search finds what is there.
				const other = await simulated();
				const otherCredential = await alimailCredential(n8n, other);
				const { execution } = await n8n.runWorkflow([getTokenNode(otherCredential)]);
				const shown = String(outputOf(execution, NODE)[0]!.json.access_token);

				await n8n.restart();
				const everything = n8n.logs + (await storedBy(n8n.userFolder));
				expect(everything).toContain(shown);
				expect(everything).not.toContain(clientSecret);
				const tokens = new Set(
					simulator.apiRequests.map(({ authorization = '' }) => authorization),
				);
				for (const token of tokens) expect(everything).not.toContain(token.split(' ')[1]);
				expect(tokens.size).toBe(1);
			},
		);
	},
	{ env: { N8N_LOG_LEVEL: 'debug' } },
);

function optionOf(properties: INodeProperties[], property: string, value: string) {
	const options = properties.find(({ name }) => name === property)?.options as
		| Array<{ value: string }>
		| undefined;
	return options?.find((option) => option.value === value);
}

function tokenOf({ apiRequests }: Simulator): string {
	return apiRequests[0]!.authorization!.split(' ')[1]!;
}

/** Everything that n8n keeps on disk, its database above all, besides the packages that are installed in it. */
async function storedBy(userFolder: string): Promise<string> {
	const root = join(userFolder, '.n8n');
	const entries = await readdir(root, { recursive: true, withFileTypes: true });
	const files = entries
		.filter((entry) => entry.isFile())
		.map(({ parentPath, name }) => join(parentPath, name))
		.filter((path) => !path.startsWith(join(root, 'nodes')));
	expect(files.map((path) => path.slice(root.length + 1))).toContain('database.sqlite');
	const contents = await Promise.all(files.map((path) => readFile(path, 'latin1')));
	return contents.join('\n');
}
