import { NodeApiError } from 'n8n-workflow';

import { READING } from '../../flow/pacing';
import { attachmentItem, downloadAttachment, listAttachments } from '../../mail/attachments';
import { mailboxParameter, mailboxProperty, messageIdProperty } from '../../parameters/locators';
import { requiredTextParameter } from '../../parameters/values';
import type { ItemOperation } from '../types';

/** Source: https://help.aliyun.com/document_detail/2856396.html */
export const download: ItemOperation = {
	value: 'download',
	name: 'Download',
	action: 'Download attachment',
	description: 'Get a file of a message as binary data, under its own name and type',
	properties: [
		mailboxProperty,
		messageIdProperty,
		{
			displayName: 'Attachment ID',
			name: 'attachmentId',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. Zx9_Ab1$',
			description: 'The ID of the file, from Get Many',
		},
		{
			displayName: 'Put Output in Field',
			name: 'binaryPropertyName',
			type: 'string',
			required: true,
			default: 'data',
			placeholder: 'e.g. data',
			hint: 'The name of the output field to put the binary file data in',
		},
	],

	concurrency: () => READING,

	async execute(context, itemIndex) {
		const mailbox = mailboxParameter(context, itemIndex);
		const messageId = requiredTextParameter(context, 'messageId', 'Message ID', itemIndex);
		const id = requiredTextParameter(context, 'attachmentId', 'Attachment ID', itemIndex);
		const field = requiredTextParameter(
			context,
			'binaryPropertyName',
			'Put Output in Field',
			itemIndex,
		);
		const message = { mailbox, messageId };
		// The bytes come without name and type.
		const attachments = await listAttachments(context, message, itemIndex);
		const attachment = attachments.find((one) => one.id === id);
		if (attachment === undefined) {
			throw new NodeApiError(
				context.getNode(),
				{},
				{
					message: `The message has no attachment with the ID '${id.slice(0, 80)}'`,
					description: `It has ${attachments.length} attachments. Get Many lists them with their IDs.`,
					itemIndex,
				},
			);
		}
		const binary = await downloadAttachment(context, message, attachment, itemIndex);
		const json = { ...attachmentItem(attachment), fileName: binary.fileName, messageId };
		return [{ json, binary: { [field]: binary } }];
	},
};
