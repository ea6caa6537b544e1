import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { describe, expect, test } from 'vitest';
import { freePort } from '../support/freePort.mts';
import type { CredentialTestResult, StoredCredential } from '../support/n8nApi.mts';
import { knownSecrets, type FaultRule, type Simulator } from '../simulator/index.mts';
import { SecretScanner } from '../support/secrets.mts';
import { describeN8n } from './support/describeN8n.mts';
import { alimailCredential, apiRequestNode, simulated, USER } from './support/alimail.mts';
import { recorder } from './support/recorder.mts';

const TOKEN = '/oauth2/v2.0/token';

const WHAT_TO_CHECK =
	"Check the Application ID and the Application Secret, that the region is the application's own, that the application's IP restriction admits this server, and that the edition of Alimail is a paid one.";
const REFUSED = `Alimail gave no access token: HTTP 400, code 1003, 请求参数异常. ${WHAT_TO_CHECK}`;
const CHANGED_IN_CONSOLE =
	'Alimail gave no access token, though the stored one is still good. Check in its console whether the Application Secret was changed, or the application disabled.';

describeN8n('testing a credential', (n8n) => {
	/** Saves a credential and tests it, as the editor does. */
	async function saveAndTest(
		simulator: Simulator,
		fields: ICredentialDataDecryptedObject = {},
	): Promise<CredentialTestResult> {
		const { id } = await alimailCredential(n8n, simulator, fields);
		const result = await n8n.testCredential(id);
		expectSilence(simulator, result);
		return result;
	}

	/** Neither secret nor token stands in what a person or an administrator reads. */
	function expectSilence(simulator: Simulator, result: CredentialTestResult, ...more: string[]) {
		const { clientSecret } = simulator;
		const encoded = new URLSearchParams([['', clientSecret]]).toString().slice(1);
		for (const text of [result.message, n8n.logs]) {
			for (const secret of [clientSecret, encoded, encodeURIComponent(clientSecret), ...more]) {
				expect(text).not.toContain(secret);
			}
			expect(new SecretScanner(knownSecrets).find(text)).toBeUndefined();
		}
	}

	/** A credential that a request was made with, so that it has a token. */
	async function credentialInUse(simulator: Simulator): Promise<StoredCredential> {
		const credential = await alimailCredential(n8n, simulator);
		const { execution } = await n8n.runWorkflow([apiRequestNode(credential, { path: USER })]);
		expect(execution.status).toBe('success');
		simulator.clearRequests();
		return credential;
	}

	test('says yes to the right ID and secret, before and after a token is stored', async () => {
		const simulator = await simulated();
		const { id } = await alimailCredential(n8n, simulator);
		const yes = { status: 'OK', message: 'Connection successful!' };

		expect(await n8n.testCredential(id)).toEqual(yes);
		expect(await n8n.testCredential(id)).toEqual(yes);
		expect(simulator.apiRequests).toEqual([]);
	});

	test.each([
		['in an application without any permission', { permissions: [] }],
		['when the lifetime is missing', { expiresInShape: 'missing' as const }],
		['when the token type is spelled otherwise', { tokenType: 'BEARER' }],
	])('says yes %s', async (_title, settings) => {
		const simulator = await simulated(settings);
		expect(await saveAndTest(simulator)).toMatchObject({ status: 'OK' });
	});

	test('says yes to values that were pasted with spaces and line breaks, and they work', async () => {
		const simulator = await simulated();
		const credential = await alimailCredential(n8n, simulator, {
			baseUrl: ` ${simulator.url}/\n`,
			clientId: `\t${simulator.clientId} \r\n`,
			clientSecret: `\n${simulator.clientSecret}  `,
		});
		expect(await n8n.testCredential(credential.id)).toMatchObject({ status: 'OK' });
		// The second test has a token, so it shows what the test's own request sends.
		expect(await n8n.testCredential(credential.id)).toMatchObject({ status: 'OK' });
		const { execution } = await n8n.runWorkflow([apiRequestNode(credential, { path: USER })]);
		expect(execution.status).toBe('success');
	});

	test.each([
		['application ID', { clientId: 'mistyped' }],
		['application secret', { clientSecret: 'mistyped' }],
	])('says what Alimail said of a wrong %s', async (_title, fields) => {
		const simulator = await simulated();
		expect(await saveAndTest(simulator, fields)).toEqual({ status: 'Error', message: REFUSED });
	});

	describe('while an earlier token is still valid', () => {
		test.each([
			['application ID', { clientId: 'mistyped' }],
			['application secret', { clientSecret: 'mistyped' }],
		])('finds a wrong %s that is not saved yet', async (_title, edits) => {
			const simulator = await simulated();
			const { id } = await credentialInUse(simulator);
			const result = await n8n.testCredential(id, edits);
			expect(result).toEqual({ status: 'Error', message: REFUSED });
			expectSilence(simulator, result);
			expect(await n8n.testCredential(id)).toMatchObject({ status: 'OK' });
		});

		test('finds a wrong secret that was saved', async () => {
			const simulator = await simulated();
			const { id } = await credentialInUse(simulator);
			await n8n.updateCredential(id, { clientSecret: 'mistyped' });
			const result = await n8n.testCredential(id);
			expect(result).toEqual({ status: 'Error', message: REFUSED });
			expectSilence(simulator, result);
		});

		test('finds a secret that was changed in the console', async () => {
			const simulator = await simulated();
			const { id } = await credentialInUse(simulator);
			simulator.fault({ path: TOKEN, status: 400, times: 10 });
			expect(await n8n.testCredential(id)).toEqual({
				status: 'Error',
				message: CHANGED_IN_CONSOLE,
			});
		});

		test('takes a right secret that is not saved yet, and leaves the saved one in use', async () => {
			const simulator = await simulated();
			const credential = await credentialInUse(simulator);
			const edits = { clientSecret: ` ${simulator.clientSecret} `, clientId: simulator.clientId };
			expect(await n8n.testCredential(credential.id, edits)).toMatchObject({ status: 'OK' });
			const { execution } = await n8n.runWorkflow([apiRequestNode(credential, { path: USER })]);
			expect(execution.status).toBe('success');
		});
	});

	describe('in what the server answers instead of a token', () => {
		test.each<[string, FaultRule, string]>([
			[
				'an error with status 200',
				{ body: { code: '1003', message: '请求参数异常' } },
				'HTTP 200, code 1003, 请求参数异常',
			],
			[
				'an error of OAuth2',
				{ status: 401, body: { error: 'invalid_client', error_description: 'Unknown client' } },
				'HTTP 401, code invalid_client, Unknown client',
			],
			[
				'the page of a proxy',
				{ status: 502, body: 'html', times: Infinity },
				'HTTP 502, Bad gateway Bad gateway. It is out of order',
			],
			[
				'the page of a proxy with status 200',
				{ body: 'html' },
				'HTTP 200, Bad gateway Bad gateway',
			],
			['nothing', { body: 'empty' }, 'HTTP 200'],
			['half a body of JSON', { body: 'garbage-json' }, 'HTTP 200'],
			['a token that is no text', { body: { access_token: 17 } }, 'HTTP 200'],
		])('tells %s', async (_title, fault, said) => {
			const simulator = await simulated();
			simulator.fault({ path: TOKEN, times: 10, ...fault });
			const { status, message } = await saveAndTest(simulator);
			expect(status).toBe('Error');
			expect(message).toMatch(/^Alimail gave no access token: /);
			expect(message).toContain(said);
			expect(message).toMatch(/ Check the Application ID .* paid one\.$| Try again later\.$/);
		});

		test('tells a redirect to a login page, and does not follow it with the secret', async () => {
			const other = await recorder();
			const simulator = await simulated();
			simulator.fault({ path: TOKEN, redirect: `${other.url}/login`, times: 10 });
			expect(await saveAndTest(simulator)).toEqual({
				status: 'Error',
				message:
					'Alimail gave no access token: HTTP 302. It leads elsewhere, and the secret does not follow. Check the region, the Base URL, and the proxy in between.',
			});
			expect(other.requests).toEqual([]);
		});

		test('repeats no secret that the server repeats', async () => {
			const simulator = await simulated();
			simulator.fault({
				path: TOKEN,
				status: 400,
				body: { message: `Of ${simulator.clientSecret} nobody knows` },
				times: 10,
			});
			const { message } = await saveAndTest(simulator);
			expect(message).toContain('Of *** nobody knows');
		});
	});

	describe('with an address that can not be used', () => {
		test('tells that nobody is there', async () => {
			const simulator = await simulated();
			const baseUrl = `http://127.0.0.1:${await freePort()}`;
			expect(await saveAndTest(simulator, { baseUrl })).toEqual({
				status: 'Error',
				message: `No answer from the Alimail token endpoint at ${baseUrl}: the connection was refused. Check the region, and that this server reaches that address.`,
			});
		});

		test.each([
			['is blank', ' ', "The 'Base URL' of the Alimail credential is empty. Fill it in."],
			['is no address', 'alimail', "The 'Base URL' of the Alimail credential is not an address."],
			['is not encrypted', 'http://mail.example.com', 'must start with https://'],
			['has a path', 'https://mail.example.com/v2', 'Enter https://mail.example.com'],
			['holds a password', 'https://me:pw@mail.example.com', 'takes scheme and host only'],
		])('tells that it %s', async (_title, baseUrl, said) => {
			const simulator = await simulated();
			const { status, message } = await saveAndTest(simulator, { baseUrl });
			expect(status).toBe('Error');
			expect(message).toContain(said);
			expect(message).not.toContain('pw');
		});

		test('tells so too when the address was edited while a token is stored', async () => {
			const simulator = await simulated();
			const { id } = await credentialInUse(simulator);
			const { message } = await n8n.testCredential(id, { baseUrl: 'http://mail.example.com' });
			expect(message).toContain('must start with https://');
			expect(simulator.requests).toEqual([]);
		});
	});
});
