import { describe, expect, it } from 'vitest';
import type { Settings } from '../../simulator/index.mts';
import { calls, composed, file, mail, requestsTo } from '../../support/mail.mts';
import { byAddress } from '../../support/operations.mts';
import { simulated } from '../../support/simulated.mts';

const ann = { email: 'ann@example.org', name: 'Ann' };
const bob = { email: 'bob@example.com', name: 'Bob Fischer' };
const alias = { email: 'a.martin@example.com', name: '' };
const alice = { email: 'alice@example.com', name: 'Alice Martin' };

async function withOriginal(settings: Partial<Settings> = {}) {
	const { simulator, alimail } = await simulated(settings);
	const original = simulator.state.addMessage('alice@example.com', {
		subject: '回复: Question',
		from: ann,
		toRecipients: [alice, bob],
		ccRecipients: [{ email: 'cc@example.org', name: '' }, alias],
		internetMessageId: '<3@example.org>',
		internetMessageHeaders: { References: '<1@example.org> <2@example.org>' },
		sentDateTime: '2025-01-06T01:30:00Z',
		body: { bodyText: 'Is it <done>?' },
	});
	const reply = (parameters: Record<string, unknown> = {}) =>
		mail('message', 'reply', { messageId: original.id, html: '<p>Yes.</p>', ...parameters });
	return { simulator, alimail, original, reply };
}

describe('a reply', () => {
	it.each<Partial<Settings>>([{}, { messageShape: 'bare', emptyBodies: true }])(
		'goes to the sender and all others but oneself, within the thread, with %o',
		async (settings) => {
			const { simulator, alimail, original, reply } = await withOriginal(settings);
			const { json, error } = await alimail.run({ parameters: reply() });
			expect(error).toBeUndefined();
			expect(composed(simulator)).toEqual({
				subject: 'Re: Question',
				from: { email: 'alice@example.com' },
				toRecipients: [ann, bob],
				ccRecipients: [{ email: 'cc@example.org', name: '' }],
				bccRecipients: [],
				body: { bodyHtml: '<p>Yes.</p>' },
				internetMessageHeaders: {
					'In-Reply-To': '<3@example.org>',
					References: '<1@example.org> <2@example.org> <3@example.org>',
				},
			});
			expect(calls(simulator).slice(-2)).toEqual(['POST messages', 'POST send']);
			expect(json).toMatchObject([
				{ success: true, to: 'ann@example.org, bob@example.com', inReplyTo: original.id },
			]);
		},
	);

	it('goes to the sender alone if the user wants so', async () => {
		const { simulator, alimail, reply } = await withOriginal();
		await alimail.run({ parameters: reply({ replyToSenderOnly: true }) });
		expect(composed(simulator)).toMatchObject({ toRecipients: [ann], ccRecipients: [] });
	});

	it('finds the thread where a server gives headers as a list', async () => {
		const { simulator, alimail, reply } = await withOriginal();
		// The answer alone is a list: in a new draft it would be refused.
		simulator.settings.headersShape = 'array';
		simulator.fault({ method: 'POST', path: /\/messages$/, body: { message: { id: 'draft' } } });
		await alimail.run({ parameters: reply() });
		expect(composed(simulator).internetMessageHeaders).toMatchObject({
			References: '<1@example.org> <2@example.org> <3@example.org>',
		});
	});

	it('goes to whom Reply-To names', async () => {
		const { simulator, alimail } = await simulated();
		const { id } = simulator.state.addMessage('alice@example.com', {
			from: ann,
			replyTo: [{ email: 'desk@example.org', name: '' }],
		});
		await alimail.run({ parameters: mail('message', 'reply', { messageId: id, html: 'x' }) });
		expect(composed(simulator).toRecipients).toEqual([{ email: 'desk@example.org', name: '' }]);
	});

	it('works without the permission to read users, knowing no aliases then', async () => {
		const { simulator, alimail, reply } = await withOriginal({
			permissions: ['Mail.ReadWrite.All', 'Mail.Send.All'],
		});
		const { error } = await alimail.run({ parameters: reply() });
		expect(error).toBeUndefined();
		expect(composed(simulator)).toMatchObject({
			toRecipients: [ann, bob],
			ccRecipients: [{ email: 'cc@example.org', name: '' }, alias],
		});
	});

	it('is composed like a message', async () => {
		const { simulator, alimail, reply } = await withOriginal();
		const { error, json } = await alimail.run({
			items: [{ json: {}, binary: { data: file('content', 'a.txt') } }],
			parameters: reply({
				emailFormat: 'both',
				text: 'Yes.',
				options: {
					attachments: 'data',
					cc: 'more@example.org',
					bcc: 'hidden@example.org',
					quoteOriginal: true,
					internetMessageHeaders: { headers: [{ name: 'X-A', value: '1' }] },
				},
			}),
		});
		expect(error).toBeUndefined();
		expect(json[0]?.attachments).toEqual(['a.txt']);
		const message = composed(simulator);
		expect(message).toMatchObject({
			ccRecipients: [{ email: 'cc@example.org' }, { email: 'more@example.org' }],
			bccRecipients: [{ email: 'hidden@example.org' }],
			internetMessageHeaders: { 'X-A': '1', 'In-Reply-To': '<3@example.org>' },
			body: {
				bodyText:
					'Yes.\n\nOn 2025-01-06 01:30 UTC, Ann <ann@example.org> wrote:\n> Is it <done>?\n',
				bodyHtml: expect.stringMatching(/^<p>Yes\.<\/p>.*Is it &lt;done&gt;\?/),
			},
		});
	});

	it('takes recipients and a subject in place of those of the original', async () => {
		const { simulator, alimail, reply } = await withOriginal();
		await alimail.run({
			parameters: reply({ options: { to: 'only@example.org', subject: 'Other' } }),
		});
		expect(composed(simulator)).toMatchObject({
			subject: 'Other',
			toRecipients: [{ email: 'only@example.org' }],
			ccRecipients: [],
			internetMessageHeaders: { 'In-Reply-To': '<3@example.org>' },
		});
	});

	it('may stay a draft', async () => {
		const { simulator, alimail, reply } = await withOriginal();
		const { json } = await alimail.run({ parameters: reply({ options: { saveAsDraft: true } }) });
		expect(requestsTo(simulator, '/send')).toEqual([]);
		expect(json[0]).toMatchObject({ draftId: expect.any(String) });
		expect(json[0]).not.toHaveProperty('success');
		expect(simulator.state.messagesIn('alice@example.com', '5')).toHaveLength(1);
	});
});

