import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { parameterError } from '../../errors/nodeErrors';
import { READING } from '../../flow/pacing';
import { attachmentsPrefix, downloadAll, downloadProperties } from '../../mail/attachmentBinaries';
import { SIMPLE_FIELDS, fieldsProperty, selectedFields } from '../../mail/messageFields';
import { searchQuery } from '../../mail/searchQuery';
import { simplifiedMessage } from '../../mail/simplify';
import {
	folderProperty,
	idParameter,
	mailboxParameter,
	mailboxProperty,
} from '../../parameters/locators';
import { optionsProperty, simplifyProperty, wantsSimple } from '../../parameters/properties';
import {
	collectionParameter,
	requiredTextParameter,
	resultLimit,
	returnAllProperties,
} from '../../parameters/values';
import { callApi } from '../../transport/call';
import { entriesOf, textOf } from '../../transport/json';
import { MAX_PAGE_SIZE, collect, pagesByCursor } from '../../transport/pagination';
import type { ItemOperation, OperationResult } from '../types';
import { filtersProperty, readFilters, readPeriod } from './filters';

const ofFolder = { show: { getFrom: ['folder'] } };

/** Lists the messages of a folder or searches the mailbox. */
export const getAll: ItemOperation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many messages',
	description: 'List the messages of a folder, or search the whole mailbox',
	properties: [
		mailboxProperty,
		{
			displayName: 'Get From',
			name: 'getFrom',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Folder',
					value: 'folder',
					description: 'All messages of a folder, or those of a period',
				},
				{
					name: 'Search by Filters',
					value: 'filters',
					description: 'Messages that match filters, in one folder or all',
				},
				{
					name: 'Search by Query',
					value: 'searchQuery',
					description: 'Messages that match a query written in the query language of Alimail',
				},
			],
			default: 'folder',
		},
		{ ...folderProperty(), displayOptions: ofFolder },
		{ ...filtersProperty, displayOptions: { show: { getFrom: ['filters'] } } },
		{
			displayName: 'Search Query',
			name: 'searchQuery',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. fromEmail:nathan@example.com AND date>2025-01-01T00:00:00Z',
			displayOptions: { show: { getFrom: ['searchQuery'] } },
			description:
				'Fields: from, to, fromEmail, toEmail, subject, body, attachname, date, size, tag, folderId, isRead, hasAttachments. ":" means contains, "=" equals, and &lt; &gt; compare. Join terms with AND, OR and NOT. Quote text with spaces, and double a quote inside.',
		},
		...returnAllProperties(),
		{
			displayName:
				'Fetching a lot of messages may take a long time. Consider using filters to speed things up',
			name: 'filtersNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { returnAll: [true] } },
		},
		simplifyProperty,
		optionsProperty([
			...downloadProperties,
			fieldsProperty(SIMPLE_FIELDS),
			{
				displayName: 'Order',
				name: 'order',
				type: 'options',
				displayOptions: { show: { '/getFrom': ['folder'] } },
				options: [
					{ name: 'Newest First', value: 'newestFirst' },
					{ name: 'Oldest First', value: 'oldestFirst' },
				],
				default: 'newestFirst',
				description: 'By the time of receipt',
			},
			{
				displayName: 'Received After',
				name: 'startTime',
				type: 'dateTime',
				displayOptions: { show: { '/getFrom': ['folder'] } },
				default: '',
				description:
					'Get the messages received at this time or later. Without an offset it is in the time zone of the workflow.',
			},
			{
				displayName: 'Received Before',
				name: 'endTime',
				type: 'dateTime',
				displayOptions: { show: { '/getFrom': ['folder'] } },
				default: '',
				description:
					'Get the messages received before this time. Without an offset it is in the time zone of the workflow.',
			},
		]),
	],

	concurrency: () => READING,

	async execute(context, itemIndex) {
		const mailbox = mailboxParameter(context, itemIndex);
		const limit = resultLimit(context, itemIndex);
		const simplify = wantsSimple(context, itemIndex);
		const options = collectionParameter(context, 'options', itemIndex);
		const prefix = attachmentsPrefix(context, options, itemIndex);
		const shown = selectedFields(options, { simplify, detailed: false });
		const fields = prefix === undefined ? shown : [...new Set([...shown, 'hasAttachments'])];
		const fetchPage = pageFetcher(context, mailbox, options, itemIndex, {
			$select: fields.join(','),
			size: Math.min(limit, MAX_PAGE_SIZE),
		});
		const messages = await collect(
			pagesByCursor(fetchPage),
			(page) => entriesOf(context, page, ['messages'], itemIndex),
			limit,
		);

		const items: OperationResult = [];
		for (const message of messages) {
			const json = simplify ? simplifiedMessage(message, shown) : message;
			const messageId = textOf(message.id);
			// Inline images may not count as attachments, so only a plain no saves the question.
			const mayHaveFiles = message.hasAttachments !== false && message.hasAttachments !== 'false';
			if (prefix === undefined || messageId === undefined || !mayHaveFiles) {
				items.push({ json });
				continue;
			}
			const place = { mailbox, messageId };
			const { binary, attachments } = await downloadAll(context, place, prefix, itemIndex);
			items.push({ json: { ...json, attachments }, binary });
		}
		return items;
	},
};

