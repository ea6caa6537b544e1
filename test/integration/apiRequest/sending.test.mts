import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { apiRequest, jsonRequest, simulated } from '../../support/simulated.mts';

const USER = '/v2/users/alice@example.com';
const DRAFTS = '/v2/users/alice@example.com/messages';

/** An answer to whatever is sent, so that only the request matters. */
const anything = { status: 200, body: { ok: true }, times: Infinity };

const pairs = (...entries: Array<[string, unknown]>) => ({
	parameters: entries.map(([name, value]) => ({ name, value })),
});

describe('the address of a request', () => {
	it('is filled with path parameters, percent-encoded', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({
			parameters: apiRequest('GET', '/v2/users/{email}/messages/{id}', {
				pathParameters: pairs(['email', 'alice@example.com'], ['id', 'Dzz$---.aB/..']),
			}),
		});
		expect(simulator.requests.at(-1)?.path).toBe(
			'/v2/users/alice%40example.com/messages/Dzz%24---.aB%2F..',
		);
	});

	it('carries query parameters: repeated names, empty values, and what a URL cannot hold as it is', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({
			parameters: apiRequest('GET', `${USER}?kept=1`, {
				sendQuery: true,
				specifyQuery: 'keypair',
				queryParameters: pairs(
					['a', '1'],
					['a', '2'],
					['empty', ''],
					['$select', 'id,a b&c=d+e#中'],
				),
			}),
		});
		expect(simulator.apiRequests[0]?.query).toEqual({
			kept: '1',
			a: ['1', '2'],
			empty: '',
			$select: 'id,a b&c=d+e#中',
		});
		expect(simulator.apiRequests[0]?.url).not.toContain('+');
	});

	it('takes its query parameters as JSON too', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({
			parameters: apiRequest('GET', USER, {
				sendQuery: true,
				specifyQuery: 'json',
				jsonQuery: '{"size": 5, "managed": true, "id": ["x", "y"], "none": null}',
			}),
		});
		expect(simulator.apiRequests[0]?.query).toEqual({
			size: '5',
			managed: 'true',
			id: ['x', 'y'],
			none: '',
		});
	});
});

describe('the headers of a request', () => {
	it('are sent, and the credential signs it', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({
			parameters: apiRequest('GET', USER, {
				sendHeaders: true,
				specifyHeaders: 'keypair',
				headerParameters: pairs(['X-Trace', 'a'], ['accept', 'application/xml']),
			}),
		});
		const [request] = simulator.apiRequests;
		expect(request?.headers).toMatchObject({ 'x-trace': 'a', accept: 'application/xml' });
		expect(request?.authorization).toBe(`bearer ${alimail.credentials.stored.accessToken}`);
	});

	it.each([
		['Authorization', 'Bearer x', 'Headers'],
		[' aUTHORIZATION ', 'x', 'Headers'],
		['Host', 'evil.example', 'Headers'],
		['Content-Length', '5', 'Headers'],
		['X-Injected', 'a\r\nAuthorization: x', 'Headers'],
		['X Y', 'a', 'Headers'],
		['X:Y', 'a', 'Headers'],
		['X-Name', { a: 1 }, 'Headers'],
		['X-Name', null, 'Headers'],
	])('cannot be %j: %j', async (name, value, parameter) => {
		const { simulator, alimail } = await simulated();
		const { error } = await alimail.run({
			parameters: apiRequest('GET', USER, {
				sendHeaders: true,
				specifyHeaders: 'json',
				jsonHeaders: JSON.stringify({ [name]: value }),
			}),
		});
		expect(error).toMatchObject({
			message: expect.stringContaining(`'${parameter}'`),
			context: { itemIndex: 0 },
		});
		expect(simulator.requests).toHaveLength(0);
	});
});

