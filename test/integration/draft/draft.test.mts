import { describe, expect, it } from 'vitest';
import { calls, composed, file, mail, requestsTo } from '../../support/mail.mts';
import { simulated } from '../../support/simulated.mts';

describe('a draft', () => {
	it('is composed like a message, with files, and stays where it is', async () => {
		const { simulator, alimail } = await simulated();
		const { json, error } = await alimail.run({
			items: [{ json: {}, binary: { data: file('content', 'a.txt', 'text/plain') } }],
			parameters: mail('draft', 'create', {
				to: 'bob@example.com',
				subject: 'Later',
				emailFormat: 'text',
				text: 'Hello',
				options: { attachments: 'data', priority: 'PRY_LOW' },
			}),
		});
		expect(error).toBeUndefined();
		expect(calls(simulator)).toEqual(['POST messages', 'POST createUploadSession', 'POST bytes']);
		expect(composed(simulator)).toMatchObject({ subject: 'Later', priority: 'PRY_LOW' });
		const [draft] = simulator.state.messagesIn('alice@example.com', '5');
		expect(json).toMatchObject([{ draftId: draft!.id, subject: 'Later', attachments: ['a.txt'] }]);
		expect(json[0]).not.toHaveProperty('savedToSentItems');
	});

	it('needs neither recipients nor content', async () => {
		const { simulator, alimail } = await simulated();
		const { json, error } = await alimail.run({ parameters: mail('draft', 'create') });
		expect(error).toBeUndefined();
		expect(simulator.state.messagesIn('alice@example.com', '5')[0]?.id).toBe(json[0]?.draftId);
	});

	it('can be made, completed and sent in three steps', async () => {
		const { simulator, alimail } = await simulated();
		const created = await alimail.run({
			parameters: mail('draft', 'create', { to: 'bob@example.com', subject: 'In steps' }),
		});
		const { draftId } = created.json[0]!;
		const added = await alimail.run({
			items: [{ json: {}, binary: { data: file('content', '../a.txt', 'text/plain') } }],
			parameters: mail('draft', 'addAttachment', {
				draftId,
				options: { fileName: 'invoice.pdf', contentId: ' ' },
			}),
		});
		expect(added.json).toEqual([
			{
				success: true,
				draftId,
				mailbox: 'alice@example.com',
				name: 'invoice.pdf',
				mimeType: 'text/plain',
				sizeBytes: 7,
			},
		]);
		const sent = await alimail.run({ parameters: mail('draft', 'send', { draftId }) });
		expect(sent.json).toEqual([
			{ success: true, draftId, mailbox: 'alice@example.com', savedToSentItems: true },
		]);
		expect(simulator.state.messagesIn('bob@example.com')[0]).toMatchObject({
			subject: 'In steps',
			attachments: [{ name: 'invoice.pdf', isInline: false }],
		});
		expect(simulator.state.messagesIn('alice@example.com', '5')).toEqual([]);
	});

	it('takes an image that its HTML shows', async () => {
		const { simulator, alimail } = await simulated();
		const { id } = simulator.state.addMessage('alice@example.com', { folderId: '5' });
		await alimail.run({
			items: [{ json: {}, binary: { logo: file('png', 'folder\\logo.png', 'image/png') } }],
			parameters: mail('draft', 'addAttachment', {
				draftId: id,
				inputDataFieldName: 'logo',
				options: { contentId: '<logo@x>' },
			}),
		});
		expect(requestsTo(simulator, 'createUploadSession')[0]?.body).toMatchObject({
			attachment: { name: 'logo.png', contentId: 'logo@x', isInline: true },
		});
	});

	it('is sent without a copy if the user wants none', async () => {
		const { simulator, alimail } = await simulated();
		const { id } = simulator.state.addMessage('alice@example.com', { folderId: '5' });
		await alimail.run({
			parameters: mail('draft', 'send', { draftId: id, options: { saveToSentItems: false } }),
		});
		expect(simulator.apiRequests[0]?.body).toEqual({ saveToSentItems: false });
	});

	it('that is not there is not sent, and the error says so', async () => {
		const { simulator, alimail } = await simulated();
		const { error } = await alimail.run({ parameters: mail('draft', 'send', { draftId: 'DzNo' }) });
		expect(error?.message).toContain('The draft DzNo was not sent. ');
		expect(simulator.apiRequests).toHaveLength(1);
	});

	it.each([500, 503])('is never sent twice, with status %i', async (status) => {
		const { simulator, alimail } = await simulated();
		const { id } = simulator.state.addMessage('alice@example.com', { folderId: '5' });
		simulator.fault({ path: /\/send$/, status, times: Infinity });
		const { error } = await alimail.run({ parameters: mail('draft', 'send', { draftId: id }) });
		expect(error?.message).toContain('not known whether');
		expect(simulator.apiRequests).toHaveLength(1);
	});

	it.each([
		['send', { draftId: '={{ "" }}' }, "'Draft ID' is empty"],
		['addAttachment', { draftId: 'x', inputDataFieldName: 'no' }, "'no'"],
		['addAttachment', { draftId: 'x', inputDataFieldName: 'data,data' }, 'one binary field'],
		['addAttachment', { draftId: 'x', options: { contentId: 'a b' } }, "'Content ID'"],
	])('%s says what cannot be used, and sends nothing', async (operation, parameters, text) => {
		const { simulator, alimail } = await simulated();
		const { error } = await alimail.run({
			items: [{ json: {}, binary: { data: file('x') } }],
			parameters: mail('draft', operation, parameters),
		});
		expect(error?.message).toContain(text);
		expect(simulator.requests).toEqual([]);
	});
});
