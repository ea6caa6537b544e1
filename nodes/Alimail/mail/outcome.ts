import type { IDataObject } from 'n8n-workflow';

import type { Address } from './addresses';
import type { Composition } from './composition';
import type { Draft } from './delivery';

/**
 * What comes out for a draft that was made. Its `internetMessageId` may change on sending: Alimail puts one of its own in its
 * place (third-party: email-agent, billyprint), so that it is no key by which to find the sent message.
 */
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
 * What comes out for a message that was sent: what is known of its draft. The copy in *Sent Items* gets an ID of its own,
 * which the answer does not name (source: https://help.aliyun.com/document_detail/2856076.html), and may have another
 * `internetMessageId`. Custom headers stay (third-party: email-agent, billyprint), so one of them can serve as a key.
 */
export function sentItem(draft: Draft, composition: Composition): IDataObject {
	return {
		success: true,
		...draftItem(draft, composition),
		savedToSentItems: composition.saveToSentItems,
	};
}