describe('the body of a request', () => {
	const send = async (parameters: object, item: object = { json: {} }) => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: DRAFTS, ...anything });
		const { error } = await alimail.run({
			parameters: apiRequest('POST', DRAFTS, { sendBody: true, ...parameters }),
			items: [item as never],
		});
		expect(error).toBeUndefined();
		return simulator.apiRequests[0]!;
	};

	it('is JSON from fields', async () => {
		const request = await send({
			contentType: 'json',
			specifyBody: 'keypair',
			bodyParameters: pairs(['name', '研发'], ['parentId', '$root'], ['__proto__', 'x']),
		});
		expect(request.headers['content-type']).toBe('application/json');
		expect(request.bodyText).toBe('{"name":"研发","parentId":"$root","__proto__":"x"}');
	});

	it.each(['{"a": [1, {"b": null}]}', '[1,2]', '"text"', '0', 'null'])(
		'is JSON as it was written: %s',
		async (jsonBody) => {
			const request = await send({ contentType: 'json', specifyBody: 'json', jsonBody });
			expect(JSON.parse(request.bodyText)).toEqual(JSON.parse(jsonBody));
		},
	);

	it('is a form', async () => {
		const request = await send({
			contentType: 'form-urlencoded',
			formParameters: pairs(['a', 'x y&='], ['a', '中'], ['b', '']),
		});
		expect(request.headers['content-type']).toContain('application/x-www-form-urlencoded');
		expect([...new URLSearchParams(request.bodyText)]).toEqual([
			['a', 'x y&='],
			['a', '中'],
			['b', ''],
		]);
	});

	it('is text of any kind', async () => {
		const request = await send({
			contentType: 'raw',
			rawContentType: 'application/xml',
			rawBody: '<a>中</a>',
		});
		expect(request.headers['content-type']).toBe('application/xml');
		expect(request.bodyText).toBe('<a>中</a>');
	});

	it('may have a content type of its own', async () => {
		const request = await send({
			contentType: 'json',
			specifyBody: 'json',
			jsonBody: '{}',
			sendHeaders: true,
			specifyHeaders: 'keypair',
			headerParameters: pairs(['Content-Type', 'application/merge-patch+json']),
		});
		expect(request.headers['content-type']).toBe('application/merge-patch+json');
	});
});

describe('a request with a file', () => {
	const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 251));

	it.each(['in memory', 'stored'])('sends it as it is when it is %s', async (place) => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: DRAFTS, ...anything });
		const data =
			place === 'stored'
				? await alimail.store(bytes, 'a.bin', 'application/x-thing')
				: { data: bytes.toString('base64'), mimeType: 'application/x-thing', fileName: 'a.bin' };
		await alimail.run({
			parameters: apiRequest('PUT', DRAFTS, {
				sendBody: true,
				contentType: 'binaryData',
				inputDataFieldName: 'data',
			}),
			items: [{ json: {}, binary: { data } }],
		});
		const [request] = simulator.apiRequests;
		expect(request).toMatchObject({
			bodySize: bytes.length,
			headers: { 'content-type': 'application/x-thing', 'content-length': String(bytes.length) },
		});
		expect(request?.bodySha256).toBe(createHash('sha256').update(bytes).digest('hex'));
	});

	it.each(['in memory', 'stored'])('sends it in a form when it is %s', async (place) => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: DRAFTS, ...anything });
		const data =
			place === 'stored'
				? await alimail.store(Buffer.from('hello'), '发票".txt', 'text/plain')
				: {
						data: Buffer.from('hello').toString('base64'),
						mimeType: 'text/plain',
						fileName: '发票".txt',
					};
		await alimail.run({
			parameters: apiRequest('POST', DRAFTS, {
				sendBody: true,
				contentType: 'multipart-form-data',
				multipartParameters: {
					parameters: [
						{ parameterType: 'formData', name: 'note', value: 'x\ny' },
						{ parameterType: 'formBinaryData', name: 'file', inputDataFieldName: 'data' },
					],
				},
			}),
			items: [{ json: {}, binary: { data } }],
		});
		const [request] = simulator.apiRequests;
		const form = await new Response(request!.bodyText, {
			headers: { 'content-type': request!.headers['content-type']! },
		}).formData();
		expect(form.get('note')).toBe('x\r\ny');
		const file = form.get('file') as File;
		expect(await file.text()).toBe('hello');
		expect(file.type).toBe('text/plain');
		expect(request?.bodyText).toContain('发票');
		expect(request?.headers['content-length']).toBe(String(request?.bodySize));
	});

	it('sends it again from the start after the token was revoked, and after 429', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: apiRequest('GET', USER) });
		simulator.revokeTokens();
		simulator.clearRequests();
		simulator.fault({ path: DRAFTS, status: 429, retryAfter: 0 });
		const data = await alimail.store(bytes, 'a.bin', 'application/octet-stream');
		await alimail.run({
			parameters: apiRequest('POST', DRAFTS, {
				sendBody: true,
				contentType: 'binaryData',
				inputDataFieldName: 'data',
			}),
			items: [{ json: {}, binary: { data } }],
		});
		const uploads = simulator.apiRequests.filter(({ path }) => path === DRAFTS);
		expect(uploads.length).toBeGreaterThanOrEqual(3);
		expect(uploads.at(-1)).toMatchObject({ bodySize: bytes.length });
	});
});

