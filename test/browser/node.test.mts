import { beforeAll, expect, test } from 'vitest';
import { describeEditor } from './support.mts';

const ALICE = 'alice@example.com';

describeEditor('the node in the editor', (editor) => {
	beforeAll(async () => void (await editor.createCredential()));

	/** Waits until the node whose panel is open has run. */
	async function succeeded() {
		await editor.at('node-run-status-success').first().waitFor();
	}

	test('gets the token', async () => {
		await editor.addAction('Get token');
		await editor.page
			.getByText('Anyone who sees it can use the mail API until it expires')
			.waitFor();
		await editor.executeStep();
		await succeeded();

		for (const field of ['access_token', 'token_type', 'expires_in', 'expires_at']) {
			await editor.output.getByText(field, { exact: true }).waitFor();
		}
	});

	test('sends a message', async () => {
		await editor.addAction('Send message');
		await editor.chooseFromList('mailbox', 'Alice Martin');
		await editor.fill('to', 'bob@example.com');
		await editor.fill('subject', 'Hello from the editor');
		await editor.fill('html', '<p>Good morning.</p>');
		await editor.picture('send-message');
		await editor.executeStep();
		await succeeded();

		const [message] = editor.simulator.state.messagesIn('bob@example.com', '2');
		expect(message).toMatchObject({
			subject: 'Hello from the editor',
			from: { email: ALICE },
			body: { bodyHtml: '<p>Good morning.</p>' },
		});
	});

	test('lists mailboxes and folders, and searches them', async () => {
		await editor.addAction('Get many messages');
		const mailboxes = await editor.openList('mailbox');
		await expect.poll(() => mailboxes.allInnerTexts()).toContain('李娜 (li.na@example.com)');
		await editor.searchList('张');
		await expect.poll(() => mailboxes.allInnerTexts()).toEqual(['张伟 (zhang.wei@example.com)']);
		await editor.searchList('alice');
		await expect.poll(() => mailboxes.allInnerTexts()).toEqual([`Alice Martin (${ALICE})`]);
		await mailboxes.first().click();

		const folders = await editor.openList('folder');
		await expect.poll(() => folders.allInnerTexts()).toContain('项目 Projects');
		expect((await folders.allInnerTexts()).slice(0, 2)).toEqual(['Inbox', 'Sent Items']);
		await editor.picture('folder-list');
		await editor.searchList('archive');
		// What is chosen stays on top.
		await expect
			.poll(() => folders.allInnerTexts())
			.toEqual(['Inbox', '项目 Projects/Archive/2024 & older']);
		await editor.searchList('');
		await folders.filter({ hasText: 'Inbox' }).click();

		await editor.executeStep();
		await succeeded();
		await expect.poll(() => editor.at('ndv-items-count').last().innerText()).toBe('25 items');
		await editor.picture('get-many-messages');
	});

	test('sends an API request page by page', async () => {
		await editor.addAction('Send an authenticated request');
		await editor.fill('path', `/v2/users/${ALICE}/mailFolders/2/messages`);
		await editor.choose('pagination', 'Cursor');
		await editor.addOption('Page Size');
		await editor.fill('pageSize', '10');
		editor.simulator.clearRequests();
		await editor.executeStep();
		await succeeded();

		await expect.poll(() => editor.at('ndv-items-count').last().innerText()).toBe('25 items');
		expect(editor.simulator.apiRequests.map(({ query }) => query.size)).toEqual(['10', '10', '10']);
		await editor.picture('api-request');
	});

	test('says what is wrong with a message ID, and what to do', async () => {
		await editor.addAction('Get message');
		await editor.chooseFromList('mailbox', 'Alice Martin');
		await editor.fill('messageId', 'DzzzzzzNpQ9$---.abCd');
		await editor.executeStep();
		await editor.at('node-error-message').waitFor();

		expect(await editor.at('node-error-message').innerText()).toMatch(/not found/);
		expect(await editor.at('node-error-description').innerText()).toMatch(/^Check .+ IDs/);
		await editor.picture('node-error');
	});

	test('is marked until the required parameters are filled in', async () => {
		await editor.addAction('Send message');
		await editor.closePanel();

		await editor.at('node-issues').waitFor();
	});
});

describeEditor('the trigger in the editor', (editor) => {
	beforeAll(async () => void (await editor.createCredential()));

	test('fetches the newest message of a folder', async () => {
		await editor.addAction('On message received');
		await editor.chooseFromList('mailbox', 'Alice Martin');
		await editor.executeStep();
		await expect.poll(() => editor.at('ndv-items-count').last().innerText()).toBe('1 item');

		const [newest] = editor.simulator.state.messagesIn(ALICE, '2');
		await editor.output.getByText(newest!.subject).first().waitFor();
		await editor.picture('trigger');
	});
});

describeEditor('the HTTP Request node', (editor) => {
	beforeAll(async () => void (await editor.createCredential()));

	test('offers Alimail API under Predefined Credential Type, and calls the API with it', async () => {
		await editor.newWorkflow();
		await (
			await editor.searchNodes('http request')
		)
			.filter({ hasText: /^\s*HTTP Request/ })
			.first()
			.click();
		await editor.at('ndv').waitFor();
		await editor.fill('url', `${editor.simulator.url}/v2/users/${ALICE}/mailFolders`);
		await editor.choose('authentication', 'Predefined Credential Type');
		const types = editor.at('credential-select').locator('input');
		await types.click();
		await types.fill('alimail');
		await editor.page
			.locator('.el-select-dropdown__item:visible', { hasText: 'Alimail API' })
			.click();
		await editor.at('node-credentials-select').first().waitFor();
		await editor.picture('http-request-node');
		await editor.executeStep();
		await editor.at('node-run-status-success').first().waitFor();

		await editor.output.getByText('folders').first().waitFor();
	});
});
