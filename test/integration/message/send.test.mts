import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Settings } from '../../simulator/index.mts';
import { calls, composed, file, mail, requestsTo } from '../../support/mail.mts';
import { simulated } from '../../support/simulated.mts';

const SEND = /\/send$/;
const hello = { to: 'bob@example.com', subject: 'Hello', html: '<p>Hello</p>' };
const withFile = {
	items: [{ json: {}, binary: { data: file('content', 'a.txt', 'text/plain') } }],
	parameters: mail('message', 'send', { ...hello, options: { attachments: 'data' } }),
};

describe('a message', () => {
	it('is made as a draft and sent', async () => {
		const { simulator, alimail } = await simulated();
		const { json, error } = await alimail.run({ parameters: mail('message', 'send', hello) });
		expect(error).toBeUndefined();
		expect(calls(simulator)).toEqual(['POST messages', 'POST send']);
		const [draftRequest, sendRequest] = simulator.apiRequests;
		expect(draftRequest?.body).toEqual({
			message: {
				subject: 'Hello',
				from: { email: 'alice@example.com' },
				toRecipients: [{ email: 'bob@example.com', name: '' }],
				ccRecipients: [],
				bccRecipients: [],
				body: { bodyHtml: '<p>Hello</p>' },
			},
		});
		expect(sendRequest?.body).toEqual({ saveToSentItems: true });
		expect(json).toEqual([
			{
				success: true,
				draftId: expect.stringMatching(/^Dz/),
				internetMessageId: expect.stringMatching(/^<.*>$/),
				mailbox: 'alice@example.com',
				subject: 'Hello',
				to: 'bob@example.com',
				cc: '',
				bcc: '',
				attachments: [],
				savedToSentItems: true,
			},
		]);
		expect(decodeURIComponent(sendRequest!.path)).toContain(String(json[0]?.draftId));
		expect(simulator.state.messagesIn('bob@example.com')[0]).toMatchObject({ subject: 'Hello' });
	});

	it.each<Partial<Settings>>([
		{ messageShape: 'bare' },
		{ emptyBodies: true },
		{ messageShape: 'bare', emptyBodies: true, numberShape: 'string' },
	])('is sent by a server with %o', async (settings) => {
		const { simulator, alimail } = await simulated(settings);
		const { json, error } = await alimail.run({ parameters: mail('message', 'send', hello) });
		expect(error).toBeUndefined();
		expect(json).toMatchObject([{ success: true }]);
		expect(simulator.state.messagesIn('bob@example.com')[0]).toMatchObject({ subject: 'Hello' });
	});

	it('carries everything that the user sets', async () => {
		const { simulator, alimail } = await simulated();
		const { error } = await alimail.run({
			parameters: mail('message', 'send', {
				to: '"Doe, Jane" <jane@example.org>; li.na@example.com',
				subject: ' Two\r\nlines ',
				emailFormat: 'both',
				text: ' text\n',
				html: '<p>html</p>',
				options: {
					cc: 'cc@example.org',
					bcc: ['bcc@example.org', 'other@example.org'],
					replyTo: { email: 'answers@example.org', name: 'Answers' },
					fromName: 'Alice 马丁',
					priority: 'PRY_HIGH',
					isReadReceiptRequested: true,
					saveToSentItems: false,
					tags: '1, 11',
					internetMessageHeaders: {
						headers: [
							{ name: 'X-Order-ID', value: 42 },
							{ name: 'X-Name', value: ' 订单 ' },
							{ name: '', value: '' },
						],
					},
				},
			}),
		});
		expect(error).toBeUndefined();
		expect(composed(simulator)).toEqual({
			subject: 'Two lines',
			from: { email: 'alice@example.com', name: 'Alice 马丁' },
			toRecipients: [
				{ email: 'jane@example.org', name: 'Doe, Jane' },
				{ email: 'li.na@example.com', name: '' },
			],
			ccRecipients: [{ email: 'cc@example.org', name: '' }],
			bccRecipients: [
				{ email: 'bcc@example.org', name: '' },
				{ email: 'other@example.org', name: '' },
			],
			replyTo: [{ email: 'answers@example.org', name: 'Answers' }],
			body: { bodyText: ' text\n', bodyHtml: '<p>html</p>' },
			priority: 'PRY_HIGH',
			isReadReceiptRequested: true,
			tags: ['1', '11'],
			internetMessageHeaders: { 'X-Order-ID': '42', 'X-Name': '订单' },
		});
		expect(requestsTo(simulator, '/send')[0]?.body).toEqual({ saveToSentItems: false });
	});

	it('may be text alone', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({
			parameters: mail('message', 'send', { ...hello, emailFormat: 'text', text: 'Hello' }),
		});
		expect(composed(simulator).body).toEqual({ bodyText: 'Hello' });
	});

	it('goes out once for each item, in their order', async () => {
		const { simulator, alimail } = await simulated();
		const { items } = await alimail.run({
			items: ['one', 'two', 'three'].map((subject) => ({ subject })),
			parameters: mail('message', 'send', { ...hello, subject: '={{ $json.subject }}' }),
		});
		expect(items.map(({ json, pairedItem }) => [json.subject, pairedItem])).toEqual([
			['one', { item: 0 }],
			['two', { item: 1 }],
			['three', { item: 2 }],
		]);
		expect(
			requestsTo(simulator, '/messages').map(
				({ body }) => (body as typeof body & { message: { subject: string } }).message.subject,
			),
		).toEqual(['one', 'two', 'three']);
	});
});

