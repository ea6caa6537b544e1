import { describe, expect, it } from 'vitest';
import { applicationOf } from '../../../nodes/Alimail/auth/application.ts';

const fields = { region: 'cn', clientId: 'id', clientSecret: 'secret' };

describe('the fields of a credential', () => {
	it('may be pasted with white space around them', () => {
		expect(
			applicationOf({
				region: 'custom',
				baseUrl: ' https://mail.example.com/ \n',
				clientId: '\tid\r\n',
				clientSecret: ' s e ',
			}),
		).toMatchObject({ origin: 'https://mail.example.com', clientId: 'id', clientSecret: 's e' });
	});

	it.each([
		['cn', 'https://alimail-cn.aliyuncs.com'],
		['sg', 'https://alimail-sg.aliyuncs.com'],
		['hk', 'https://alimail-hk.aliyuncs.com'],
		['de', 'https://alimail-de.aliyuncs.com'],
		['us', 'https://alimail-us.aliyuncs.com'],
	])('lead to the server of the region %s', (region, origin) => {
		expect(applicationOf({ ...fields, region }).origin).toBe(origin);
	});

	it.each([
		['Region', { region: 'mars' }],
		['Region', { region: 'toString' }],
		['Application ID', { clientId: '  ' }],
		['Application Secret', { clientSecret: '' }],
		['Base URL', { region: 'custom', baseUrl: '' }],
		['Base URL', { region: 'custom', baseUrl: 'mail.example.com' }],
		['Base URL', { region: 'custom', baseUrl: 'http://mail.example.com' }],
		['Base URL', { region: 'custom', baseUrl: 'http://localhost.evil.example' }],
		['Base URL', { region: 'custom', baseUrl: 'http://127.0.0.1.evil.example' }],
		['Base URL', { region: 'custom', baseUrl: 'https://mail.example.com/v2' }],
		['Base URL', { region: 'custom', baseUrl: 'https://user:pw@mail.example.com' }],
		['Base URL', { region: 'custom', baseUrl: 'ftp://mail.example.com' }],
		['Base URL', { region: 'custom', baseUrl: 'https://mail.example.com?x=1' }],
	])('name %s when it cannot be used: %j', (name, change) => {
		expect(() => applicationOf({ ...fields, ...change })).toThrow(`'${name}'`);
	});

	it.each(['http://localhost:5678', 'http://127.0.0.1:1', 'http://[::1]:8080'])(
		'may name a server on this machine without encryption: %s',
		(baseUrl) => {
			expect(applicationOf({ ...fields, region: 'custom', baseUrl }).origin).toBe(baseUrl);
		},
	);

	it('have a fingerprint that changes with each of them, and shows none', () => {
		const variants = [
			fields,
			{ ...fields, region: 'sg' },
			{ ...fields, clientId: 'id2' },
			{ ...fields, clientSecret: 'secret2' },
			{ ...fields, clientId: 'ids', clientSecret: 'ecret' },
		].map((variant) => applicationOf(variant).fingerprint);
		expect(new Set(variants).size).toBe(variants.length);
		expect(variants.join()).not.toContain('secret');
	});
});
