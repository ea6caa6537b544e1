import { describe, expect, it } from 'vitest';
import { keepSecret, withoutSecrets } from '../../nodes/Alimail/transport/secrecy.ts';
import { SecretScanner } from '../support/secrets.mts';

const SECRET = 'S3cr3t+/=& %中"<\\>\'Zz9 end';

describe('the scanner that the other tests rely on', () => {
	const scanner = new SecretScanner([SECRET]);

	it.each<[string, unknown]>([
		['text', `x${SECRET}y`],
		['a part of it', `x${SECRET.slice(0, 12)}`],
		['the name of a field', { [SECRET]: 1 }],
		['a field that is not enumerable', Object.defineProperty({}, 'x', { value: SECRET })],
		['an error', new Error(`x ${SECRET}`)],
		['the cause of an error', new Error('x', { cause: new Error(SECRET) })],
		['a stack', Object.assign(new Error('x'), { stack: SECRET })],
		['a map', new Map([[SECRET, 1]])],
		['a set', new Set([SECRET])],
		['a buffer', Buffer.from(SECRET)],
		['base64', Buffer.from(`user:${SECRET}`).toString('base64')],
		['base64, shifted', Buffer.from(`u:${SECRET}`).toString('base64url')],
		['an address', `?x=${encodeURIComponent(SECRET)}`],
		['a form', new URLSearchParams({ x: SECRET }).toString()],
		['JSON in JSON', JSON.stringify(JSON.stringify({ x: `abc${SECRET}` }))],
		['hex', Buffer.from(SECRET).toString('hex')],
		[
			'something circular',
			(() => {
				const circle: Record<string, unknown> = { x: [SECRET] };
				circle.self = circle;
				return circle;
			})(),
		],
	])('finds a secret in %s', (_what, value) => {
		expect(scanner.findIn(value)).toBeDefined();
	});

	it('finds none where there is none', () => {
		expect(scanner.findIn({ a: 'S3cr3t', b: ['nothing', new Error('else')] })).toBeUndefined();
	});
});

describe('hiding secrets', () => {
	keepSecret(SECRET);

	it.each([
		SECRET,
		SECRET.toLowerCase(),
		encodeURIComponent(SECRET),
		encodeURIComponent(encodeURIComponent(SECRET)),
		new URLSearchParams([['', SECRET]]).toString().slice(1),
		JSON.stringify(SECRET).slice(1, -1),
		JSON.stringify(JSON.stringify(SECRET)).slice(3, -3),
		SECRET.replace(' ', '\r\n  '),
		[...SECRET].map((char) => `&#x${char.codePointAt(0)!.toString(16)};`).join(''),
		[...SECRET].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
	])('works for %s', (spelling) => {
		expect(withoutSecrets(`before ${spelling} after`)).toBe('before *** after');
	});

	it('works for tokens that nobody made known', () => {
		expect(withoutSecrets('Authorization: Bearer abc.def-ghi== x')).toBe(
			'Authorization: Bearer *** x',
		);
		expect(withoutSecrets('{"access_token":"abc.def","x":1}')).toBe('{"access_token":"***","x":1}');
		expect(withoutSecrets('client_secret=abc&x=1')).toBe('client_secret=***&x=1');
	});

	it('leaves other text as it is', () => {
		const text = 'the access token is invalid or has expired, S3cr3t';
		expect(withoutSecrets(text)).toBe(text);
	});
});
