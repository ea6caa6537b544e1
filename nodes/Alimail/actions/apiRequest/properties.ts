import type { INodeProperties } from 'n8n-workflow';

import { DEFAULT_REQUESTS_PER_SECOND } from '../../transport/pacing';
import { MAX_PAGE_SIZE } from '../../transport/pagination';
import { returnAllProperties } from '../parameters';

/** How a request is described, in the words of n8n's HTTP Request node. */

const specifyOptions = [
	{ name: 'Using Fields Below', value: 'keypair' },
	{ name: 'Using JSON', value: 'json' },
];

function pairs(
	name: string,
	displayName: string,
	singular: string,
	show: Record<string, Array<string | boolean>>,
	valueHint?: string,
): INodeProperties {
	return {
		displayName,
		name,
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: `Add ${singular}`,
		default: { parameters: [{ name: '', value: '' }] },
		displayOptions: { show },
		options: [
			{
				name: 'parameters',
				displayName: singular,
				values: [
					{ displayName: 'Name', name: 'name', type: 'string', default: '' },
					{
						displayName: 'Value',
						name: 'value',
						type: 'string',
						default: '',
						description: valueHint,
					},
				],
			},
		],
	};
}

const target: INodeProperties[] = [
	{
		displayName: 'Method',
		name: 'method',
		type: 'options',
		options: ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'].map((method) => ({
			name: method,
			value: method,
		})),
		default: 'GET',
		description: 'What the request does: GET and HEAD read, the others change something',
	},
	{
		displayName: 'Path',
		name: 'path',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. /v2/users/{email}/messages',
		description:
			"The path on the credential's own server. Write {name} where a path parameter goes. A whole URL works if it is on that server.",
	},
	{
		displayName: 'Path Parameters',
		name: 'pathParameters',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add Path Parameter',
		default: {},
		description:
			'Values for the {name} places in the path. They are percent-encoded, which the IDs of Alimail need.',
		options: [
			{
				name: 'parameters',
				displayName: 'Path Parameter',
				values: [
					{
						displayName: 'Name',
						name: 'name',
						type: 'string',
						default: '',
						placeholder: 'e.g. email',
						description: 'As it stands in the path, without the braces',
					},
					{
						displayName: 'Value',
						name: 'value',
						type: 'string',
						default: '',
						placeholder: 'e.g. nathan@example.com',
					},
				],
			},
		],
	},
];

const query: INodeProperties[] = [
	{
		displayName: 'Send Query Parameters',
		name: 'sendQuery',
		type: 'boolean',
		default: false,
		noDataExpression: true,
		description: 'Whether the request has query parameters',
	},
	{
		displayName: 'Specify Query Parameters',
		name: 'specifyQuery',
		type: 'options',
		displayOptions: { show: { sendQuery: [true] } },
		options: specifyOptions,
		default: 'keypair',
	},
	pairs(
		'queryParameters',
		'Query Parameters',
		'Query Parameter',
		{ sendQuery: [true], specifyQuery: ['keypair'] },
		'Empty values are sent too. Repeat a name to send several values.',
	),
	{
		displayName: 'JSON Query',
		name: 'jsonQuery',
		type: 'json',
		displayOptions: { show: { sendQuery: [true], specifyQuery: ['json'] } },
		default: '',
		placeholder: 'e.g. { "size": 50, "$select": "subject,from" }',
		description: 'An object of names and values. A list as value repeats the name.',
	},
];

const headers: INodeProperties[] = [
	{
		displayName: 'Send Headers',
		name: 'sendHeaders',
		type: 'boolean',
		default: false,
		noDataExpression: true,
		description: 'Whether the request has headers besides the ones that it needs anyway',
	},
	{
		displayName: 'Specify Headers',
		name: 'specifyHeaders',
		type: 'options',
		displayOptions: { show: { sendHeaders: [true] } },
		options: specifyOptions,
		default: 'keypair',
	},
	pairs(
		'headerParameters',
		'Headers',
		'Header',
		{ sendHeaders: [true], specifyHeaders: ['keypair'] },
		'Authorization cannot be set: it comes from the credential',
	),
	{
		displayName: 'JSON Headers',
		name: 'jsonHeaders',
		type: 'json',
		displayOptions: { show: { sendHeaders: [true], specifyHeaders: ['json'] } },
		default: '',
		placeholder: 'e.g. { "Accept-Language": "zh-CN" }',
		description:
			'An object of names and values. Authorization cannot be set: it comes from the credential.',
	},
];