describe('a reply that cannot be made', () => {
	it.each([
		['an address that is none', { options: { cc: 'nobody' } }, "'nobody'"],
		['an empty message ID', { messageId: ' ' }, "'Message ID' is empty"],
		[
			'headers of the thread',
			{ options: { internetMessageHeaders: { headers: [{ name: 'references', value: 'x' }] } } },
			"cannot set 'references'",
		],
	])('because of %s sends nothing', async (_what, parameters, text) => {
		const { simulator, alimail, reply } = await withOriginal();
		const { error } = await alimail.run({ parameters: reply(parameters) });
		expect(error?.message).toContain(text);
		expect(simulator.apiRequests).toEqual([]);
	});

	it('because the message is not there says so', async () => {
		const { simulator, alimail, reply } = await withOriginal();
		const { error } = await alimail.run({ parameters: reply({ messageId: 'no' }) });
		expect(error?.message).toContain('404');
		expect(calls(simulator)).toEqual(['GET no']);
	});

	it('because the message names nobody says so', async () => {
		const { simulator, alimail } = await simulated();
		const nobody = { email: '', name: 'Undisclosed' };
		const { id } = simulator.state.addMessage('bob@example.com', {
			from: nobody,
			toRecipients: [],
		});
		const { error } = await alimail.run({
			parameters: mail('message', 'reply', {
				mailbox: byAddress('bob@example.com'),
				messageId: id,
				html: 'x',
			}),
		});
		expect(error?.message).toContain('names nobody to reply to');
		expect(requestsTo(simulator, '/messages')).toEqual([]);
	});
});
