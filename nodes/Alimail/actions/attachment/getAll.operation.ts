import { READING } from '../../flow/pacing';
import { attachmentItem, listAttachments } from '../../mail/attachments';
import { mailboxParameter, mailboxProperty, messageIdProperty } from '../../parameters/locators';
import { simplifyProperty, wantsSimple } from '../../parameters/properties';
import { requiredTextParameter, resultLimit, returnAllProperties } from '../../parameters/values';
import type { ItemOperation } from '../types';

/** Source: https://help.aliyun.com/document_detail/2856396.html */
export const getAll: ItemOperation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many attachments',
	description: 'List the files of a message, inline images among them',
	properties: [mailboxProperty, messageIdProperty, ...returnAllProperties(), simplifyProperty],

	concurrency: () => READING,

	async execute(context, itemIndex) {
		const mailbox = mailboxParameter(context, itemIndex);
		const messageId = requiredTextParameter(context, 'messageId', 'Message ID', itemIndex);
		const limit = resultLimit(context, itemIndex);
		const simplify = wantsSimple(context, itemIndex);
		const attachments = await listAttachments(context, { mailbox, messageId }, itemIndex);
		return attachments
			.slice(0, limit)
			.map((attachment) => ({ json: simplify ? attachmentItem(attachment) : attachment.raw }));
	},
};