const body: INodeProperties[] = [
	{
		displayName: 'Send Body',
		name: 'sendBody',
		type: 'boolean',
		default: false,
		noDataExpression: true,
		displayOptions: { hide: { method: ['GET', 'HEAD'] } },
		description: 'Whether the request has a body',
	},
	{
		displayName: 'Body Content Type',
		name: 'contentType',
		type: 'options',
		displayOptions: { show: { sendBody: [true] }, hide: { method: ['GET', 'HEAD'] } },
		options: [
			{ name: 'Binary File', value: 'binaryData' },
			{ name: 'Form URL Encoded', value: 'form-urlencoded' },
			{ name: 'Form-Data', value: 'multipart-form-data' },
			{ name: 'JSON', value: 'json' },
			{ name: 'Raw', value: 'raw' },
		],
		default: 'json',
		description: 'The format of the body. The API of Alimail takes JSON nearly everywhere.',
	},
	{
		displayName: 'Specify Body',
		name: 'specifyBody',
		type: 'options',
		displayOptions: {
			show: { sendBody: [true], contentType: ['json'] },
			hide: { method: ['GET', 'HEAD'] },
		},
		options: specifyOptions,
		default: 'keypair',
	},
	{
		...pairs('bodyParameters', 'Body Parameters', 'Body Field', {
			sendBody: [true],
			contentType: ['json'],
			specifyBody: ['keypair'],
		}),
		description:
			'The top-level fields of the JSON object. Use an expression for a value that is not text.',
	},
	{
		displayName: 'JSON Body',
		name: 'jsonBody',
		type: 'json',
		displayOptions: {
			show: { sendBody: [true], contentType: ['json'], specifyBody: ['json'] },
		},
		default: '',
		placeholder: 'e.g. { "query": "isRead:false", "size": 50 }',
	},
	pairs('formParameters', 'Form Fields', 'Form Field', {
		sendBody: [true],
		contentType: ['form-urlencoded'],
	}),
	{
		displayName: 'Form Parts',
		name: 'multipartParameters',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add Form Part',
		default: { parameters: [{ parameterType: 'formData', name: '', value: '' }] },
		displayOptions: { show: { sendBody: [true], contentType: ['multipart-form-data'] } },
		options: [
			{
				name: 'parameters',
				displayName: 'Form Part',
				values: [
					{
						displayName: 'Type',
						name: 'parameterType',
						type: 'options',
						options: [
							{ name: 'Binary File', value: 'formBinaryData' },
							{ name: 'Text', value: 'formData' },
						],
						default: 'formData',
					},
					{ displayName: 'Name', name: 'name', type: 'string', default: '' },
					{
						displayName: 'Value',
						name: 'value',
						type: 'string',
						default: '',
						displayOptions: { show: { parameterType: ['formData'] } },
					},
					{
						displayName: 'Input Data Field Name',
						name: 'inputDataFieldName',
						type: 'string',
						default: 'data',
						placeholder: 'e.g. data',
						displayOptions: { show: { parameterType: ['formBinaryData'] } },
						description: 'The binary field of the input item that holds the file',
					},
				],
			},
		],
	},
	{
		displayName: 'Input Data Field Name',
		name: 'inputDataFieldName',
		type: 'string',
		default: 'data',
		placeholder: 'e.g. data',
		displayOptions: { show: { sendBody: [true], contentType: ['binaryData'] } },
		description: 'The binary field of the input item that is sent, as it is',
	},
	{
		displayName: 'Content Type',
		name: 'rawContentType',
		type: 'string',
		default: '',
		placeholder: 'e.g. text/plain',
		displayOptions: { show: { sendBody: [true], contentType: ['raw'] } },
	},
	{
		displayName: 'Body',
		name: 'rawBody',
		type: 'string',
		default: '',
		displayOptions: { show: { sendBody: [true], contentType: ['raw'] } },
	},
];

const pagination: INodeProperties[] = [
	{
		displayName: 'Pagination',
		name: 'pagination',
		type: 'options',
		options: [
			{
				name: 'Off',
				value: 'off',
				description: 'One request for every input item',
			},
			{
				name: 'Cursor',
				value: 'cursor',
				description: 'For messages and users: follow nextCursor until there is none',
			},
			{
				name: 'Offset and Limit',
				value: 'offset',
				description: 'For departments and shared contacts: count up to total',
			},
		],
		default: 'off',
		description: 'How to get a list that comes in pages. Every entry becomes an item.',
	},
	{
		displayName: 'Send Cursor In',
		name: 'cursorLocation',
		type: 'options',
		displayOptions: { show: { pagination: ['cursor'] } },
		options: [
			{
				name: 'Body',
				value: 'body',
				description: 'For the search, which takes its cursor in a JSON body',
			},
			{ name: 'Query', value: 'query', description: 'For lists that are read with GET' },
		],
		default: 'query',
	},
	{
		displayName: 'Items Path',
		name: 'itemsPath',
		type: 'string',
		default: '',
		placeholder: 'e.g. messages',
		displayOptions: { show: { pagination: ['cursor', 'offset'] } },
		description:
			'Where the list stands in the response, names separated by dots. Leave it empty if there is only one list.',
	},
	...returnAllProperties({ show: { pagination: ['cursor', 'offset'] } }),
];

const paged = { show: { '/pagination': ['cursor', 'offset'] } };
const notPaged = { show: { '/pagination': ['off'] } };

const options: INodeProperties[] = [
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
			'How many requests to start at most, for all nodes of this n8n process together. Alimail allows 40 per domain. 0 means no limit.',
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
		description: 'Time in milliseconds to wait for the server before giving up',
	},
];

export const properties: INodeProperties[] = [
	...target,
	...query,
	...headers,
	...body,
	...pagination,
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options,
	},
];