describe('a parameter that cannot be used', () => {
	it.each<[string, object]>([
		['Path', apiRequest('GET', '={{ "" }}')],
		['Path', apiRequest('GET', 'https://evil.example/v2')],
		['Path', apiRequest('GET', '/v2/{a}')],
		['Path Parameters', apiRequest('GET', '/v2', { pathParameters: pairs(['a', '1']) })],
		[
			'Path Parameters',
			apiRequest('GET', '/v2/{a}', { pathParameters: pairs(['a', '1'], ['a', '2']) }),
		],
		['Method', apiRequest('CONNECT', USER)],
		[
			'JSON Query',
			apiRequest('GET', USER, { sendQuery: true, specifyQuery: 'json', jsonQuery: '{a' }),
		],
		[
			'JSON Query',
			apiRequest('GET', USER, { sendQuery: true, specifyQuery: 'json', jsonQuery: '[1]' }),
		],
		[
			'JSON Body',
			apiRequest('POST', USER, {
				sendBody: true,
				contentType: 'json',
				specifyBody: 'json',
				jsonBody: '{',
			}),
		],
		['Timeout', apiRequest('GET', USER, { options: { timeout: -1 } })],
		['Maximum Retries', apiRequest('GET', USER, { options: { maxRetries: 'many' } })],
		['Limit', apiRequest('GET', USER, { pagination: 'cursor', limit: 0 })],
		[
			'data',
			apiRequest('POST', USER, {
				sendBody: true,
				contentType: 'binaryData',
				inputDataFieldName: 'data',
			}),
		],
	])("names '%s' and the item before anything is sent", async (name, parameters) => {
		const { simulator, alimail } = await simulated();
		const { error } = await alimail.run({ parameters: parameters as never });
		expect(error?.message).toContain(name);
		expect(error?.context.itemIndex).toBe(0);
		expect(simulator.requests).toHaveLength(0);
	});
});

