import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileUrl } from '../../nodes/Alimail/transport/url.ts';
import { fromList } from '../support/operations.mts';
import { apiRequest } from '../support/simulated.mts';
import {
	AT_ONCE,
	addressPieces,
	trickyAddresses,
	underAttack,
	type Scene,
} from './support/underAttack.mts';

const ALICE = 'alice@example.com';

let scene: Scene;
let hosts: { own: string; evil: string };

beforeEach(async () => {
	scene = await underAttack();
	hosts = { own: new URL(scene.simulator.url).host, evil: new URL(scene.evil.url).host };
});

/** Where an answer may lead: what can stand in a header. */
const locations = () =>
	[
		...trickyAddresses(hosts),
		`http://user:password@${hosts.evil}/x`,
		`http://user:password@${hosts.own}/x`,
		'x',
		'?x',
		'',
		'..',
		'//',
		'http://',
		'/%',
	].filter((location) => /^[\t\x20-\x7e\x80-\xff]*$/.test(location));

const get = apiRequest('GET', '/v2/users', { options: AT_ONCE });

describe('a redirect', () => {
	it('takes the token nowhere, whatever it names', async () => {
		for (const redirect of locations()) {
			scene.simulator.clearFaults();
			scene.simulator.fault({ path: '/v2/users', redirect });
			await scene.alimail.run({ parameters: get });
		}
		scene.expectTokenAtHome();
	});

	it('takes the token nowhere, put together at random', async () => {
		const location = fc
			.array(fc.constantFrom(...addressPieces(hosts)), { minLength: 1, maxLength: 6 })
			.map((pieces) => pieces.join('').replace(/[^\t\x20-\x7e]/g, ''));
		await fc.assert(
			fc.asyncProperty(location, async (redirect) => {
				scene.simulator.clearFaults();
				scene.simulator.fault({ path: '/v2/users', redirect });
				await scene.alimail.run({ parameters: get });
				scene.expectTokenAtHome();
			}),
			{ numRuns: 60 },
		);
	});

	it.each([301, 302, 303, 307, 308])(
		'with status %i takes no header along to another server',
		async (status) => {
			const { simulator, evil, alimail } = scene;
			simulator.fault({ path: '/v2/users', redirect: `${evil.url}/x`, status });
			const { error } = await alimail.run({
				parameters: apiRequest('GET', '/v2/users', {
					options: AT_ONCE,
					sendHeaders: true,
					specifyHeaders: 'json',
					jsonHeaders: '{"X-Secret":"x","Cookie":"session=1"}',
				}),
			});
			expect(error).toBeUndefined();
			expect(evil.received).toHaveLength(1);
			expect(evil.received[0]?.headers).not.toHaveProperty('x-secret');
			expect(evil.received[0]?.headers).not.toHaveProperty('cookie');
			scene.expectTokenAtHome();
		},
	);

	it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('of a %s is not followed at all', async (method) => {
		const { simulator, evil, alimail } = scene;
		for (const redirect of [`${evil.url}/x`, '/v2/domains']) {
			simulator.fault({ path: '/v2/users', redirect, status: 307 });
			const { error } = await alimail.run({
				parameters: apiRequest(method, '/v2/users', { options: AT_ONCE }),
			});
			expect(error).toMatchObject({ httpCode: '307' });
		}
		expect(evil.received).toEqual([]);
		expect(simulator.apiRequests.map(({ path }) => path)).toEqual(['/v2/users', '/v2/users']);
	});

	it('that leads away and back comes back without the token', async () => {
		const { simulator, evil, alimail } = scene;
		simulator.fault({ path: '/v2/users', redirect: '/v2/domains' });
		simulator.fault({ path: '/v2/domains', redirect: `${evil.url}/x` });
		evil.answer((response) => {
			response.writeHead(302, { location: `${simulator.url}/v2/users/${ALICE}` }).end();
		});
		const { error } = await alimail.run({ parameters: get });
		expect(error).toMatchObject({ httpCode: '401' });
		expect(evil.received).toHaveLength(1);
		expect(simulator.apiRequests.map(({ authorization }) => authorization !== undefined)).toEqual([
			true,
			true,
			false,
		]);
		expect(simulator.tokenRequests).toEqual([]);
		scene.expectTokenAtHome();
	});

	it('to a subdomain or to another port goes without the token', async () => {
		const { port } = new URL(scene.simulator.url);
		scene.alimail.credentials.stored.baseUrl = `http://localhost:${port}`;
		const home = `http://localhost:${port}`;
		await scene.alimail.run({ parameters: get });
		scene.expectTokenAtHome(home);
		for (const redirect of [
			`http://sub.localhost:${port}/x`,
			`https://localhost:${port}/x`,
			`http://127.0.0.1:${port}/v2/users`,
			`${scene.evil.url}/x`,
		]) {
			scene.simulator.fault({ path: '/v2/users', redirect });
			await scene.alimail.run({ parameters: get });
		}
		scene.expectTokenAtHome(home);
	});

	it('that never ends is given up', async () => {
		const { simulator, alimail } = scene;
		simulator.fault({ path: '/v2/users', redirect: '/v2/users', times: Infinity });
		const { error } = await alimail.run({ parameters: get });
		expect(error).toMatchObject({ httpCode: '302' });
		expect(simulator.apiRequests.length).toBeLessThanOrEqual(11);
	});
});

