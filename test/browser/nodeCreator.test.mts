import { beforeAll, expect, test } from 'vitest';
import { describeEditor } from './support.mts';

describeEditor('the list of nodes', (editor) => {
	beforeAll(async () => await editor.newWorkflow());

	test.each(['阿里邮箱', 'aliyun', 'alibaba mail', 'alimail'])(
		'finds the node by %s',
		async (text) => {
			const found = await editor.searchNodes(text);

			await expect.poll(() => found.first().innerText()).toMatch(/^Alimail\b/);
		},
	);

	test.each([
		['dark', 'alimail.dark.svg'],
		['light', 'alimail.svg'],
	] as const)('shows the icon in the %s theme', async (theme, file) => {
		await editor.page.emulateMedia({ colorScheme: theme });
		const icon = (await editor.searchNodes('alimail')).first().locator('img:visible').first();

		await expect.poll(() => icon.getAttribute('src')).toMatch(new RegExp(`/${file}$`));
		await expect.poll(() => icon.evaluate((image) => image.clientWidth)).toBeGreaterThan(10);
		expect(await icon.evaluate((image) => 'naturalWidth' in image && image.naturalWidth)).not.toBe(
			0,
		);
	});

	test('offers the trigger and the actions under one entry', async () => {
		await editor.showActions();
		await editor.picture('node-creator', { of: editor.nodeCreator });

		const names = await editor.at('node-creator-item-name').allInnerTexts();
		expect(names[0]).toBe('On message received');
		expect(names).toEqual(
			expect.arrayContaining([
				'Send message',
				'Get many messages',
				'Send an authenticated request',
				'Get token',
			]),
		);
	});

	test('words the actions as n8n does: sentences that name their object, without articles', async () => {
		const actions = (await editor.at('node-creator-item-name').allInnerTexts()).slice(1);

		expect(actions.length).toBeGreaterThan(30);
		// Named as people know it from n8n's HTTP Request node.
		const withArticle = actions.filter((action) => /\b(a|an|the)\b/.test(action));
		expect(withArticle.filter((action) => action !== 'Send an authenticated request')).toEqual([]);
		expect(actions.filter((action) => !/^[A-Z][a-z]+( [a-zA-Z]+)+$/.test(action))).toEqual([]);
	});

	test('sorts the actions by resource and name', async () => {
		const resources = (await editor.at('item-iterator-item').allInnerTexts())
			.map((text) => text.trim())
			.filter((text) => / actions$/i.test(text));

		expect(resources.length).toBeGreaterThan(8);
		expect(resources).toEqual([...resources].sort());
	});
});
