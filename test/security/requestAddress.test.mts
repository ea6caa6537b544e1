import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byId, fromList } from '../support/operations.mts';
import {
	AT_ONCE,
	addressPieces,
	trickyAddresses,
	underAttack,
	type Scene,
} from './support/underAttack.mts';

const hostsOf = ({ simulator, evil }: Scene) => ({
	own: new URL(simulator.url).host,
	evil: new URL(evil.url).host,
});

const REQUEST = { resource: 'apiRequest', operation: 'send', options: AT_ONCE };

describe('a path that means another server', () => {
	const request = { ...REQUEST, method: 'GET', path: '={{ $json.path }}' };

	it('takes the token nowhere, whatever the trick', async () => {
		const scene = await underAttack();
		const paths = trickyAddresses(hostsOf(scene));
		const { items } = await scene.runItems(
			request,
			paths.map((path) => ({ path })),
		);
		scene.expectTokenAtHome();
		expect(scene.evil.received).toEqual([]);
		expect(new Set(items.map(({ pairedItem }) => JSON.stringify(pairedItem))).size).toBe(
			paths.length,
		);
	});

	it.each([
		'//evil.example/x',
		'http://evil.example/x',
		'/\\evil.example',
		'http://a@evil.example',
	])('%s is refused with a message that names the parameter, and nothing is sent', async (path) => {
		const { alimail, simulator } = await underAttack();
		const { error } = await alimail.run({ parameters: { ...request, path } as never });
		expect(error?.message).toMatch(/^'Path' /);
		expect(simulator.requests).toEqual([]);
	});

	it.each([
		'/v2/../oauth2/v2.0/token',
		'/v2/users/..',
		'/v2/./users',
		'/v2/%2e%2e/users',
		'/v2/.%2E/users?x',
		'/..',
		'http://127.0.0.1:1/../x',
	])('%s is refused, because it leads to another path than it says', async (path) => {
		const { alimail, simulator } = await underAttack();
		const { error } = await alimail.run({ parameters: { ...request, path } as never });
		expect(error?.message).toMatch(/^'Path' /);
		expect(simulator.requests).toEqual([]);
	});

	it('takes the token nowhere when it is put together at random', async () => {
		const scene = await underAttack();
		const piece = fc.oneof(
			fc.constantFrom(...addressPieces(hostsOf(scene))),
			fc.string({ unit: 'binary', maxLength: 3 }),
		);
		const path = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(''));
		await fc.assert(
			fc.asyncProperty(fc.array(path, { minLength: 40, maxLength: 60 }), async (paths) => {
				await scene.runItems(
					request,
					paths.map((one) => ({ path: one })),
				);
				scene.expectTokenAtHome();
				expect(scene.evil.received).toEqual([]);
			}),
			{ numRuns: 12 },
		);
	});
});

const hostileText = (scene: Scene) =>
	fc.oneof(
		fc.constantFrom(
			...trickyAddresses(hostsOf(scene)),
			'.',
			'..',
			'%2e%2e',
			'..%2f',
			'{x}',
			'\ud800',
		),
		fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
		fc
			.array(fc.constantFrom(...addressPieces(hostsOf(scene))), { minLength: 1, maxLength: 6 })
			.map((pieces) => pieces.join('')),
	);