describe('files of a message', () => {
	it.each<Partial<Settings>>([{ uploadUrlShape: 'absolute' }, { uploadUrlShape: 'relative' }])(
		'are uploaded one by one before it is sent, with %o',
		async (settings) => {
			const { simulator, alimail } = await simulated(settings);
			const binary = {
				data: file('first', 'same name.txt', 'text/plain'),
				other: file('second', 'same name.txt', 'text/plain; charset=utf-8'),
				bare: file(Buffer.from([0, 255, 10])),
				nothing: file('', '空.txt'),
			};
			const { json, error } = await alimail.run({
				items: [{ json: {}, binary }],
				parameters: mail('message', 'send', {
					...hello,
					options: { attachments: 'data, other,bare\nnothing' },
				}),
			});
			expect(error).toBeUndefined();
			expect(json[0]?.attachments).toEqual(['same name.txt', 'same name.txt', 'bare', '空.txt']);
			expect(calls(simulator)).toEqual([
				'POST messages',
				...Array.from({ length: 4 }, () => ['POST createUploadSession', 'POST bytes']).flat(),
				'POST send',
			]);
			expect(requestsTo(simulator, 'createUploadSession')[1]?.body).toEqual({
				attachment: {
					name: 'same name.txt',
					isInline: false,
					extHeaders: { 'Content-Type': 'text/plain; charset=utf-8' },
				},
			});
			const [received] = simulator.state.messagesIn('bob@example.com');
			const sizes = received!.attachments.map(({ name, content }) => [name, content.size]);
			expect(sizes).toEqual([
				['same name.txt', 5],
				['same name.txt', 6],
				['bare', 3],
				['空.txt', 0],
			]);
		},
	);

	it('are named by a list too', async () => {
		const { alimail } = await simulated();
		const { json } = await alimail.run({
			...withFile,
			parameters: mail('message', 'send', {
				...hello,
				options: { attachments: '={{ Object.keys($binary) }}' },
			}),
		});
		expect(json[0]?.attachments).toEqual(['a.txt']);
	});

	it('may be images that the HTML shows', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({
			items: [{ json: {}, binary: { logo: file('png', 'logo.png', 'image/png') } }],
			parameters: mail('message', 'send', {
				...hello,
				html: '<img src="cid:logo">',
				options: {
					inlineImages: { images: [{ inputDataFieldName: 'logo', contentId: 'cid:logo' }] },
				},
			}),
		});
		expect(requestsTo(simulator, 'createUploadSession')[0]?.body).toEqual({
			attachment: {
				name: 'logo.png',
				isInline: true,
				contentId: 'logo',
				extHeaders: { 'Content-Type': 'image/png' },
			},
		});
	});

	it('are streamed from where n8n keeps them, whatever their size', async () => {
		const { simulator, alimail } = await simulated();
		const large = Buffer.alloc(40 * 1024 * 1024, 'alimail ');
		const stored = await alimail.store(large, 'large.bin', 'application/octet-stream');
		const { error } = await alimail.run({
			items: [{ json: {}, binary: { data: stored } }],
			parameters: mail('message', 'send', { ...hello, options: { attachments: 'data' } }),
		});
		expect(error).toBeUndefined();
		const [upload] = simulator.apiRequests.filter(({ path }) => path.startsWith('/v2/stream/'));
		expect(upload?.headers['content-length']).toBe(String(large.length));
		expect(upload?.headers['transfer-encoding']).toBeUndefined();
		expect(upload?.bodySha256).toBe(createHash('sha256').update(large).digest('hex'));
	});

	it('are sent with the token to the API, and without it to a storage of another host', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run(withFile);
		const [own] = simulator.apiRequests.filter(({ path }) => path.startsWith('/v2/stream/'));
		expect(own?.authorization).toMatch(/^bearer /);

		const storage = await simulator.startStorage();
		simulator.settings.storageOrigin = storage.url;
		const { error } = await alimail.run(withFile);
		expect(error).toBeUndefined();
		expect(storage.requests).toHaveLength(1);
		const [foreign] = storage.requests;
		expect(foreign).toMatchObject({ method: 'POST', bodyText: 'content', status: 200 });
		expect(foreign?.authorization).toBeUndefined();
		expect(JSON.stringify(foreign?.headers)).not.toMatch(/bearer/i);
	});

	it('get a new token like all requests, with all their bytes', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: /^\/v2\/stream\//, status: 401 });
		const stored = await alimail.store(Buffer.from('content'), 'a.txt', 'text/plain');
		const { error } = await alimail.run({
			...withFile,
			items: [{ json: {}, binary: { data: stored } }],
		});
		expect(error).toBeUndefined();
		const uploads = simulator.apiRequests.filter(({ path }) => path.startsWith('/v2/stream/'));
		expect(uploads.map(({ status, bodyText }) => [status, bodyText])).toEqual([
			[401, 'content'],
			[200, 'content'],
		]);
	});
});

