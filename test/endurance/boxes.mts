/** Mailboxes of an application, each for one purpose, so that one does not disturb another. */
export const boxes = {
	watched: 'watched@example.com',
	sender: 'sender@example.com',
	recipient: 'recipient@example.com',
	drafts: 'drafts@example.com',
	files: 'files@example.com',
	list: 'list@example.com',
} as const;

/** Messages in the mailbox that is listed, which is two pages. */
export const LISTED_MESSAGES = 120;
