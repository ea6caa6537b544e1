import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { parameterError } from '../../errors/nodeErrors';
import { readComposition, type Composition } from '../../mail/composition';
import {
	composeOptions,
	contentProperties,
	subjectProperty,
	toProperty,
} from '../../mail/compositionProperties';
import { makeDraft, sendDraft } from '../../mail/delivery';
import { draftItem, sentItem } from '../../mail/outcome';
import { quoteOf } from '../../mail/quote';
import { messageIn } from '../../mail/simplify';
import { THREAD_FIELDS, replyRecipients, replySubject, threadHeaders } from '../../mail/thread';
import { mailboxParameter, mailboxProperty, messageIdProperty } from '../../parameters/locators';
import { collectionParameter, requiredTextParameter } from '../../parameters/values';
import { callApi, requestFor, requestJson } from '../../transport/call';
import type { ItemOperation } from '../types';

/** Headers of the thread, which follow from the message that is answered. */
const THREAD_HEADERS = ['in-reply-to', 'references'];

/**
 * Answers a message: a new draft with the headers of its thread, which is then sent. The path of Alimail's own reply is not
 * known.
 *
 * Source: third-party (yaerp) for the headers; for the rest see *Send*
 */
export const reply: ItemOperation = {
	value: 'reply',
	name: 'Reply',
	action: 'Reply to message',
	description: 'Answer a message, to its sender or to all, within its thread',
	properties: [
		mailboxProperty,
		messageIdProperty,
		{
			displayName: 'Reply to Sender Only',
			name: 'replyToSenderOnly',
			type: 'boolean',
			default: false,
			description: 'Whether to reply to the sender only or to the entire list of recipients',
		},
		...contentProperties,
		composeOptions(
			[],
			[
				{
					displayName: 'Quote Original',
					name: 'quoteOriginal',
					type: 'boolean',
					default: false,
					description: 'Whether to put the text of the original below the reply',
				},
				{
					displayName: 'Save as Draft',
					name: 'saveAsDraft',
					type: 'boolean',
					default: false,
					description:
						'Whether to save the reply as a draft. If false, the reply is sent immediately.',
				},
				{
					...subjectProperty,
					placeholder: 'e.g. Re: Your question',
					description: "The subject in place of the original's with Re:",
				},
				{
					...toProperty,
					description: 'Recipients in place of those that the original names, written as in Send',
				},
			],
		),
	],

	async execute(context, itemIndex) {
		const mailbox = mailboxParameter(context, itemIndex);
		const messageId = requiredTextParameter(context, 'messageId', 'Message ID', itemIndex);
		const options = collectionParameter(context, 'options', itemIndex);
		const senderOnly = context.getNodeParameter('replyToSenderOnly', itemIndex, false) === true;
		const composition = await readComposition(context, mailbox, itemIndex);
		refuseThreadHeaders(context, composition, itemIndex);

		const original = await readOriginal(context, mailbox, messageId, itemIndex);
		const { message } = composition;
		if (message.toRecipients.length === 0) {
			const own = await ownAddresses(context, mailbox, itemIndex);
			const { to, cc } = replyRecipients(original, own, { senderOnly });
			message.toRecipients = to;
			message.ccRecipients = [...cc, ...message.ccRecipients];
		}
		if (message.toRecipients.length === 0) {
			throw parameterError(
				context.getNode(),
				'Message ID',
				'is of a message that names nobody to reply to',
				itemIndex,
				"Name the recipients with the option 'To'.",
			);
		}
		if (message.subject === '') {
			message.subject = replySubject(typeof original.subject === 'string' ? original.subject : '');
		}
		message.internetMessageHeaders = {
			...message.internetMessageHeaders,
			...threadHeaders(original),
		};
		if (options.quoteOriginal === true) addQuote(message.body, original);

		const draft = await makeDraft(context, mailbox, composition, itemIndex);
		if (options.saveAsDraft === true) {
			return [{ json: { ...draftItem(draft, composition), inReplyTo: messageId } }];
		}
		await sendDraft(context, draft, composition.saveToSentItems, itemIndex);
		return [{ json: { ...sentItem(draft, composition), inReplyTo: messageId } }];
	},
};

async function readOriginal(
	context: IExecuteFunctions,
	mailbox: string,
	messageId: string,
	itemIndex: number,
): Promise<IDataObject> {
	const answer = await callApi(context, {
		method: 'GET',
		path: '/v2/users/{mailbox}/messages/{messageId}',
		values: { mailbox, messageId },
		query: { $select: THREAD_FIELDS.join(',') },
		itemIndex,
	});
	return messageIn(answer);
}

/**
 * The addresses of a mailbox. Its aliases take the permission to read users, which an application that sends mail need not
 * have: without it, the address of the mailbox is all that is known.
 *
 * Source: third-party (go-alimail, cratos)
 */
async function ownAddresses(
	context: IExecuteFunctions,
	mailbox: string,
	itemIndex: number,
): Promise<string[]> {
	const built = await requestFor(context, {
		method: 'GET',
		path: '/v2/users/{mailbox}',
		values: { mailbox },
		query: { $select: 'email,emailAliases' },
		itemIndex,
	});
	const user = await requestJson(context, { ...built, options: { maxRetries: 1 } }).catch(
		(): IDataObject => ({}),
	);
	const aliases = Array.isArray(user.emailAliases) ? user.emailAliases : [];
	return [mailbox, user.email, ...aliases].filter((email) => typeof email === 'string');
}

function refuseThreadHeaders(
	context: IExecuteFunctions,
	{ message }: Composition,
	itemIndex: number,
): void {
	const name = Object.keys(message.internetMessageHeaders ?? {}).find((header) =>
		THREAD_HEADERS.includes(header.toLowerCase()),
	);
	if (name !== undefined) {
		const problem = `cannot set '${name}': it comes from the message that is answered`;
		throw parameterError(context.getNode(), 'Custom Headers', problem, itemIndex);
	}
}

function addQuote(body: Composition['message']['body'], original: IDataObject): void {
	const quote = quoteOf(original);
	if (body.bodyText !== undefined) body.bodyText += quote.text;
	if (body.bodyHtml !== undefined) body.bodyHtml += quote.html;
}