describe('a message that cannot be sent', () => {
	const images = (contentId: string) => ({
		inlineImages: { images: [{ inputDataFieldName: 'data', contentId }] },
	});
	const headers = (name: string, value: unknown = 'x') => ({
		internetMessageHeaders: { headers: [{ name, value }] },
	});
	it.each<[string, Record<string, unknown>, string[]]>([
		['an empty To', { to: ' ' }, ["'To' is empty"]],
		['an address that is none', { to: 'bob@example.com, bob' }, ["'To'", "'bob'"]],
		['one in CC', { options: { cc: ['nobody'] } }, ["'CC'", "'nobody'"]],
		['one in BCC', { options: { bcc: 'x@' } }, ["'BCC'", "'x@'"]],
		['one in Reply To', { options: { replyTo: 'a b@c.d' } }, ["'Reply To'", "'a b@c.d'"]],
		['an object for To', { to: { address: 'x' } }, ["'To' must be text"]],
		['an object for the HTML', { html: { a: 1 } }, ["'HTML' must be text"]],
		['a subject with a control character', { subject: 'a\u0000b' }, ["'Subject'", 'control']],
		['a file that the item does not have', { options: { attachments: 'data, no' } }, ["'no'"]],
		['a file name that is no text', { options: { attachments: { a: 1 } } }, ["'Attachments'"]],
		['an image without content ID', { options: images('') }, ["'Content ID' is empty"]],
		['a content ID with a break', { options: images('a\r\nb') }, ["'Content ID' must"]],
		['a header with a line break', { options: headers('X-A', 'a\r\nBcc: x@y.z') }, ["'X-A'"]],
		['a header whose name breaks', { options: headers('X-A: b\r\nBcc') }, ['name of a header']],
		[
			'a header without a value',
			{ options: headers('X-A', '={{ null }}') },
			["no value for 'X-A'"],
		],
		[
			'a header whose expression finds nothing',
			{ options: headers('X-A', '={{ $json.missing }}') },
			["'Custom Headers' has no value for 'X-A'"],
		],
		['a value without a header', { options: headers('', 'x') }, ["'Custom Headers'", 'name']],
		['a header that is To', { options: headers('to') }, ["cannot set 'to'"]],
		['a header that is From', { options: headers('From') }, ["cannot set 'From'"]],
		['a Content-Type', { options: headers('Content-Type') }, ["cannot set 'Content-Type'"]],
		['a priority that is none', { options: { priority: 'HIGH' } }, ["'Priority'"]],
		[
			'a mailbox that is none',
			{ mailbox: { __rl: true, mode: 'address', value: '={{ "x" }}' } },
			["'Mailbox'"],
		],
	])('for %s says so and sends nothing', async (_what, parameters, texts) => {
		const { simulator, alimail } = await simulated();
		const { error } = await alimail.run({
			items: [{ json: {}, binary: { data: file('x') } }],
			parameters: mail('message', 'send', { ...hello, ...parameters }),
		});
		for (const text of texts) expect(error?.message).toContain(text);
		expect(error?.context.itemIndex).toBe(0);
		expect(simulator.requests).toEqual([]);
	});

	it('stops neither those before nor those after it, if the node continues on fail', async () => {
		const { simulator, alimail } = await simulated();
		const { json } = await alimail.run({
			onError: 'continueRegularOutput',
			items: ['bob@example.com', 'nobody', 'li.na@example.com'].map((to) => ({ to })),
			parameters: mail('message', 'send', { ...hello, to: '={{ $json.to }}' }),
		});
		expect(json).toMatchObject([
			{ success: true },
			{ error: expect.stringContaining("'nobody'") },
			{ success: true },
		]);
		expect(requestsTo(simulator, '/send')).toHaveLength(2);
	});
});

