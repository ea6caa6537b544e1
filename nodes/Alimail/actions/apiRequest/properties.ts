import type { INodeProperties } from 'n8n-workflow';

import { optionsProperty } from '../../parameters/properties';
import { returnAllProperties } from '../../parameters/values';
import { bodyProperties } from './bodyProperties';
import { optionProperties } from './optionProperties';
import { pairs, specifyOptions } from './pairs';

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

/** How a request is described, in the words of n8n's HTTP Request node. */
export const properties: INodeProperties[] = [
	...target,
	...query,
	...headers,
	...bodyProperties,
	...pagination,
	optionsProperty(optionProperties),
];
