import type { IDataObject, INodeProperties } from 'n8n-workflow';

/**
 * The names that `$select` takes for messages (third-party: yaerp). The API leaves out what is not named, and without
 * `$select` body, recipients and more.
 */
export const MESSAGE_FIELDS = [
	{ name: 'BCC Recipients', value: 'bccRecipients' },
	{ name: 'Body', value: 'body' },
	{ name: 'CC Recipients', value: 'ccRecipients' },
	{ name: 'Conversation ID', value: 'conversationId' },
	{ name: 'Folder ID', value: 'folderId' },
	{ name: 'From', value: 'from' },
	{ name: 'Has Attachments', value: 'hasAttachments' },
	{ name: 'ID', value: 'id' },
	{ name: 'Internet Message Headers', value: 'internetMessageHeaders' },
	{ name: 'Internet Message ID', value: 'internetMessageId' },
	{ name: 'Is Forwarded', value: 'isForwarded' },
	{ name: 'Is Read', value: 'isRead' },
	{ name: 'Is Read Receipt Requested', value: 'isReadReceiptRequested' },
	{ name: 'Is Replied', value: 'isReplied' },
	{ name: 'Last Modified Date Time', value: 'lastModifiedDateTime' },
	{ name: 'Priority', value: 'priority' },
	{ name: 'Received Date Time', value: 'receivedDateTime' },
	{ name: 'Reply To', value: 'replyTo' },
	{ name: 'Send Status', value: 'sendStatus' },
	{ name: 'Sender', value: 'sender' },
	{ name: 'Sent Date Time', value: 'sentDateTime' },
	{ name: 'Size', value: 'size' },
	{ name: 'Subject', value: 'subject' },
	{ name: 'Summary', value: 'summary' },
	{ name: 'Tags', value: 'tags' },
	{ name: 'To Recipients', value: 'toRecipients' },
] as const;

/** What *Simplify* shows unless the user chooses. */
export const SIMPLE_FIELDS: readonly string[] = [
	'id',
	'subject',
	'from',
	'toRecipients',
	'ccRecipients',
	'receivedDateTime',
	'sentDateTime',
	'isRead',
	'hasAttachments',
	'size',
	'folderId',
	'conversationId',
	'summary',
	'tags',
	'internetMessageId',
];

/** Too much for a list that nobody asked it for. */
const LARGE_FIELDS: readonly string[] = ['body', 'internetMessageHeaders'];

/** *Fields*, for *Options*. Read it with {@link selectedFields}. */
export function fieldsProperty(defaults: readonly string[]): INodeProperties {
	return {
		displayName: 'Fields',
		name: 'fields',
		type: 'multiOptions',
		options: [...MESSAGE_FIELDS],
		default: [...defaults],
		description:
			'What to get of each message. Alimail leaves out all other fields. The ID always comes along.',
	};
}

/**
 * Reads {@link fieldsProperty} from *Options*.
 *
 * @param options.detailed - whether the body counts among what is shown by default
 * @returns names for `$select`, with `id` among them
 */
export function selectedFields(
	{ fields }: IDataObject,
	options: { simplify: boolean; detailed: boolean },
): string[] {
	const chosen = Array.isArray(fields) ? fields.filter((name) => typeof name === 'string') : [];
	if (chosen.length > 0) return [...new Set(['id', ...chosen])];
	const { simplify, detailed } = options;
	if (simplify) return detailed ? [...SIMPLE_FIELDS, 'body'] : [...SIMPLE_FIELDS];
	return MESSAGE_FIELDS.map(({ value }) => value).filter(
		(name) => detailed || !LARGE_FIELDS.includes(name),
	);
}