describe('a draft that cannot be made', () => {
	it('says that nothing was sent', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ method: 'POST', path: /\/messages$/, status: 403 });
		const { error } = await alimail.run({ parameters: mail('message', 'send', hello) });
		expect(error?.message).toMatch(/draft could not be made, and nothing was sent.*403/);
		expect(error?.context.data).toMatchObject({ step: 'createDraft', mayHaveBeenSent: false });
		expect(calls(simulator)).toEqual(['POST messages']);
	});

	it('is not made again when the answer breaks', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ method: 'POST', path: /\/messages$/, reset: 'after' });
		const { error } = await alimail.run({ parameters: mail('message', 'send', hello) });
		expect(error?.message).toContain('nothing was sent');
		expect(calls(simulator)).toEqual(['POST messages']);
	});

	it('is an error too when the answer has no ID', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ method: 'POST', path: /\/messages$/, body: { message: {} } });
		const { error } = await alimail.run({ parameters: mail('message', 'send', hello) });
		expect(error?.message).toContain('without the ID of the draft');
		expect(calls(simulator)).toEqual(['POST messages']);
	});
});

describe('a file that cannot be uploaded', () => {
	it.each([
		['the upload is not opened', { path: /createUploadSession$/, status: 500 }],
		['the bytes are refused', { path: /^\/v2\/stream\//, status: 413 }],
		['the connection breaks', { path: /^\/v2\/stream\//, reset: 'before' as const }],
		['the address is none', { path: /createUploadSession$/, body: { uploadUrl: 'ftp://x/y' } }],
		['there is no address', { path: /createUploadSession$/, body: {} }],
	])(
		'because %s leaves the draft, names it, and says that nothing was sent',
		async (_why, fault) => {
			const { simulator, alimail } = await simulated();
			simulator.fault(fault);
			const { error } = await alimail.run(withFile);
			const [draft] = simulator.state.messagesIn('alice@example.com', '5');
			expect(draft).toMatchObject({ subject: 'Hello' });
			expect(error?.message).toContain("'a.txt' could not be put into the draft");
			expect(error?.message).toContain(draft!.id);
			expect(error?.message).toContain('nothing was sent');
			expect(error?.description).toContain('stays in the Drafts folder');
			expect(error?.context.data).toMatchObject({
				step: 'upload',
				draftId: draft!.id,
				mayHaveBeenSent: false,
			});
			expect(requestsTo(simulator, '/send')).toEqual([]);
		},
	);
});

describe('sending a draft that does not work', () => {
	it.each([400, 403, 404, 422])('with status %i says that it was not sent', async (status) => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: SEND, status, times: Infinity });
		const { error } = await alimail.run({ parameters: mail('message', 'send', hello) });
		const [draft] = simulator.state.messagesIn('alice@example.com', '5');
		expect(error?.message).toContain(`The draft ${draft!.id} was not sent.`);
		expect(error?.message).toContain(String(status));
		expect(error?.description).toContain('stays in the Drafts folder');
		expect(error?.context.data).toMatchObject({
			step: 'send',
			draftId: draft!.id,
			mayHaveBeenSent: false,
		});
		expect(requestsTo(simulator, '/send')).toHaveLength(1);
	});

	it.each([
		['status 500', { status: 500 }],
		['status 503', { status: 503, retryAfter: 1 }],
		['status 408', { status: 408 }],
		['a broken connection', { reset: 'before' as const }],
		['a connection that breaks after the work', { reset: 'after' as const }],
		['an error in a successful answer', { body: { detailErrorCode: '209', message: 'x' } }],
		['an answer that is no JSON', { body: 'html' }],
	])('with %s says that it may have gone out, and is not repeated', async (_what, fault) => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: SEND, times: Infinity, ...fault });
		const { error } = await alimail.run({ parameters: mail('message', 'send', hello) });
		expect(error?.message).toContain('It is not known whether the draft Dz');
		expect(error?.description).toContain('look into Sent Items');
		expect(error?.context.data).toMatchObject({ step: 'send', mayHaveBeenSent: true });
		expect(requestsTo(simulator, '/send')).toHaveLength(1);
	});

	it('because the token is refused is tried again with a new one, since nothing was done', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: SEND, status: 401 });
		const { error } = await alimail.run({ parameters: mail('message', 'send', hello) });
		expect(error).toBeUndefined();
		expect(requestsTo(simulator, '/send').map(({ status }) => status)).toEqual([401, 200]);
		expect(
			simulator.state.messagesIn('bob@example.com').filter(({ subject }) => subject === 'Hello'),
		).toHaveLength(1);
	});

	it('because of the rate is tried again, since nothing was done', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: SEND, retryAfter: 0 });
		const { error } = await alimail.run({ parameters: mail('message', 'send', hello) });
		expect(error).toBeUndefined();
		expect(requestsTo(simulator, '/send').map(({ status }) => status)).toEqual([429, 200]);
	});

	it('because there is no new token says that it was not sent', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: mail('message', 'send', hello) });
		simulator.fault({ path: SEND, status: 401 });
		simulator.fault({ path: '/v2/organization/$current', status: 401, times: Infinity });
		simulator.fault({ path: '/oauth2/v2.0/token', status: 500, times: Infinity });
		const { error } = await alimail.run({ parameters: mail('message', 'send', hello) });
		expect(error?.message).toMatch(/The draft .* was not sent\. .*no access token/);
		expect(error?.context.data).toMatchObject({ step: 'send', mayHaveBeenSent: false });
	});

	it('keeps what is known of it when the node continues on fail', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: SEND, status: 500 });
		const { json } = await alimail.run({
			onError: 'continueRegularOutput',
			parameters: mail('message', 'send', hello),
		});
		expect(json).toMatchObject([
			{
				error: expect.stringContaining('not known whether'),
				details: {
					step: 'send',
					draftId: expect.any(String),
					mayHaveBeenSent: true,
					statusCode: 500,
				},
			},
		]);
	});
});
