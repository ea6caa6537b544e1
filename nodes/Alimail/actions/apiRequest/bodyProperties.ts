import type { INodeProperties } from 'n8n-workflow';

import { pairs, specifyOptions } from './pairs';

export const bodyProperties: INodeProperties[] = [
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
