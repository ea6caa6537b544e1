import { readComposition } from '../../mail/composition';
import {
	composeOptions,
	contentProperties,
	subjectProperty,
	toProperty,
} from '../../mail/compositionProperties';
import { makeDraft } from '../../mail/delivery';
import { draftItem } from '../../mail/outcome';
import { mailboxParameter, mailboxProperty } from '../../parameters/locators';
import type { ItemOperation } from '../types';

/**
 * Makes a draft and uploads its files, as *Send* does before it sends.
 *
 * Source: https://help.aliyun.com/document_detail/2856076.html and https://help.aliyun.com/document_detail/2856471.html
 */
export const create: ItemOperation = {
	value: 'create',
	name: 'Create',
	action: 'Create draft',
	description: 'Make a draft in the Drafts folder, to be sent later or by somebody else',
	properties: [
		mailboxProperty,
		toProperty,
		subjectProperty,
		...contentProperties,
		composeOptions(['saveToSentItems']),
	],

	async execute(context, itemIndex) {
		const mailbox = mailboxParameter(context, itemIndex);
		const composition = await readComposition(context, mailbox, itemIndex);
		const draft = await makeDraft(context, mailbox, composition, itemIndex);
		return [{ json: draftItem(draft, composition) }];
	},
};
