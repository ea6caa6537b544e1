import type { IDataObject } from 'n8n-workflow';

import type { Address } from './addresses';
import type { Composition } from './compose';
import type { Draft } from './delivery';

/** What comes out for a draft that was made. */
export function draftItem(draft: Draft, { message, files }: Composition): IDataObject {
	const emails = (addresses: Address[]) => addresses.map(({ email }) => email).join(', ');
	return {
		draftId: draft.id,
		...(draft.internetMessageId !== undefined && { internetMessageId: draft.internetMessageId }),
		mailbox: draft.mailbox,
		subject: message.subject,
		to: emails(message.toRecipients),
		cc: emails(message.ccRecipients),
		bcc: emails(message.bccRecipients),
		attachments: files.map(({ name }) => name),
	};
}

/**
 * What comes out for a message that was sent. The copy in *Sent Items* gets an ID of its own, which the answer does not
 * name (source: https://help.aliyun.com/document_detail/2856076.html).
 */
export function sentItem(draft: Draft, composition: Composition): IDataObject {
	return {
		success: true,
		...draftItem(draft, composition),
		savedToSentItems: composition.saveToSentItems,
	};
}