describe('the address of a download in an answer', () => {
	const download = async (answer: object) => {
		const { simulator, alimail } = scene;
		simulator.clearFaults();
		const message = simulator.state.addMessage(ALICE, {
			attachments: [{ name: 'a.pdf', content: 'x'.repeat(100), contentType: 'application/pdf' }],
		});
		simulator.fault({ path: /\$value|%24value/, ...answer });
		return await alimail.run({
			parameters: {
				resource: 'attachment',
				operation: 'download',
				mailbox: fromList(ALICE),
				messageId: message.id,
				attachmentId: message.attachments[0]!.id,
				binaryPropertyName: 'data',
			} as never,
		});
	};

	it('is asked without the token and without other headers of the API', async () => {
		const { evil } = scene;
		evil.answer((response) => response.end('content'));
		for (const answer of [
			{ body: { location: `${evil.url}/file` } },
			{ redirect: `${evil.url}/file` },
			{ body: { location: `//${hosts.evil}/file` } },
		]) {
			const { error } = await download(answer);
			expect(error).toBeUndefined();
		}
		expect(evil.received).toHaveLength(3);
		for (const { headers } of evil.received) {
			expect(Object.keys(headers).sort()).toEqual(
				expect.not.arrayContaining(['authorization', 'cookie']),
			);
		}
		scene.expectTokenAtHome();
	});

	it('takes the token nowhere, whatever it is', async () => {
		for (const location of locations()) await download({ body: { location } });
		scene.expectTokenAtHome();
	});

	it.each([
		'javascript:alert(1)',
		'file:///etc/passwd',
		'data:text/plain,x',
		'ftp://127.0.0.1/x',
		'blob:http://127.0.0.1/x',
		'http://user:password@127.0.0.1:9/x',
		'',
		7,
		{ href: '/x' },
		['http://127.0.0.1:9/'],
	])('is refused if it is %j', async (location) => {
		const { error } = await download({ body: { location, detailErrorCode: 'x' } });
		expect(error?.message).toMatch(/no usable address/);
	});

	it('may not lead from an encrypted API to a server that is not', () => {
		const api = 'https://alimail-cn.aliyuncs.com';
		expect(fileUrl('http://files.example/x', api)).toBeUndefined();
		expect(fileUrl('//files.example/x', api)?.href).toBe('https://files.example/x');
		expect(fileUrl('https://files.example/x', api)?.href).toBe('https://files.example/x');
		expect(fileUrl('/v2/stream/x', api)?.href).toBe(`${api}/v2/stream/x`);
		for (const named of [
			'https://a@files.example/',
			'https://:b@files.example/',
			undefined,
			null,
			7,
		]) {
			expect(fileUrl(named, api)).toBeUndefined();
		}
	});
});

describe('the address of an upload in an answer', () => {
	const attach = async (uploadUrl: unknown) => {
		const { simulator, alimail } = scene;
		simulator.clearFaults();
		simulator.fault({ path: /createUploadSession$/, body: { uploadUrl } });
		return await alimail.run({
			parameters: {
				resource: 'message',
				operation: 'send',
				mailbox: fromList(ALICE),
				to: 'bob@example.com',
				subject: 'x',
				emailFormat: 'text',
				text: 'x',
				options: { attachments: 'data' },
			} as never,
			items: [
				{ json: {}, binary: { data: { data: 'eA==', mimeType: 'text/plain', fileName: 'a' } } },
			],
		});
	};

	it('gets the file without the token when it is on another server', async () => {
		const { evil } = scene;
		for (const uploadUrl of [`${evil.url}/up`, `//${hosts.evil}/up`]) {
			const { error } = await attach(uploadUrl);
			expect(error).toBeUndefined();
		}
		expect(evil.received.map(({ body }) => body)).toEqual(['x', 'x']);
		scene.expectTokenAtHome();
	});

	it('takes the token nowhere, whatever it is', async () => {
		for (const uploadUrl of locations()) await attach(uploadUrl);
		scene.expectTokenAtHome();
	});

	it('is not followed to where that server redirects', async () => {
		const { evil, simulator } = scene;
		evil.answer((response) => response.writeHead(307, { location: `${simulator.url}/x` }).end());
		const { error } = await attach(`${evil.url}/up`);
		expect(error?.message).toContain('nothing was sent');
		expect(simulator.apiRequests.filter(({ path }) => path === '/x')).toEqual([]);
	});

	it.each([
		'javascript:alert(1)',
		'file:///etc/passwd',
		'data:,x',
		'ftp://a/x',
		'http://u:p@a/',
		'',
		7,
		null,
		{},
	])('is refused if it is %j, and nothing is sent', async (uploadUrl) => {
		const { error } = await attach(uploadUrl);
		expect(error?.message).toMatch(/no usable address/);
		const paths = scene.simulator.apiRequests.map(({ path }) => path);
		expect(paths.some((path) => /\/send$|\/stream\//.test(path))).toBe(false);
	});
});
