import type { INodeProperties } from 'n8n-workflow';

import { DEFAULT_REQUESTS_PER_SECOND } from '../../flow/pacing';
import { MAX_PAGE_SIZE } from '../../transport/pagination';

const paged = { show: { '/pagination': ['cursor', 'offset'] } };
const notPaged = { show: { '/pagination': ['off'] } };

/** For *Options*. */
export const optionProperties: INodeProperties[] = [
	{
		displayName: 'Batching',
		name: 'batching',
		type: 'fixedCollection',
		placeholder: 'Add Batching',
		default: { batch: {} },
		description: 'How many input items are handled side by side. Without it, 10.',
		options: [
			{
				name: 'batch',
				displayName: 'Batching',
				values: [
					{
						displayName: 'Items per Batch',
						name: 'batchSize',
						type: 'number',
						typeOptions: { minValue: 1 },
						default: 10,
						description: 'How many items are handled at the same time',
					},
					{
						displayName: 'Batch Interval (Ms)',
						name: 'batchInterval',
						type: 'number',
						typeOptions: { minValue: 0 },
						default: 1000,
						description: 'Time between the end of a batch and the next one, in milliseconds',
					},
				],
			},
		],
	},
	{
		displayName: 'Follow Redirects',
		name: 'followRedirects',
		type: 'boolean',
		default: true,
		description:
			'Whether to follow redirects of GET and HEAD requests. Another server does not get the token.',
	},
	{
		displayName: 'Include Response Headers and Status',
		name: 'fullResponse',
		type: 'boolean',
		default: false,
		displayOptions: notPaged,
		description: 'Whether to return the status and the headers as well as the body',
	},
	{
		displayName: 'Maximum Pages',
		name: 'maxPages',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 100,
		displayOptions: paged,
		description: 'Stop after this many requests, even if there is more to get',
	},
	{
		displayName: 'Maximum Retries',
		name: 'maxRetries',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 5,
		description:
			'How often a request is repeated after status 429, and, for GET and HEAD, after a 5xx status or a broken connection',
	},
	{
		displayName: 'Never Error',
		name: 'neverError',
		type: 'boolean',
		default: false,
		displayOptions: notPaged,
		description: 'Whether to succeed also when the response has an error status',
	},
	{
		displayName: 'Page Size',
		name: 'pageSize',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: MAX_PAGE_SIZE,
		displayOptions: paged,
		description: 'How many entries to ask for at once. Alimail gives at most 100.',
	},
	{
		displayName: 'Put Output in Field',
		name: 'outputPropertyName',
		type: 'string',
		default: 'data',
		placeholder: 'e.g. data',
		displayOptions: notPaged,
		description: 'The field for a response that is text, and the binary field for a file',
	},
	{
		displayName: 'Requests per Second',
		name: 'requestsPerSecond',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: DEFAULT_REQUESTS_PER_SECOND,
		description:
			'How many requests this node may start in a second. All nodes of this n8n process together keep to the 40 that Alimail allows per domain; a higher number lets this node exceed that, and 0 means no limit until Alimail answers 429.',
	},
	{
		displayName: 'Response Format',
		name: 'responseFormat',
		type: 'options',
		displayOptions: notPaged,
		options: [
			{
				name: 'Autodetect',
				value: 'autodetect',
				description: 'By the content type of the response',
			},
			{
				name: 'File',
				value: 'file',
				description: 'Into a binary field, without holding it in memory',
			},
			{ name: 'JSON', value: 'json', description: 'Anything else is an error' },
			{ name: 'Text', value: 'text', description: 'As it came, into one field' },
		],
		default: 'autodetect',
		description: 'What to make of the response body',
	},
	{
		displayName: 'Split Into Items',
		name: 'splitIntoItems',
		type: 'string',
		default: '',
		placeholder: 'e.g. messages',
		displayOptions: notPaged,
		description:
			'The place of a list in the response, names separated by dots. Every entry becomes an item.',
	},
	{
		displayName: 'Timeout',
		name: 'timeout',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 60_000,
		description:
			'Longest silence in milliseconds before giving up: without an answer, or without a single byte while a body travels. A file that keeps moving may take longer.',
	},
];