describe('a name and its value', () => {
	const query = (...entries: Array<[unknown, unknown]>) => ({
		sendQuery: true,
		specifyQuery: 'keypair',
		queryParameters: pairs(...(entries as Array<[string, unknown]>)),
	});

	it('may have a number for a name, as text', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: DRAFTS, ...anything });
		const { error } = await alimail.run({
			parameters: apiRequest('POST', `=${DRAFTS}`, {
				...query(['={{ 7 }}', 'seven'], ['={{ 0 }}', 'zero']),
				sendBody: true,
				contentType: 'json',
				specifyBody: 'keypair',
				bodyParameters: pairs(['={{ 2026 }}', 'year']),
			}),
		});
		expect(error).toBeUndefined();
		expect(simulator.apiRequests[0]?.query).toEqual({ 7: 'seven', 0: 'zero' });
		expect(simulator.apiRequests[0]?.body).toEqual({ 2026: 'year' });
	});

	it.each(['={{ null }}', '={{ undefined }}', '={{ $json.missing }}'])(
		'are sent with empty text where an expression finds no value: %s',
		async (nothing) => {
			const { simulator, alimail } = await simulated();
			simulator.fault({ path: DRAFTS, ...anything });
			for (const body of [
				{ contentType: 'form-urlencoded', formParameters: pairs(['a', nothing]) },
				{
					contentType: 'multipart-form-data',
					multipartParameters: {
						parameters: [{ parameterType: 'formData', name: 'a', value: nothing }],
					},
				},
				{ contentType: 'raw', rawContentType: nothing, rawBody: nothing },
			]) {
				const { error } = await alimail.run({
					parameters: apiRequest('POST', DRAFTS, {
						...query(['a', nothing]),
						sendBody: true,
						...body,
					}),
				});
				expect(error).toBeUndefined();
			}
			const { apiRequests } = simulator;
			expect(apiRequests.map((request) => request.query)).toEqual([
				{ a: '' },
				{ a: '' },
				{ a: '' },
			]);
			const [form, parts, raw] = apiRequests.map(({ bodyText }) => bodyText);
			expect(form).toBe('a=');
			expect(parts).toMatch(/name="a"\r\n\r\n\r\n--/);
			expect(raw).toBe('');
		},
	);

	it('are passed over where both are empty', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({
			parameters: apiRequest('GET', USER, query([' ', ''], ['={{ null }}', '={{ undefined }}'])),
		});
		expect(simulator.apiRequests[0]?.query).toEqual({});
	});

	const multipart = (...parameters: object[]) => ({
		sendBody: true,
		contentType: 'multipart-form-data',
		multipartParameters: { parameters },
	});

	it.each<[string, object, string]>([
		['GET', query(['', 'x']), "'Query Parameters' has a value without a name"],
		[
			'GET',
			query(['={{ undefined }}', '={{ 0 }}']),
			"'Query Parameters' has a value without a name",
		],
		['GET', query(['={{ true }}', 'x']), "'Query Parameters' has a name that is not text"],
		['GET', query(['={{ [1] }}', '']), "'Query Parameters' has a name that is not text"],
		[
			'GET',
			{ pathParameters: pairs(['a', '={{ $json.missing }}']) },
			"'Path Parameters' has no value for 'a'",
		],
		[
			'GET',
			{
				sendHeaders: true,
				specifyHeaders: 'keypair',
				headerParameters: pairs(['X-Trace', '={{ $json.missing }}']),
			},
			"'Headers' has no value for 'X-Trace'",
		],
		[
			'POST',
			multipart({ parameterType: 'formBinaryData', name: '', inputDataFieldName: 'data' }),
			"'Form Parts' has a value without a name",
		],
		['GET', query(['a', '={{ [1] }}']), "'Query Parameters' must be text or a number for 'a'"],
		[
			'POST',
			{ sendBody: true, contentType: 'raw', rawBody: '={{ ({}) }}' },
			"'Body' must be text or a number",
		],
	])('cannot be so: %s %j', async (method, parameters, message) => {
		const { simulator, alimail } = await simulated();
		const { error } = await alimail.run({
			parameters: apiRequest(method, USER, parameters as never),
		});
		expect(error?.message).toBe(message);
		expect(error?.context.itemIndex).toBe(0);
		expect(simulator.requests).toEqual([]);
	});
});