describe('a value for a place in a path', () => {
	const cases: Array<[string, Record<string, unknown>, RegExp]> = [
		[
			'a path parameter of API Request',
			{
				...REQUEST,
				method: 'GET',
				path: '/v2/users/{id}/mailFolders',
				pathParameters: { parameters: [{ name: 'id', value: '={{ $json.value }}' }] },
			},
			/^\/v2\/users\/([^/?#]*)\/mailFolders$/,
		],
		[
			'a message ID',
			{
				resource: 'message',
				operation: 'get',
				mailbox: fromList('alice@example.com'),
				messageId: '={{ $json.value }}',
			},
			/^\/v2\/users\/alice%40example\.com\/messages\/([^/?#]*)$/,
		],
		[
			'a folder ID',
			{
				resource: 'folder',
				operation: 'delete',
				mailbox: fromList('alice@example.com'),
				folder: byId('={{ $json.value }}'),
			},
			/^\/v2\/users\/alice%40example\.com\/mailFolders\/([^/?#]*)$/,
		],
		[
			'a department ID',
			{ resource: 'department', operation: 'delete', department: byId('={{ $json.value }}') },
			/^\/v2\/departments\/([^/?#]*)$/,
		],
		[
			'a user ID',
			{ resource: 'user', operation: 'delete', user: byId('={{ $json.value }}') },
			/^\/v2\/users\/([^/?#]*)$/,
		],
	];

	it.each(cases)('fills one segment and no more: %s', async (_what, parameters, expected) => {
		const scene = await underAttack();
		let arrived = 0;
		await fc.assert(
			fc.asyncProperty(
				fc.array(hostileText(scene), { minLength: 15, maxLength: 20 }),
				async (values) => {
					scene.simulator.clearRequests();
					await scene.runItems(
						parameters,
						values.map((value) => ({ value })),
					);
					scene.expectTokenAtHome();
					const wanted = new Set(values.flatMap((value) => [value, value.trim()]));
					arrived += scene.simulator.apiRequests.length;
					for (const { path } of scene.simulator.apiRequests) {
						expect(path).toMatch(expected);
						const segment = decodeURIComponent(expected.exec(path)![1]!);
						expect(wanted).toContain(segment);
						expect(['', '.', '..']).not.toContain(segment);
					}
				},
			),
			{ numRuns: 4, examples: [[['.', '..', '%2e%2e', '../x', 'a/../b', ' .. ', '\t', '?', '#']]] },
		);
		expect(arrived).toBeGreaterThan(10);
	});
});

describe('query parameters', () => {
	it('arrive as they were given and add nothing else', async () => {
		const scene = await underAttack();
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.tuple(hostileText(scene), hostileText(scene)), {
					minLength: 15,
					maxLength: 20,
				}),
				async (pairs) => {
					scene.simulator.clearRequests();
					const usable = pairs.filter(([name]) => name.trim() !== '');
					await scene.runItems(
						{
							...REQUEST,
							method: 'GET',
							path: '/v2/users?index={index}',
							pathParameters: { parameters: [{ name: 'index', value: '={{ $json.index }}' }] },
							sendQuery: true,
							specifyQuery: 'keypair',
							queryParameters: {
								parameters: [{ name: '={{ $json.name }}', value: '={{ $json.value }}' }],
							},
						},
						usable.map(([name, value], index) => ({ index, name, value })),
					);
					scene.expectTokenAtHome();
					expect(scene.simulator.apiRequests).toHaveLength(usable.length);
					for (const { url } of scene.simulator.apiRequests) {
						const [index, given, ...rest] = new URL(url, scene.simulator.url).searchParams;
						const [name, value] = usable[Number(index?.[1])]!;
						expect(rest).toEqual([]);
						expect(given).toEqual([name.trim().toWellFormed(), value.toWellFormed()]);
					}
				},
			),
			{ numRuns: 5 },
		);
	});
});

describe('headers', () => {
	const OWN_HEADERS = [
		'accept',
		'accept-encoding',
		'authorization',
		'connection',
		'host',
		'user-agent',
	];
	const run = async (scene: Scene, headers: Array<[string, string]>) =>
		await scene.runItems(
			{
				...REQUEST,
				method: 'GET',
				path: '/v2/users',
				sendHeaders: true,
				specifyHeaders: 'keypair',
				headerParameters: {
					parameters: [{ name: '={{ $json.name }}', value: '={{ $json.value }}' }],
				},
			},
			headers.map(([name, value]) => ({ name, value })),
		);

	it('cannot bring others with them', async () => {
		const scene = await underAttack();
		const text = fc.oneof(
			hostileText(scene),
			fc.constantFrom(
				'x\r\nX-Evil: 1',
				'x\nX-Evil: 1',
				'x\rX-Evil: 1',
				'x\u2028X-Evil: 1',
				'x\u560a\u560dX-Evil: 1',
				'x\0',
				'\r\n\r\nGET /evil HTTP/1.1',
			),
		);
		const name = fc.oneof(text, fc.constantFrom('X-Test', '__proto__', 'constructor', 'x test'));
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.tuple(name, text), { minLength: 20, maxLength: 30 }),
				async (headers) => {
					scene.simulator.clearRequests();
					await run(scene, headers);
					scene.expectTokenAtHome();
					const given = new Set(headers.map(([one]) => one.trim().toLowerCase()));
					for (const { rawHeaders, path } of scene.simulator.apiRequests) {
						expect(path).toBe('/v2/users');
						const names = rawHeaders.filter((_, index) => index % 2 === 0);
						const added = names
							.map((one) => one.toLowerCase())
							.filter((one) => !OWN_HEADERS.includes(one));
						expect(added.length).toBeLessThanOrEqual(1);
						for (const one of added) expect(given).toContain(one);
					}
				},
			),
			{ numRuns: 6 },
		);
	});

	it.each([
		'Authorization',
		'AUTHORIZATION',
		' authorization ',
		'Host',
		'Content-Length',
		'Transfer-Encoding',
		'Connection',
	])('%s is refused', async (name) => {
		const scene = await underAttack();
		const { json } = await run(scene, [[name, 'x']]);
		expect(json[0]?.error).toContain("'Headers' cannot set");
		expect(scene.simulator.requests).toEqual([]);
	});
});

describe('files', () => {
	it.each([
		'x"; filename="y',
		'x\r\nX-Evil: 1\r\n\r\nbody',
		'../../etc/passwd',
		'x\u2028y',
		'"\r\n--boundary--\r\n',
	])('do not break out of their part of a form by name, field or type: %j', async (trick) => {
		const scene = await underAttack();
		const { alimail, simulator } = scene;
		const binary = {
			data: Buffer.from('content').toString('base64'),
			mimeType: trick,
			fileName: trick,
		};
		await alimail.run({
			parameters: {
				...REQUEST,
				method: 'POST',
				path: '/v2/anything',
				sendBody: true,
				contentType: 'multipart-form-data',
				multipartParameters: {
					parameters: [
						{ parameterType: 'formBinaryData', name: 'file', inputDataFieldName: 'data' },
						{ parameterType: 'formData', name: '={{ $json.trick }}', value: '={{ $json.trick }}' },
					],
				},
			} as never,
			items: [{ json: { trick }, binary: { data: binary } }],
			onError: 'continueRegularOutput',
		});
		scene.expectTokenAtHome();
		for (const { headers, bodyText } of simulator.apiRequests) {
			const boundary = /boundary=(\S+)/.exec(String(headers['content-type']))![1]!;
			const [before, ...parts] = bodyText.split(`--${boundary}`);
			expect(before).toBe('');
			expect(parts.pop()?.trim()).toBe('--');
			expect(parts).toHaveLength(2);
			const names = parts.map((part) =>
				part
					.slice(2, part.indexOf('\r\n\r\n'))
					.split(/\r\n|\r|\n/)
					.map((line) => line.split(':')[0]),
			);
			expect(names[0]).toEqual(['Content-Disposition', 'Content-Type']);
			expect(names[1]).toEqual(['Content-Disposition']);
		}
	});

	it.each(['../../etc/passwd', 'a/b\\c', 'x\r\ny', '\0', '..', 'nul', '=cmd', 'a\u202egpj.exe'])(
		'named %j are attached under a name without folders or control characters',
		async (fileName) => {
			const scene = await underAttack();
			const { error } = await scene.alimail.run({
				parameters: {
					resource: 'message',
					operation: 'send',
					mailbox: fromList('alice@example.com'),
					to: 'bob@example.com',
					subject: 'x',
					emailFormat: 'text',
					text: 'x',
					options: { attachments: 'data' },
				} as never,
				items: [{ json: {}, binary: { data: { data: 'eA==', mimeType: 'x\r\ny: z', fileName } } }],
			});
			expect(error).toBeUndefined();
			scene.expectTokenAtHome();
			const opened = scene.simulator.apiRequests.find(({ path }) => path.endsWith('UploadSession'));
			const { attachment } = opened?.body as { attachment: { name: string; extHeaders: object } };
			// eslint-disable-next-line no-control-regex
			expect(attachment.name).toMatch(/^[^/\\\x00-\x1f\x7f]+$/);
			expect(['.', '..']).not.toContain(attachment.name);
			expect(JSON.stringify(attachment.extHeaders)).not.toMatch(/\\[rn]/);
		},
	);
});

describe('JSON that is out for the prototype', () => {
	it('is sent as it is and changes nothing here', async () => {
		const scene = await underAttack();
		const hostile =
			'{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"query":"x"}';
		const base = { ...REQUEST, path: '/v2/users/alice@example.com/messages/query' };
		await scene.runItems(
			{
				...base,
				method: 'POST',
				sendBody: true,
				contentType: 'json',
				specifyBody: 'json',
				jsonBody: hostile,
				pagination: 'cursor',
				cursorLocation: 'body',
				sendQuery: true,
				specifyQuery: 'json',
				jsonQuery: '{"__proto__":"a","constructor":"b"}',
				sendHeaders: true,
				specifyHeaders: 'json',
				jsonHeaders: '{"__proto__":"a","constructor":"b"}',
			},
			[{}],
		);
		const [request] = scene.simulator.apiRequests;
		expect(request?.bodyText).toContain('"__proto__":{"polluted":1}');
		expect({}).not.toHaveProperty('polluted');
		expect(Object.getPrototypeOf({})).toBe(Object.prototype);
	});
});
