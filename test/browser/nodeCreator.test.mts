import { afterAll, expect, test } from 'vitest';
import { describeEditor } from './support.mts';

describeEditor('the list of nodes', (editor) => {
	test.each(['alimail', '阿里邮箱', 'aliyun', 'alibaba mail'])(
		'finds the node by %s',
		async (text) => {
			await editor.newWorkflow();
			const found = await editor.searchNodes(text);
			await found.filter({ hasText: 'Alimail' }).first().waitFor();

			expect(await found.first().innerText()).toMatch(/^Alimail\b/);
		},
	);

	test('offers the trigger and the actions under one entry', async () => {
		await editor.newWorkflow();
		await editor.showActions();
		await editor.picture('node-creator', { of: editor.at('nodes-list-header').locator('..') });

		const names = await editor.at('node-creator-item-name').allInnerTexts();
		expect(names).toContain('On message received');
		expect(names).toEqual(
			expect.arrayContaining([
				'Send message',
				'Get many messages',
				'Send API request',
				'Get token',
			]),
		);
	});

	test('words the actions as n8n does: sentences that name their object, without articles', async () => {
		const actions = (await editor.at('node-creator-item-name').allInnerTexts()).slice(1);

		expect(actions.length).toBeGreaterThan(30);
		expect(actions.filter((action) => /\b(a|an|the)\b/.test(action))).toEqual([]);
		expect(actions.filter((action) => !/^[A-Z][a-z]+( [a-zA-Z]+)+$/.test(action))).toEqual([]);
	});

	test.each([
		['light', 'alimail.svg'],
		['dark', 'alimail.dark.svg'],
	])('shows the icon in the %s theme', async (theme, file) => {
		await editor.page.evaluate((name) => localStorage.setItem('N8N_THEME', name), theme);
		await editor.newWorkflow();
		const icon = (await editor.searchNodes('alimail')).first().locator('img');

		expect(await icon.getAttribute('src')).toMatch(new RegExp(`/${file}$`));
		await expect.poll(() => icon.evaluate((image) => image.clientWidth)).toBeGreaterThan(10);
		expect(await icon.evaluate((image) => 'naturalWidth' in image && image.naturalWidth)).not.toBe(
			0,
		);
		await editor.picture(`search-${theme}`, {
			of: editor.at('nodes-list-header').locator('..'),
			height: 300,
		});
	});

	afterAll(async () => {
		await editor.page.evaluate(() => localStorage.removeItem('N8N_THEME'));
	});
});
