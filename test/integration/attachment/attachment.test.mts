import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AttachmentInput, Settings } from '../../simulator/index.mts';
import { mail } from '../../support/mail.mts';
import { simulated } from '../../support/simulated.mts';

async function withFiles(attachments: AttachmentInput[], settings: Partial<Settings> = {}) {
	const { simulator, alimail } = await simulated(settings);
	const message = simulator.state.addMessage('alice@example.com', { attachments });
	const download = async (index = 0, parameters: Record<string, unknown> = {}) =>
		await alimail.run({
			parameters: mail('attachment', 'download', {
				messageId: message.id,
				attachmentId: message.attachments[index]!.id,
				...parameters,
			}),
		});
	return { simulator, alimail, message, download };
}

const SHAPES: Array<Settings['downloadShape']> = [
	'redirect',
	'location',
	'relativeLocation',
	'bytes',
];
const text: AttachmentInput = {
	name: '会议 纪要.txt',
	content: 'one\ntwo',
	contentType: 'text/plain',
};

describe('the attachments of a message', () => {
	it.each<Partial<Settings>>([{ numberShape: 'number' }, { numberShape: 'string' }])(
		'are listed one item each, with %o',
		async (settings) => {
			const { alimail, message } = await withFiles(
				[text, { name: 'logo.png', content: 'png', contentId: 'logo', isInline: true }],
				settings,
			);
			const { json, error } = await alimail.run({
				parameters: mail('attachment', 'getAll', { messageId: message.id }),
			});
			expect(error).toBeUndefined();
			expect(json).toEqual([
				{
					id: message.attachments[0]!.id,
					name: '会议 纪要.txt',
					sizeBytes: 7,
					mimeType: 'text/plain',
					contentId: '',
					isInline: false,
				},
				{
					id: message.attachments[1]!.id,
					name: 'logo.png',
					sizeBytes: 3,
					mimeType: '',
					contentId: 'logo',
					isInline: true,
				},
			]);
		},
	);

	it('come as the API gives them, and only so many as wanted', async () => {
		const { alimail, message } = await withFiles([text, text, text]);
		const { json } = await alimail.run({
			parameters: mail('attachment', 'getAll', {
				messageId: message.id,
				limit: 2,
				simplify: false,
			}),
		});
		expect(json).toHaveLength(2);
		expect(json[0]).toMatchObject({ size: 7, extHeaders: { 'Content-Type': 'text/plain' } });
		const all = await alimail.run({
			parameters: mail('attachment', 'getAll', { messageId: message.id, returnAll: true }),
		});
		expect(all.json).toHaveLength(3);
	});

	it('may be none, and the list may be missing then', async () => {
		const { simulator, alimail, message } = await withFiles([]);
		const parameters = mail('attachment', 'getAll', { messageId: message.id });
		expect((await alimail.run({ parameters })).items).toEqual([]);
		simulator.fault({ path: /\/attachments$/, body: {} });
		const { items, error } = await alimail.run({ parameters });
		expect([items, error]).toEqual([[], undefined]);
	});
});

