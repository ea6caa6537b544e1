import { sendDraft } from '../../mail/delivery';
import { mailboxParameter, mailboxProperty, draftIdProperty } from '../../parameters/locators';
import { optionsProperty } from '../../parameters/properties';
import { collectionParameter, requiredTextParameter } from '../../parameters/values';
import type { ItemOperation } from '../types';

/** Source: https://help.aliyun.com/document_detail/2856076.html */
export const send: ItemOperation = {
	value: 'send',
	name: 'Send',
	action: 'Send draft',
	description: 'Send a draft as it is',
	properties: [
		mailboxProperty,
		draftIdProperty,
		optionsProperty([
			{
				displayName: 'Save to Sent Items',
				name: 'saveToSentItems',
				type: 'boolean',
				default: true,
				description: 'Whether to save the message in Sent Items',
			},
		]),
	],

	async execute(context, itemIndex) {
		const mailbox = mailboxParameter(context, itemIndex);
		const id = requiredTextParameter(context, 'draftId', 'Draft ID', itemIndex);
		const options = collectionParameter(context, 'options', itemIndex);
		const savedToSentItems = options.saveToSentItems !== false;
		await sendDraft(context, { mailbox, id }, savedToSentItems, itemIndex);
		return [{ json: { success: true, draftId: id, mailbox, savedToSentItems } }];
	},
};
