import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import type { INodeParameters } from 'n8n-workflow';
import { outputOf } from '../support/execution.mts';
import type { N8nServer } from '../support/n8nServer.mts';
import type { WebhookRequest } from '../support/n8nApi.mts';
import { NODE, alimailCredential, alimailNode, simulated } from './support/alimail.mts';
import { describeN8n } from './support/describeN8n.mts';

const ALICE = 'alice@example.com';
const BOB = 'bob@example.com';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const address = (value: string) => ({ __rl: true, mode: 'address', value });
const id = (value: string) => ({ __rl: true, mode: 'id', value });

/** A simulator with a credential for it, and a way to run one operation of the node against it. */
async function mailOn(n8n: N8nServer) {
	const simulator = await simulated({ rateLimit: Infinity });
	const credential = await alimailCredential(n8n, simulator);
	const run = async (parameters: INodeParameters, request?: WebhookRequest) => {
		const { execution } = await n8n.runWorkflow([alimailNode(credential, parameters)], request);
		expect(execution.status).toBe('success');
		return outputOf(execution, NODE);
	};
	return { simulator, run };
}

describeN8n('A mail with two files and a picture in its text', (n8n) => {
	it('is sent, found, read, downloaded, answered, moved, tagged and deleted', async () => {
		const { simulator, run } = await mailOn(n8n);
		const large = randomBytes(50 * 1024 * 1024);
		const form = new FormData();
		form.append('large', new File([large], '大文件.bin', { type: 'application/octet-stream' }));
		form.append('note', new File(['a,b\n1,2\n'], 'numbers.csv', { type: 'text/csv' }));
		form.append('logo', new File([randomBytes(2000)], 'logo.png', { type: 'image/png' }));

		const [sent] = await run(
			{
				resource: 'message',
				operation: 'send',
				mailbox: address(ALICE),
				to: `"Bob, the builder" <${BOB}>`,
				subject: '季度报告 "Q3"',
				emailFormat: 'html',
				html: '<p>See <img src="cid:logo"></p>',
				options: {
					attachments: 'large, note',
					inlineImages: { images: [{ inputDataFieldName: 'logo', contentId: 'logo' }] },
				},
			},
			{ body: form },
		);
		expect(sent?.json).toMatchObject({ success: true, to: expect.stringContaining(BOB) });
		expect(simulator.state.messagesIn(ALICE, '5')).toHaveLength(0);

		const [found] = await run({
			resource: 'message',
			operation: 'getAll',
			mailbox: address(BOB),
			getFrom: 'filters',
			filters: { subject: '季度报告 "Q3"', hasAttachments: true },
		});
		const messageId = String(found?.json.id);
		expect(found?.json).toMatchObject({ from: ALICE, hasAttachments: true, isRead: false });

		const [read] = await run({
			resource: 'message',
			operation: 'get',
			mailbox: address(BOB),
			messageId,
		});
		expect(JSON.stringify(read?.json)).toContain('cid:logo');

		const attachments = await run({
			resource: 'attachment',
			operation: 'getAll',
			mailbox: address(BOB),
			messageId,
			returnAll: true,
		});
		expect(attachments.map(({ json }) => json.name)).toEqual(
			expect.arrayContaining(['大文件.bin', 'numbers.csv', 'logo.png']),
		);

		const attachmentId = String(
			attachments.find(({ json }) => json.name === '大文件.bin')?.json.id,
		);
		const [downloaded] = await run({
			resource: 'attachment',
			operation: 'download',
			mailbox: address(BOB),
			messageId,
			attachmentId,
		});
		const binary = Object.values(downloaded!.binary!)[0]!;
		expect(binary.fileName).toBe('大文件.bin');
		expect(sha256(await n8n.readBinary(binary))).toBe(sha256(large));

		await run({
			resource: 'message',
			operation: 'reply',
			mailbox: address(BOB),
			messageId,
			emailFormat: 'text',
			text: 'Thank you',
		});
		const [answer] = simulator.state.messagesIn(ALICE, '2');
		expect(answer).toMatchObject({ subject: 'Re: 季度报告 "Q3"' });
		const original = simulator.state.messagesIn(BOB, '2').find((one) => one.id === messageId)!;
		expect(JSON.stringify(answer?.internetMessageHeaders)).toContain(original.internetMessageId);

		const common = { resource: 'message', mailbox: address(BOB), messageId };
		await run({ ...common, operation: 'move', destinationFolder: id('3') });
		await run({ ...common, operation: 'addTags', tags: '11' });
		await run({ ...common, operation: 'markRead' });
		const moved = simulator.state.messagesIn(BOB, '3').find((one) => one.id === messageId);
		expect(moved).toMatchObject({ isRead: true, tags: ['11'] });

		const [deleted] = await run({ ...common, operation: 'delete' });
		expect(deleted?.json).toMatchObject({ deleted: true });
		expect(simulator.state.messagesIn(BOB, '6').map((one) => one.id)).toContain(messageId);
		expect(simulator.tokenRequests).toHaveLength(1);
	});

	it('is handled in as few calls as possible when there are many', async () => {
		const { simulator } = await mailOn(n8n);
		const credential = await alimailCredential(n8n, simulator);
		const messages = simulator.state.addMessages(ALICE, 250);
		const { execution } = await n8n.runWithItems(
			messages.map((message) => ({ id: message.id })),
			[
				alimailNode(credential, {
					resource: 'message',
					operation: 'markRead',
					mailbox: address(ALICE),
					messageId: '={{ $json.id }}',
				}),
			],
		);
		expect(outputOf(execution, NODE)).toHaveLength(250);
		const calls = simulator.apiRequests.filter(({ path }) => path.endsWith('/batchUpdate'));
		expect(calls).toHaveLength(3);
		expect(messages.every((message) => message.isRead)).toBe(true);
	});
});
