import { parameterError } from '../../errors/nodeErrors';
import { readComposition } from '../../mail/composition';
import {
	composeOptions,
	contentProperties,
	subjectProperty,
	toProperty,
} from '../../mail/compositionProperties';
import { makeDraft, sendDraft } from '../../mail/delivery';
import { sentItem } from '../../mail/outcome';
import { mailboxParameter, mailboxProperty } from '../../parameters/locators';
import type { ItemOperation } from '../types';

/**
 * Sends a message. There is no one-step send: a draft is made, each file is uploaded into it, and it is sent. The
 * `internetMessageId` in the output is the draft's; see {@link sentItem}.
 *
 * Source: https://help.aliyun.com/document_detail/2856076.html and https://help.aliyun.com/document_detail/2856471.html
 */
export const send: ItemOperation = {
	value: 'send',
	name: 'Send',
	action: 'Send message',
	description:
		'Send a message from a mailbox, with any number of files. Its Internet message ID may change on sending.',
	properties: [
		mailboxProperty,
		{ ...toProperty, required: true },
		subjectProperty,
		...contentProperties,
		composeOptions(),
	],

	async execute(context, itemIndex) {
		const mailbox = mailboxParameter(context, itemIndex);
		const composition = await readComposition(context, mailbox, itemIndex);
		if (composition.message.toRecipients.length === 0) {
			throw parameterError(context.getNode(), 'To', 'is empty', itemIndex);
		}
		const draft = await makeDraft(context, mailbox, composition, itemIndex);
		await sendDraft(context, draft, composition.saveToSentItems, itemIndex);
		return [{ json: sentItem(draft, composition) }];
	},
};
