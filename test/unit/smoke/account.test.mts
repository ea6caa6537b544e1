import { describe, expect, it } from 'vitest';
import { realAccount, SettingError } from '../../../scripts/account.mts';

const complete = {
	ALIMAIL_CLIENT_ID: 'id',
	ALIMAIL_CLIENT_SECRET: 'secret',
	ALIMAIL_MAILBOX: 'alice@example.com',
};

describe('an account named in the environment', () => {
	it('is in mainland China unless a region is named', () => {
		expect(realAccount(complete)).toEqual({
			fields: { region: 'cn', baseUrl: '', clientId: 'id', clientSecret: 'secret' },
			origin: 'https://alimail-cn.aliyuncs.com',
			mailbox: 'alice@example.com',
		});
		expect(realAccount({ ...complete, ALIMAIL_REGION: 'sg' }).origin).toBe(
			'https://alimail-sg.aliyuncs.com',
		);
	});

	it('is on another server if its address is named, whatever the region', () => {
		const environment = {
			...complete,
			ALIMAIL_REGION: 'sg',
			ALIMAIL_BASE_URL: 'https://a.example/',
		};
		expect(realAccount(environment)).toMatchObject({
			fields: { region: 'custom', baseUrl: 'https://a.example/' },
			origin: 'https://a.example',
		});
	});

	it.each([
		[{}, /^Set ALIMAIL_CLIENT_ID, ALIMAIL_CLIENT_SECRET, ALIMAIL_MAILBOX: /],
		[{ ...complete, ALIMAIL_MAILBOX: '' }, /^Set ALIMAIL_MAILBOX: /],
		[{ ...complete, ALIMAIL_REGION: 'eu' }, /^ALIMAIL_REGION has to be one of cn, /],
		[{ ...complete, ALIMAIL_BASE_URL: 'alimail' }, /^ALIMAIL_BASE_URL is not an address/],
	])('is refused with what to do about it: %j', (environment, message) => {
		expect(() => realAccount(environment)).toThrow(SettingError);
		expect(() => realAccount(environment)).toThrow(message);
	});
});
