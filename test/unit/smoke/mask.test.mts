import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskText, pathTemplate, textsIn } from '../../../scripts/smoke/mask.mts';

describe('a path of the API', () => {
	it.each([
		['/oauth2/v2.0/token', '/oauth2/v2.0/token'],
		['/v2/organization/$current', '/v2/organization/$current'],
		['/v2/users', '/v2/users'],
		['/v2/users/alice%40example.com', '/v2/users/{user}'],
		[
			'/v2/users/a@example.com/mailFolders/2/messages?size=1',
			'/v2/users/{user}/mailFolders/{folderId}/messages',
		],
		['/v2/users/a@example.com/messages/query', '/v2/users/{user}/messages/query'],
		[
			'/v2/users/a@example.com/messages/Dz$--.a/attachments/Zx_1$/$value',
			'/v2/users/{user}/messages/{messageId}/attachments/{attachmentId}/$value',
		],
		['/v2/departments/$root/departments', '/v2/departments/{departmentId}/departments'],
		['/v2/stream/abcdef', '/v2/stream/{session}'],
		['/v2/calendars/somebody', '/v2/{…}/{…}'],
	])('%s', (path, template) => {
		expect(pathTemplate(path)).toBe(template);
	});
});

describe('the text of an error', () => {
	it.each([
		['user alice@example.com not found', 'user {address} not found'],
		['a%40example.com', '{address}'],
		['<bob.fischer@mail.example.co.uk>.', '<{address}>.'],
		['the domain example.com is not hosted', 'the domain {host} is not hosted'],
		['EXAMPLE.COM', '{host}'],
		['例子.公司 没有', '{host} 没有'],
		['connect 10.1.2.3:443', 'connect {host}'],
		['GET https://mail.example.com:8443/v2/users/bob?x=1', 'GET {server}/v2/users/{user}'],
		['No answer to GET /v2/users/bob: it broke', 'No answer to GET /v2/users/{user}: it broke'],
		['message DzABCdef_x$---.Ab is gone', 'message {id} is gone'],
		['request 5f0c6a52-6c8b-4b56-a8a5-0d5b1f9a5e11', 'request {id}'],
		['call +86 138000', 'call +86 {number}'],
		['call +86 13800000000', 'call +86 {id}'],
	])('%s', (text, masked) => {
		expect(maskText(text, [])).toBe(masked);
	});

	it.each([
		'code domain.notFound, domain not found',
		'status 403: code 1003, 请求参数异常',
		'209 SYS_UNKNOWN_ERROR(1001)',
		"The 'Base URL' of the Alimail credential must start with https://",
		'Alimail refused POST /oauth2/v2.0/token with status 400',
		'Alimail refused GET /v2/organization/$current with status 403',
	])('keeps what helps: %s', (text) => {
		expect(maskText(text, [])).toBe(text);
	});

	it('hides what was seen, also when it is short and Chinese, and longer things first', () => {
		const values = ['张伟', 'Bob', 'Bob Fischer', 's3cret+/=& %中', 'Hans'];
		const text = '用户张伟 and BOB FISCHER with s3cret+/=& %中 in Hanseatic';
		expect(maskText(text, values)).toBe('用户{…} and {…} with {…} in Hanseatic');
	});

	it('never holds an address or a text that was seen, wherever it stands', () => {
		const words = fc.string({ unit: 'grapheme-ascii', maxLength: 12 }).map((text) => `${text} `);
		const value = fc.stringMatching(/^[A-Za-z$_.-]{4,20}$/);
		fc.assert(
			fc.property(words, fc.emailAddress(), value, words, (before, address, seen, after) => {
				const masked = maskText(`${before}${address} ${seen} ${after}`, [seen]);
				expect(masked).not.toContain(address);
				expect(masked.split(' ')).not.toContain(seen);
			}),
		);
	});
});

describe('the texts of an answer', () => {
	it('are all that stand in it, names apart', () => {
		expect(textsIn({ a: ['x', { b: 'y', c: 1 }], d: null })).toEqual(['x', 'y']);
	});
});