describe('many items', () => {
	it('keep their order and their pairing, however long each takes', async () => {
		const { simulator, alimail } = await simulated({ rateLimit: Infinity });
		for (let index = 0; index < 10; index++) {
			simulator.fault({
				path: `/v2/item/${index}`,
				delayMs: (10 - index) * 15,
				status: 200,
				body: { index },
			});
		}
		const { items } = await alimail.run({
			parameters: apiRequest('GET', '=/v2/item/{{ $json.index }}', {
				options: { requestsPerSecond: 0 },
			}),
			items: Array.from({ length: 10 }, (_, index) => ({ index })),
		});
		expect(items.map(({ json, pairedItem }) => [json.index, pairedItem])).toEqual(
			Array.from({ length: 10 }, (_, index) => [index, { item: index }]),
		);
	});

	it('each have a result or an error of their own when the node continues on fail', async () => {
		const { alimail } = await simulated();
		const { items } = await alimail.run({
			parameters: apiRequest('GET', '=/v2/users/{{ $json.user }}'),
			items: [{ user: 'alice@example.com' }, { user: 'nobody@example.com' }, { user: '..' }],
			onError: 'continueRegularOutput',
		});
		expect(items.map(({ json }) => json)).toMatchObject([
			{ email: 'alice@example.com' },
			{ error: expect.stringContaining('404'), details: { statusCode: 404 } },
			{ error: expect.stringContaining("'Path'") },
		]);
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual([
			{ item: 0 },
			{ item: 1 },
			{ item: 2 },
		]);
	});

	it('that fail go to the error output when there is one', async () => {
		const { alimail } = await simulated();
		const { outputs } = await alimail.run({
			parameters: apiRequest('GET', '=/v2/users/{{ $json.user }}'),
			items: [{ user: 'nobody@example.com' }, { user: 'alice@example.com' }],
			onError: 'continueErrorOutput',
		});
		expect(outputs[0]).toMatchObject([{ json: { email: 'alice@example.com' } }]);
		expect(outputs[1]).toMatchObject([
			{ json: { error: expect.stringContaining('404'), details: { statusCode: 404 } } },
		]);
	});

	it('stop at the first failure, which is reported with its index', async () => {
		const { simulator, alimail } = await simulated();
		const { error } = await alimail.run({
			parameters: apiRequest('GET', '=/v2/users/{{ $json.user }}', {
				options: { batching: { batch: { batchSize: 1, batchInterval: 0 } } },
			}),
			items: [
				{ user: 'alice@example.com' },
				{ user: 'nobody@example.com' },
				{ user: 'bob@example.com' },
			],
		});
		expect(error).toMatchObject({ httpCode: '404', context: { itemIndex: 1 } });
		expect(simulator.apiRequests).toHaveLength(2);
	});

	it('are handled so many at a time as Batching says', async () => {
		const { simulator, alimail } = await simulated({ rateLimit: Infinity, latencyMs: 60 });
		await alimail.run({
			parameters: apiRequest('GET', USER, {
				options: { batching: { batch: { batchSize: 3, batchInterval: 0 } }, requestsPerSecond: 0 },
			}),
			items: Array.from({ length: 9 }, () => ({})),
		});
		const starts = simulator.apiRequests.map(({ at }) => at);
		for (let index = 3; index < 9; index++) {
			expect(starts[index]! - starts[index - 3]!).toBeGreaterThanOrEqual(50);
		}
	});
});

describe('a request whose execution is cancelled', () => {
	it('is aborted while it waits for the answer', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: apiRequest('GET', USER) });
		simulator.clearRequests();
		simulator.fault({ path: USER, delayMs: 25_000 });
		const controller = new AbortController();
		const running = alimail.run({ parameters: apiRequest('GET', USER), signal: controller.signal });
		await expect.poll(() => simulator.apiRequests.length).toBe(1);
		controller.abort();
		const { json } = await running;
		expect(json).toEqual([]);
		// It ended before the server answered, and nothing was sent after it.
		expect(simulator.apiRequests.map(({ status }) => status)).toEqual([undefined]);
	});
});

describe('a body for JSON that is large', () => {
	it('arrives whole', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: DRAFTS, ...anything });
		const text = '邮'.repeat(300_000);
		await alimail.run({ parameters: jsonRequest('POST', DRAFTS, { text }) });
		expect(simulator.apiRequests[0]?.bodySize).toBe(Buffer.byteLength(JSON.stringify({ text })));
	});
});