type FetchPage = (cursor: string | undefined) => Promise<IDataObject>;

/** Reads where the messages are to come from. */
function pageFetcher(
	context: IExecuteFunctions,
	mailbox: string,
	options: IDataObject,
	itemIndex: number,
	{ $select, size }: { $select: string; size: number },
): FetchPage {
	const getFrom = context.getNodeParameter('getFrom', itemIndex);
	switch (getFrom) {
		case 'folder':
			return fromFolder(context, mailbox, options, itemIndex, { $select, size });
		case 'filters':
			return bySearch(searchQuery(readFilters(context, itemIndex)));
		case 'searchQuery':
			return bySearch(requiredTextParameter(context, 'searchQuery', 'Search Query', itemIndex));
		default:
			throw parameterError(
				context.getNode(),
				'Get From',
				'must be folder, filters or searchQuery',
				itemIndex,
			);
	}

	/**
	 * Source: third-party (yaerp, billyprint) and vendor code (dws): `query`, `cursor` and `size` in the body. All of them
	 * send an empty cursor for the first page, so it may be required.
	 */
	function bySearch(query: string): FetchPage {
		return async (cursor) =>
			await callApi(context, {
				method: 'POST',
				path: '/v2/users/{mailbox}/messages/query',
				values: { mailbox },
				query: { $select },
				body: { query, cursor: cursor ?? '', size },
				itemIndex,
			});
	}
}

/**
 * Lists a folder. The official sample orders by `orderby=DES`, newer third-party clients (yaerp, email-agent) by
 * `isAscending`: both are sent and say the same.
 *
 * Source: https://help.aliyun.com/document_detail/2856396.html; `startTime` and `endTime` third-party (yaerp)
 */
function fromFolder(
	context: IExecuteFunctions,
	mailbox: string,
	options: IDataObject,
	itemIndex: number,
	{ $select, size }: { $select: string; size: number },
): FetchPage {
	const folderId = idParameter(context, 'folder', 'Folder', itemIndex);
	const { order = 'newestFirst' } = options;
	if (order !== 'newestFirst' && order !== 'oldestFirst') {
		throw parameterError(
			context.getNode(),
			'Order',
			'must be newestFirst or oldestFirst',
			itemIndex,
		);
	}
	const ascending = order === 'oldestFirst';
	const { startTime, endTime } = readPeriod(context, options, ['startTime', 'endTime'], itemIndex);
	return async (cursor) =>
		await callApi(context, {
			method: 'GET',
			path: '/v2/users/{mailbox}/mailFolders/{folderId}/messages',
			values: { mailbox, folderId },
			query: {
				size,
				cursor,
				orderby: ascending ? 'ASC' : 'DES',
				isAscending: ascending,
				startTime,
				endTime,
				$select,
			},
			itemIndex,
		});
}
