import { NodeOperationError, type IDataObject, type IExecuteFunctions } from 'n8n-workflow';

import { parameterError } from '../../transport/errors';
import { MAX_PAGE_SIZE, collect, pagesByCursor, pagesByOffset } from '../../transport/pagination';
import { request, requestJson, type AlimailRequest } from '../../transport/request';
import type { ItemOperation, OperationResult } from '../types';
import { buildRequest } from './buildRequest';
import { responseItems, splitItems } from './output';
import { properties } from './properties';

/** Items handled side by side unless *Batching* says otherwise: enough for the rate that Alimail allows. */
const DEFAULT_ITEMS_AT_ONCE = 10;

/** Any call of the API, authenticated: what n8n's HTTP Request node does, made for Alimail. */
export const send: ItemOperation = {
	value: 'send',
	name: 'Send',
	action: 'Send an authenticated request',
	description: 'Call any path of the Alimail API with the access token of the credential',
	properties,

	concurrency(context) {
		const batch = context.getNodeParameter('options.batching.batch', 0, {}) as IDataObject;
		return typeof batch.batchSize === 'number' && batch.batchSize >= 1
			? { itemsAtOnce: Math.floor(batch.batchSize), pauseMs: Number(batch.batchInterval ?? 0) }
			: { itemsAtOnce: DEFAULT_ITEMS_AT_ONCE };
	},

	async execute(context, itemIndex) {
		const built = await buildRequest(context, itemIndex);
		const pagination = context.getNodeParameter('pagination', itemIndex, 'off');
		if (pagination === 'off') {
			const response = await request(context, { ...built, receive: 'stream' });
			return await responseItems(context, built, response);
		}
		return await pagedItems(context, built, pagination === 'cursor');
	},
};

async function pagedItems(
	context: IExecuteFunctions,
	first: AlimailRequest,
	byCursor: boolean,
): Promise<OperationResult> {
	const { itemIndex } = first;
	const number = (name: string) => {
		const value = context.getNodeParameter(name, itemIndex, undefined);
		return typeof value === 'number' && value >= 1 ? Math.floor(value) : undefined;
	};
	const all = context.getNodeParameter('returnAll', itemIndex, false) === true;
	const limit = all ? Infinity : number('limit');
	if (limit === undefined) {
		throw parameterError(context.getNode(), 'Limit', 'must be a number from 1', itemIndex);
	}
	const path = String(context.getNodeParameter('itemsPath', itemIndex, ''));
	const maxPages = number('options.maxPages');
	const pageSize = Math.min(number('options.pageSize') ?? MAX_PAGE_SIZE, limit);
	const itemsOf = (page: IDataObject) => splitItems(context, page, path, 'Items Path', itemIndex);

	const pages = byCursor
		? pagesByCursor(async (cursor) => {
				const inBody = context.getNodeParameter('cursorLocation', itemIndex) === 'body';
				const place = { size: pageSize, ...(cursor !== undefined && { cursor }) };
				return await requestJson(
					context,
					inBody ? withBodyFields(context, first, place) : withQuery(first, place),
				);
			}, maxPages)
		: pagesByOffset(
				async (offset, size) =>
					await requestJson(context, withQuery(first, { offset, limit: size })),
				(page) => itemsOf(page).length,
				pageSize,
				maxPages,
			);
	return await collect(pages, itemsOf, limit);
}

function withQuery(
	request: AlimailRequest,
	parameters: Record<string, string | number>,
): AlimailRequest {
	const url = new URL(request.url);
	for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
	return { ...request, url };
}

function withBodyFields(
	context: IExecuteFunctions,
	request: AlimailRequest,
	fields: IDataObject,
): AlimailRequest {
	const body: unknown = typeof request.body === 'string' ? JSON.parse(request.body) : {};
	if (typeof body !== 'object' || body === null || Array.isArray(body) || request.openBody) {
		throw new NodeOperationError(
			context.getNode(),
			"'Send Cursor In' is Body, and the body is not a JSON object",
			{ itemIndex: request.itemIndex },
		);
	}
	return {
		...request,
		headers: { 'content-type': 'application/json', ...request.headers },
		body: JSON.stringify({ ...body, ...fields }),
	};
}
