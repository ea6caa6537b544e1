import { describe, expect, it } from 'vitest';
import { MESSAGE_FIELDS } from '../../../nodes/Alimail/mail/messageFields.ts';
import { mail } from '../../support/mail.mts';
import { simulated } from '../../support/simulated.mts';

describe('one message', () => {
	it.each(['wrapped', 'bare'] as const)(
		'comes simplified with its body, %s',
		async (messageShape) => {
			const { simulator, alimail } = await simulated({ messageShape });
			const { id } = simulator.state.addMessage('alice@example.com', {
				subject: '你好',
				body: { bodyText: 'text', bodyHtml: '<p>html</p>' },
			});
			const { json, error } = await alimail.run({
				parameters: mail('message', 'get', { messageId: ` ${id} ` }),
			});
			expect(error).toBeUndefined();
			expect(json).toMatchObject([
				{ id, subject: '你好', to: 'alice@example.com', text: 'text', html: '<p>html</p>' },
			]);
			expect(simulator.apiRequests[0]?.path).toContain('%24---.');
		},
	);

	it('comes with every field without Simplify', async () => {
		const { simulator, alimail } = await simulated();
		const { id } = simulator.state.addMessage('alice@example.com');
		const { json } = await alimail.run({
			parameters: mail('message', 'get', { messageId: id, simplify: false }),
		});
		expect(Object.keys(json[0]!).sort()).toEqual(MESSAGE_FIELDS.map(({ value }) => value).sort());
	});

	it('comes with the fields that the user selects, and its files', async () => {
		const { simulator, alimail } = await simulated();
		const { id } = simulator.state.addMessage('alice@example.com', {
			attachments: [{ name: 'logo.png', content: 'png', contentId: 'logo', isInline: true }],
		});
		const { items } = await alimail.run({
			parameters: mail('message', 'get', {
				messageId: id,
				options: { fields: ['subject'], downloadAttachments: true },
			}),
		});
		expect(items[0]?.json).toEqual({
			id,
			subject: expect.any(String),
			attachments: [
				expect.objectContaining({ contentId: 'logo', isInline: true, binaryField: 'attachment_0' }),
			],
		});
		expect((await alimail.read(items[0]!.binary!.attachment_0!)).toString()).toBe('png');
	});

	it('is an error where there is none', async () => {
		const { alimail } = await simulated();
		const { error } = await alimail.run({
			parameters: mail('message', 'get', { messageId: 'DzNone' }),
		});
		expect(error?.message).toContain('404');
	});

	it.each(['..', '.', '={{ "\\ud800" }}', '={{ ["a"] }}', '={{ "" }}'])(
		'cannot be asked for by the ID %j',
		async (messageId) => {
			const { simulator, alimail } = await simulated();
			const { error } = await alimail.run({ parameters: mail('message', 'get', { messageId }) });
			expect(error).toBeDefined();
			expect(simulator.apiRequests).toEqual([]);
		},
	);
});
