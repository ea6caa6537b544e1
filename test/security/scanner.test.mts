import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rememberSecrets, whileHidden, withoutSecrets } from '../../nodes/Alimail/errors/redact.ts';
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

	it('finds a secret that is shorter than a piece of a long one', () => {
		expect(
			new SecretScanner(['pw-123']).findIn({ error: 'the password pw-123 is too weak' }),
		).toBeDefined();
	});

	it('does not take ten hex digits that turn up by chance for a piece of one', () => {
		const hex = Buffer.from(SECRET).toString('hex');
		expect(scanner.findIn(`0f1e${hex.slice(0, 10)}c2b4`)).toBeUndefined();
		expect(scanner.findIn(`0f1e${hex.slice(0, 20)}c2b4`)).toBeDefined();
	});

	it('finds none where there is none', () => {
		expect(scanner.findIn({ a: 'S3cr3t', b: ['nothing', new Error('else')] })).toBeUndefined();
	});
});

/** The ways in which servers, proxies and debug pages write what they repeat. */
const spellingsOf = (secret: string): string[] => [
	secret,
	secret.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
	encodeURIComponent(secret),
	encodeURIComponent(secret).replace(/%../g, (octet) => octet.toLowerCase()),
	encodeURIComponent(encodeURIComponent(secret)),
	new URLSearchParams([['', secret]]).toString().slice(1),
	JSON.stringify(secret).slice(1, -1),
	JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/'),
	JSON.stringify(JSON.stringify(secret)).slice(3, -3),
	secret.replaceAll(' ', '\r\n  '),
	secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
	encodeURIComponent(secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;')),
	[...secret].map((char) => `&#x${char.codePointAt(0)!.toString(16)};`).join(''),
	[...secret].map((char) => `&#${char.codePointAt(0)!};`).join(''),
	secret.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
];

const jwt = (length: number) =>
	`eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.${randomBytes(length).toString('base64url')}`.slice(
		0,
		length,
	);

describe('hiding secrets', () => {
	it.each(spellingsOf(SECRET))('works for %s', (spelling) => {
		rememberSecrets('scanner', SECRET);
		expect(withoutSecrets(`before ${spelling} after`)).toBe('before *** after');
	});

	it('works for every spelling of text with all kinds of characters', () => {
		fc.assert(
			fc.property(
				fc.string({ unit: 'grapheme', minLength: 6, maxLength: 60 }),
				fc.nat(14),
				(text, at) => {
					// What is left of the secret when white space and escapes count as nothing must be worth looking for.
					const secret = `Zq9${text}8Kx`;
					rememberSecrets('property', secret);
					rememberSecrets(`property ${secret}`, secret);
					const spelling = spellingsOf(secret)[at]!;
					const shown = withoutSecrets(`before ${spelling} after`);
					expect(shown).not.toContain(spelling);
					expect(shown).toContain('before ');
				},
			),
			{ numRuns: 1000 },
		);
	});

	it.each([36, 1200, 4000, 12_000])('works for a token of %i characters', (length) => {
		const long = jwt(length);
		rememberSecrets('long', SECRET, long);
		expect(withoutSecrets(`before ${long} after`)).toBe('before *** after');
		for (const spelling of spellingsOf(long)) {
			expect(withoutSecrets(`x ${spelling} y`)).toBe('x *** y');
		}
	});

	it('works for a token of which only a piece is repeated, in whatever spelling', () => {
		const token = jwt(1200);
		rememberSecrets('pieces', SECRET, token);
		for (const piece of [token.slice(0, 60), token.slice(300, 330), token.slice(-40)]) {
			const spelled = [...piece].map((char) => `&#${char.charCodeAt(0)};`).join('');
			// The bracket is in no token: what stands beside a piece could continue it by chance.
			expect(withoutSecrets(`[${piece}… y`)).toBe('[***… y');
			expect(withoutSecrets(`[${spelled}… y`)).toBe('[***… y');
		}
	});

	it('remembers the newest token of an application and the one before it', () => {
		const tokens = Array.from({ length: 4 }, () => `t-${randomBytes(90).toString('base64url')}`);
		for (const one of tokens) rememberSecrets('renewed', SECRET, one);
		const shown = tokens.map((one) => withoutSecrets(one));
		expect(shown).toEqual([tokens[0], tokens[1], '***', '***']);
	});

	it('hides a password for as long as its request is under way', async () => {
		const password = 'p4ss/"wörd"';
		await whileHidden(password, async () => {
			for (const spelling of spellingsOf(password)) {
				expect(withoutSecrets(`before ${spelling} after`)).toBe('before *** after');
			}
		});
		expect(withoutSecrets(password)).toBe(password);
	});

	it('shows nothing of a text that is encoded more often than it can be looked through', () => {
		const nested = Array.from({ length: 30 }).reduce<string>(
			(text) => text.replaceAll('&', '&amp;'),
			'&#115;ecret',
		);
		expect(withoutSecrets(nested)).toBe('(not shown)');
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
