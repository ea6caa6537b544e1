import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { urlFor } from '../../../nodes/Alimail/transport/url.ts';

const ORIGIN = 'https://alimail-cn.aliyuncs.com';

const address = (path: string, values: Record<string, string> = {}) =>
	urlFor(path, new Map(Object.entries(values)), ORIGIN);

describe('a path with parameters', () => {
	it('is filled, percent-encoded', () => {
		const url = address('/v2/users/{email}/messages/{id}', {
			email: 'a@example.com',
			id: 'DzzzzzzN…$---.aB/',
		});
		expect(String(url)).toBe(
			`${ORIGIN}/v2/users/a%40example.com/messages/DzzzzzzN%E2%80%A6%24---.aB%2F`,
		);
	});

	it('hands every value over as it was, in a segment of its own', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', minLength: 1 }), (value) => {
				const url = address('/v2/users/{id}/messages', { id: value });
				if (!(url instanceof URL)) return /^\.{1,2}$/.test(value);
				const segments = url.pathname.split('/');
				return (
					url.origin === ORIGIN &&
					segments.length === 5 &&
					decodeURIComponent(segments[3]!) === value &&
					url.search === '' &&
					url.hash === ''
				);
			}),
			{ numRuns: 2000 },
		);
	});

	it.each([
		['.', '/v2/users/{id}/messages'],
		['..', '/v2/users/{id}/messages'],
	])('refuses %j, which would climb out of its segment', (id, path) => {
		expect(address(path, { id })).toMatchObject({ parameter: 'Path' });
	});

	it('refuses dots that only meet after filling', () => {
		expect(address('/v2/{a}{b}/x', { a: '.', b: '.' })).toMatchObject({ parameter: 'Path' });
	});

	it('names a place without a value, a value without a place, and an empty value', () => {
		expect(address('/v2/{a}')).toMatchObject({ problem: expect.stringContaining('{a}') });
		expect(address('/v2', { a: '1' })).toMatchObject({ problem: expect.stringContaining("'a'") });
		expect(address('/v2/{a}', { a: '' })).toMatchObject({ parameter: 'Path Parameters' });
		expect(address('/v2/{a}', { a: '\ud800' })).toMatchObject({ parameter: 'Path Parameters' });
	});

	it('does not take a value for a template', () => {
		expect(String(address('/v2/{a}/{b}', { a: '{b}', b: 'x' }))).toBe(`${ORIGIN}/v2/%7Bb%7D/x`);
	});
});

describe('a path that tries to reach another server or another path', () => {
	it.each([
		'//evil.example/v2',
		'/\\evil.example/v2',
		'\\\\evil.example',
		'https://evil.example/v2',
		'http://alimail-cn.aliyuncs.com/v2',
		'https://alimail-cn.aliyuncs.com:8443/v2',
		'https://alimail-cn.aliyuncs.com@evil.example/v2',
		'https://user:pass@alimail-cn.aliyuncs.com/v2',
		'https://alimail-cn.aliyuncs.com.evil.example/v2',
		'https:evil.example',
		'https:/evil.example/x',
		'https:\\\\evil.example',
		'HTTPS://EVIL.example',
		'ftp://alimail-cn.aliyuncs.com/v2',
		'javascript:alert(1)',
		'data:text/plain,x',
		'file:///etc/passwd',
		'/\t/evil.example',
		'ht\ntps://evil.example',
		' //evil.example',
		'/v2/users\r\nx-injected: 1',
		'/v2/../admin',
		'/v2/%2e%2e/admin',
		'/v2/.%2E/admin',
		'/v2/./users',
		'https://alimail-cn.aliyuncs.com/v2/../x',
		'https://[::1]/v2',
		'https://alimail-cn.aliyuncs.com\u3002evil.example/',
		'/v2/users#fragment',
		'v2/users',
		'',
		'?size=1',
	])('is refused: %j', (path) => {
		expect(address(path)).not.toBeInstanceOf(URL);
	});

	it('never leaves the origin, whatever it is', () => {
		const tricky = fc.string({
			unit: fc.constantFrom(
				...'/\\@:.?#%2eE\t\n\r evil.com[]ht抖ps',
				'//',
				'..',
				'https://',
				'%2f',
				'%5c',
			),
		});
		fc.assert(
			fc.property(tricky, (path) => {
				const url = address(path);
				return !(url instanceof URL) || (url.origin === ORIGIN && url.username === '');
			}),
			{ numRuns: 5000 },
		);
	});
});

describe('an ordinary path', () => {
	it.each([
		['/v2/users?size=10', `${ORIGIN}/v2/users?size=10`],
		[`${ORIGIN}/v2/users`, `${ORIGIN}/v2/users`],
		['/v2/organization/$current', `${ORIGIN}/v2/organization/$current`],
		['/v2/a..b/c.', `${ORIGIN}/v2/a..b/c.`],
		['/v2/邮箱', `${ORIGIN}/v2/%E9%82%AE%E7%AE%B1`],
	])('%j is %s', (path, expected) => {
		expect(String(address(path))).toBe(expected);
	});
});
