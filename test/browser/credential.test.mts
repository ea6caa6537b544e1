import { expect, test } from 'vitest';
import { describeEditor } from './support.mts';

describeEditor('the form of the credential', (editor) => {
	/** Fills in the form of a new credential for a server of one's own. */
	async function fillIn(fields: { baseUrl: string; clientId: string; clientSecret: string }) {
		await editor.newCredential();
		await editor.choose('region', 'Custom');
		for (const [name, value] of Object.entries(fields)) await editor.fill(name, value);
	}

	async function save() {
		await editor.at('credential-save-button').click();
	}

	async function close() {
		await editor.at('editCredential-modal').locator('button.el-dialog__headerbtn').click();
		await editor.at('editCredential-modal').waitFor({ state: 'hidden' });
	}

	/** What n8n says about a connection that was not made. */
	async function refusal(): Promise<string> {
		await editor.page.getByText('Couldn’t connect with these settings').waitFor();
		await editor.page.getByText('More details').click();
		return await editor.at('credential-edit-dialog').innerText();
	}

	test('asks for region, ID and secret, and for nothing else', async () => {
		await editor.newCredential();

		expect(await editor.parameter('region').locator('input').inputValue()).toBe('China (Mainland)');
		expect(
			await editor.at('parameter-input-clientSecret').locator('input').getAttribute('type'),
		).toBe('password');
		for (const hidden of ['baseUrl', 'accessToken', 'accessTokenDetails']) {
			expect(await editor.parameter(hidden).count()).toBe(0);
		}
		await close();
	});

	test('offers the regions with their servers', async () => {
		await editor.newCredential();
		const regions = await editor.openOptions('region');

		expect(await regions.allInnerTexts()).toEqual(
			expect.arrayContaining([expect.stringMatching(/^Singapore\s+alimail-sg\.aliyuncs\.com$/)]),
		);
		await regions.filter({ hasText: 'Custom' }).click();
		await editor.parameter('baseUrl').waitFor();
		await close();
	});

	test('says where to find the ID and the secret', async () => {
		await editor.newCredential();
		for (const name of ['clientId', 'clientSecret']) {
			const label = editor.at(name).locator('label').first();
			await label.hover();
			await label.locator('svg').first().hover();
			await editor.page.getByText('API Open Platform').first().waitFor();
		}
		await close();
	});

	test('confirms a connection', async () => {
		const { url, clientId, clientSecret } = editor.simulator;
		await fillIn({ baseUrl: url, clientId, clientSecret });
		await save();

		await editor.page.getByText('Connection tested successfully').waitFor();
		await editor.picture('credential', { of: editor.at('editCredential-modal') });
		await close();
	});

	test('says what to check when the secret is wrong, in a form that stays as it is', async () => {
		const { url, clientId } = editor.simulator;
		await fillIn({ baseUrl: url, clientId, clientSecret: 'not-the-secret' });
		await save();

		const said = await refusal();
		expect(said).toMatch(/Alimail gave no access token/);
		expect(said).toMatch(/Check the Application ID and the Application Secret/);
		expect(said).not.toContain('not-the-secret');
		expect(await editor.parameter('clientId').locator('input').inputValue()).toBe(clientId);
		await editor.picture('credential-refused', { of: editor.at('editCredential-modal') });
		await close();
	});

	test('says that a server does not answer', async () => {
		// Nothing listens on the port of TCP's discard service.
		await fillIn({ baseUrl: 'http://127.0.0.1:9', clientId: 'any', clientSecret: 'any' });
		await save();

		expect(await refusal()).toMatch(/127\.0\.0\.1:9/);
		await close();
	});

	test('refuses a server that would get the secret unencrypted', async () => {
		await fillIn({ baseUrl: 'http://mail.example.com', clientId: 'any', clientSecret: 'any' });
		await save();

		expect(await refusal()).toMatch(/https/);
		await close();
	});
});
