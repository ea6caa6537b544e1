import { READING } from '../../flow/pacing';
import { attachmentsPrefix, downloadAll, downloadProperties } from '../../mail/attachmentBinaries';
import { SIMPLE_FIELDS, fieldsProperty, selectedFields } from '../../mail/messageFields';
import { messageIn, simplifiedMessage } from '../../mail/simplify';
import { mailboxParameter, mailboxProperty, messageIdProperty } from '../../parameters/locators';
import { optionsProperty, simplifyProperty, wantsSimple } from '../../parameters/properties';
import { collectionParameter, requiredTextParameter } from '../../parameters/values';
import { callApi } from '../../transport/call';
import type { ItemOperation } from '../types';

/** Source: third-party (pytbox, XiaoMi, yaerp and others agree on path and answer). */
export const get: ItemOperation = {
	value: 'get',
	name: 'Get',
	action: 'Get message',
	description: 'Get one message with its body',
	properties: [
		mailboxProperty,
		messageIdProperty,
		simplifyProperty,
		optionsProperty([...downloadProperties, fieldsProperty([...SIMPLE_FIELDS, 'body'])]),
	],

	concurrency: () => READING,

	async execute(context, itemIndex) {
		const mailbox = mailboxParameter(context, itemIndex);
		const messageId = requiredTextParameter(context, 'messageId', 'Message ID', itemIndex);
		const simplify = wantsSimple(context, itemIndex);
		const options = collectionParameter(context, 'options', itemIndex);
		const prefix = attachmentsPrefix(context, options, itemIndex);
		const fields = selectedFields(options, { simplify, detailed: true });
		const answer = await callApi(context, {
			method: 'GET',
			path: '/v2/users/{mailbox}/messages/{messageId}',
			values: { mailbox, messageId },
			query: { $select: fields.join(',') },
			itemIndex,
		});
		const message = messageIn(answer);
		const json = simplify ? simplifiedMessage(message, fields) : message;
		if (prefix === undefined) return [{ json }];
		const { binary, attachments } = await downloadAll(
			context,
			{ mailbox, messageId },
			prefix,
			itemIndex,
		);
		return [{ json: { ...json, attachments }, binary }];
	},
};
