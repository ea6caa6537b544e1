import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { parameterError } from '../../errors/nodeErrors';
import type { SearchFilters } from '../../mail/searchQuery';
import { addedIdParameter, idLocator } from '../../parameters/locators';
import { utcTime } from '../../parameters/time';
import { filtersParameter, refuseEmpty, trimmedText } from '../../parameters/values';

/** What messages can be searched by. Read it with {@link readFilters}. */
export const filtersProperty: INodeProperties = {
	displayName: 'Filters',
	name: 'filters',
	type: 'collection',
	placeholder: 'Add Filter',
	default: {},
	description: 'All of them have to match. Without any, every message of the mailbox does.',
	options: [
		{
			displayName: 'Attachment Name',
			name: 'attachmentName',
			type: 'string',
			default: '',
			placeholder: 'e.g. invoice',
			description: 'The name of an attached file, or a part of it',
		},
		{
			displayName: 'Body',
			name: 'body',
			type: 'string',
			default: '',
			placeholder: 'e.g. order number',
			description: 'Text that the message contains',
		},
		{
			...idLocator(
				{
					displayName: 'Folder',
					name: 'folder',
					description: 'The folder to search in. Without it, all folders are searched.',
					required: false,
				},
				'searchFolders',
				'e.g. 2 for the inbox',
			),
		},
		{
			displayName: 'Has Attachments',
			name: 'hasAttachments',
			type: 'boolean',
			default: true,
			description: 'Whether the message has attachments',
		},
		{
			displayName: 'Maximum Size',
			name: 'maxSizeBytes',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 1_000_000,
			description: 'Of the whole message, in bytes',
		},
		{
			displayName: 'Minimum Size',
			name: 'minSizeBytes',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 0,
			description: 'Of the whole message, in bytes',
		},
		{
			displayName: 'Read Status',
			name: 'readStatus',
			type: 'options',
			options: [
				{ name: 'Unread and Read Messages', value: 'both' },
				{ name: 'Unread Messages Only', value: 'unread' },
				{ name: 'Read Messages Only', value: 'read' },
			],
			default: 'unread',
			description: 'Filter messages by whether they have been read or not',
		},
		{
			displayName: 'Received After',
			name: 'receivedAfter',
			type: 'dateTime',
			default: '',
			description:
				'Get the messages received at this time or later. Without an offset it is in the time zone of the workflow.',
		},
		{
			displayName: 'Received Before',
			name: 'receivedBefore',
			type: 'dateTime',
			default: '',
			description:
				'Get the messages received before this time. Without an offset it is in the time zone of the workflow.',
		},
		{
			displayName: 'Recipient',
			name: 'recipient',
			type: 'string',
			default: '',
			placeholder: 'e.g. nathan@example.com',
			description: 'Name or address of a recipient, or a part of it',
		},
		{
			displayName: 'Sender',
			name: 'sender',
			type: 'string',
			default: '',
			placeholder: 'e.g. nathan@example.com',
			description: 'Name or address of the sender, or a part of it',
		},
		{
			displayName: 'Subject',
			name: 'subject',
			type: 'string',
			default: '',
			placeholder: 'e.g. weekly report',
			description: 'Text that the subject contains',
		},
		{
			displayName: 'Tag ID',
			name: 'tag',
			type: 'string',
			default: '',
			placeholder: 'e.g. 1',
			description: 'The ID of a tag that the message has: 1 follow-up, 2 done, 11 important',
		},
	],
};

/**
 * Reads {@link filtersProperty}.
 *
 * @throws NodeOperationError that names the filter that is empty or cannot be used
 */
export function readFilters(context: IExecuteFunctions, itemIndex: number): SearchFilters {
	const filters = filtersParameter(context, filtersProperty, itemIndex);
	const invalid = (displayName: string, problem: string) =>
		parameterError(context.getNode(), displayName, problem, itemIndex);
	const text = (name: string, displayName: string) =>
		trimmedText(context, filters[name], displayName, itemIndex) || undefined;
	const size = (name: string, displayName: string) => {
		const value = filters[name];
		if (value === undefined) return undefined;
		const bytes = Number(value);
		if (!Number.isSafeInteger(bytes) || bytes < 0) {
			throw invalid(displayName, 'must be a whole number of bytes');
		}
		return bytes;
	};
	const { readStatus = 'both', hasAttachments } = filters;
	if (!['both', 'read', 'unread'].includes(String(readStatus))) {
		throw invalid('Read Status', 'must be both, read or unread');
	}
	if (hasAttachments !== undefined && typeof hasAttachments !== 'boolean') {
		throw invalid('Has Attachments', 'must be true or false');
	}
	return {
		sender: text('sender', 'Sender'),
		recipient: text('recipient', 'Recipient'),
		subject: text('subject', 'Subject'),
		body: text('body', 'Body'),
		attachmentName: text('attachmentName', 'Attachment Name'),
		tag: text('tag', 'Tag ID'),
		folderId: addedIdParameter(context, 'filters', 'folder', 'Folder', itemIndex),
		...readPeriod(context, filters, ['receivedAfter', 'receivedBefore'], itemIndex),
		isRead: readStatus === 'both' ? undefined : readStatus === 'read',
		hasAttachments,
		minSizeBytes: size('minSizeBytes', 'Minimum Size'),
		maxSizeBytes: size('maxSizeBytes', 'Maximum Size'),
	};
}

/**
 * The two times of a window, as far as they were added.
 *
 * @throws NodeOperationError for one that is empty or no time, and when the window ends before it begins
 */
export function readPeriod<After extends string, Before extends string>(
	context: IExecuteFunctions,
	values: Record<string, unknown>,
	[after, before]: [After, Before],
	itemIndex: number,
): { [name in After | Before]?: string } {
	const time = (name: string, displayName: string) => {
		if (!Object.hasOwn(values, name)) return undefined;
		refuseEmpty(context, displayName, values[name], itemIndex);
		return utcTime(context, values[name], displayName, itemIndex);
	};
	const begin = time(after, 'Received After');
	const end = time(before, 'Received Before');
	if (begin !== undefined && end !== undefined && Date.parse(begin) >= Date.parse(end)) {
		throw parameterError(
			context.getNode(),
			'Received Before',
			`(${end}) must be later than 'Received After' (${begin})`,
			itemIndex,
		);
	}
	// TypeScript takes computed names for any names.
	return { [after]: begin, [before]: end } as { [name in After | Before]?: string };
}