describe('a download', () => {
	it.each(SHAPES)('has the name, type and bytes of the file, by %s', async (downloadShape) => {
		const { alimail, download, message } = await withFiles([text], { downloadShape });
		const { items, error } = await download();
		expect(error).toBeUndefined();
		expect(items[0]?.json).toEqual({
			id: message.attachments[0]!.id,
			name: '会议 纪要.txt',
			sizeBytes: 7,
			mimeType: 'text/plain',
			contentId: '',
			isInline: false,
			fileName: '会议 纪要.txt',
			messageId: message.id,
		});
		expect(items[0]?.binary?.data).toMatchObject({
			fileName: '会议 纪要.txt',
			mimeType: 'text/plain',
		});
		expect((await alimail.read(items[0]!.binary!.data!)).toString()).toBe('one\ntwo');
	});

	it.each(['redirect', 'location'] as const)(
		'goes to another host without token and headers of ours, by %s',
		async (downloadShape) => {
			const { simulator, alimail, download } = await withFiles([text], { downloadShape });
			const storage = await simulator.startStorage();
			simulator.settings.storageOrigin = storage.url;
			const { items, error } = await download();
			expect(error).toBeUndefined();
			expect(storage.requests).toHaveLength(1);
			expect(storage.requests[0]?.authorization).toBeUndefined();
			expect(JSON.stringify(storage.requests[0]?.headers)).not.toMatch(/bearer/i);
			expect((await alimail.read(items[0]!.binary!.data!)).toString()).toBe('one\ntwo');
		},
	);

	it('named by a JSON answer goes without the token, also on the same host', async () => {
		const { simulator, download } = await withFiles([text], { downloadShape: 'relativeLocation' });
		await download();
		expect(simulator.apiRequests.at(-1)?.path).toMatch(/^\/v2\/stream\//);
		expect(simulator.apiRequests.at(-1)?.authorization).toBeUndefined();
	});

	it.each(SHAPES)('is streamed, whatever the size, by %s', async (downloadShape) => {
		const large = Buffer.alloc(20 * 1024 * 1024, 'alimail ');
		const { alimail, download } = await withFiles([{ name: 'large.json', content: large }], {
			downloadShape,
		});
		const { items, error } = await download();
		expect(error).toBeUndefined();
		const saved = await alimail.read(items[0]!.binary!.data!);
		expect(createHash('sha256').update(saved).digest('hex')).toBe(
			createHash('sha256').update(large).digest('hex'),
		);
	});

	it('may be empty', async () => {
		const { alimail, download } = await withFiles([{ name: 'empty.txt', content: '' }]);
		const { items } = await download();
		expect(await alimail.read(items[0]!.binary!.data!)).toHaveLength(0);
	});

	it('goes into the field that the user names', async () => {
		const { download } = await withFiles([text, { name: 'b.txt', content: 'b' }]);
		const { items } = await download(1, { binaryPropertyName: 'report' });
		expect(items[0]?.binary?.report?.fileName).toBe('b.txt');
	});

	it.each([
		['../../etc/passwd', 'passwd'],
		['C:\\temp\\a.txt', 'a.txt'],
		['a\r\nb.txt', 'a b.txt'],
		['..', 'untitled'],
		['\u0000', 'attachment'],
	])('of %j gets a name that is safe, and keeps the original beside it', async (name, safe) => {
		const { download } = await withFiles([{ name, content: 'x', contentType: 'text/plain' }]);
		const { items } = await download();
		expect(items[0]?.binary?.data?.fileName).toBe(safe);
		expect(items[0]?.json.name).toBe(name);
	});

	it('gets a type from its name where the list has none, or one that is none', async () => {
		const { download } = await withFiles([
			{ name: 'a.pdf', content: 'x' },
			{ name: 'b.pdf', content: 'x', contentType: 'text/html\r\nX: y' },
		]);
		for (const index of [0, 1]) {
			expect((await download(index)).items[0]?.binary?.data?.mimeType).toBe('application/pdf');
		}
	});

	it('that breaks off is tried again', async () => {
		const { simulator, alimail, download } = await withFiles([
			{ name: 'a.bin', content: Buffer.alloc(100_000, 7) },
		]);
		simulator.fault({ path: /^\/v2\/stream\//, half: true });
		const { items, error } = await download();
		expect(error).toBeUndefined();
		expect(await alimail.read(items[0]!.binary!.data!)).toHaveLength(100_000);
	});

	it('that does not work names the file', async () => {
		const { simulator, download } = await withFiles([text]);
		simulator.fault({ path: /value$/, status: 403 });
		const { error } = await download();
		expect(error?.message).toMatch(/^'会议 纪要\.txt' could not be downloaded\. .*403/);
		expect(error?.context.itemIndex).toBe(0);
	});

	it('of a file that the message does not have says so', async () => {
		const { simulator, download } = await withFiles([text]);
		const { error } = await download(0, { attachmentId: 'no' });
		expect(error?.message).toContain("no attachment with the ID 'no'");
		expect(simulator.apiRequests).toHaveLength(1);
	});
});

describe('a file that is JSON with a location', () => {
	const hostile = (location: string) => JSON.stringify({ location });
	const asJson = { headers: { 'content-type': 'application/json' } };

	it.each<[string, AttachmentInput]>([
		['by name', { name: 'a.json', content: '' }],
		['by type', { name: 'a', content: '', contentType: 'application/json' }],
		['by neither', { name: 'a', content: '' }],
		['that calls itself text', { name: 'a.txt', content: '', contentType: 'text/plain' }],
	])('%s is the file, and nobody goes there', async (_what, attachment) => {
		const { simulator, alimail, message, download } = await withFiles([attachment], {
			downloadShape: 'bytes',
		});
		const storage = await simulator.startStorage();
		const content = hostile(`${storage.url}/v2/stream/x`);
		message.attachments = [];
		simulator.state.addAttachment(message, { ...attachment, content });
		simulator.fault({ path: /value$/, ...asJson });
		const { items, error } = await download();
		expect(error).toBeUndefined();
		expect((await alimail.read(items[0]!.binary!.data!)).toString()).toBe(content);
		expect(storage.requests).toEqual([]);
	});

	it.each(['redirect', 'location', 'relativeLocation'] as const)(
		'is the file also behind an answer by %s',
		async (downloadShape) => {
			const content = hostile('https://example.org/');
			const { simulator, alimail, download } = await withFiles(
				[{ name: 'a.json', content, contentType: 'application/json' }],
				{ downloadShape },
			);
			simulator.fault({ path: /^\/v2\/stream\//, ...asJson });
			const { items, error } = await download();
			expect(error).toBeUndefined();
			expect((await alimail.read(items[0]!.binary!.data!)).toString()).toBe(content);
		},
	);

	it.each(['declared', 'chunked'] as const)(
		'is the file when it is longer than any answer that names an address, %s',
		async (downloadLength) => {
			const content = JSON.stringify({
				location: 'https://example.org/',
				more: '中'.repeat(99_999),
			});
			const { simulator, alimail, message, download } = await withFiles([{ name: 'a', content }], {
				downloadShape: 'bytes',
				downloadLength,
			});
			// The list tells neither size nor type, so that the length of the answer alone decides.
			const { id } = message.attachments[0]!;
			simulator.fault({ path: /\/attachments$/, body: { attachments: [{ id, name: 'a' }] } });
			simulator.fault({ path: /value$/, ...asJson });
			const { items, error } = await download();
			expect(error).toBeUndefined();
			expect((await alimail.read(items[0]!.binary!.data!)).toString()).toBe(content);
		},
	);

	it.each(['declared', 'chunked'] as const)(
		'is the file when it is short and named as JSON, %s',
		async (downloadLength) => {
			const content = hostile('https://example.org/');
			const { simulator, alimail, message, download } = await withFiles(
				[{ name: 'a.json', content }],
				{ downloadShape: 'bytes', downloadLength },
			);
			const { id } = message.attachments[0]!;
			simulator.fault({ path: /\/attachments$/, body: { attachments: [{ id, name: 'a.json' }] } });
			simulator.fault({ path: /value$/, ...asJson });
			const { items, error } = await download();
			expect(error).toBeUndefined();
			expect((await alimail.read(items[0]!.binary!.data!)).toString()).toBe(content);
		},
	);
});

describe('an answer that names an address', () => {
	it.each(['ftp://example.org/x', 'javascript:alert(1)', 'https://user@example.org/'])(
		'of no use, such as %s, is an error',
		async (location) => {
			const { simulator, download } = await withFiles([text]);
			simulator.fault({ path: /value$/, body: { location } });
			const { error } = await download();
			expect(error?.message).toContain('no usable address for the download');
		},
	);

	it('may hold an error in its place', async () => {
		const { simulator, download } = await withFiles([text]);
		simulator.fault({ path: /value$/, body: { detailErrorCode: '209', message: 'gone' } });
		const { error } = await download();
		expect(error?.message).toContain('gone');
	});
});
