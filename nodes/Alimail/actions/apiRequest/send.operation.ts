import { NodeOperationError, type IDataObject, type IExecuteFunctions } from 'n8n-workflow';

import { collectionParameter, resultLimit, textParameter } from '../../parameters/values';
import { requestJson } from '../../transport/call';
import { MAX_PAGE_SIZE, collect, pagesByCursor, pagesByOffset } from '../../transport/pagination';
import { request } from '../../transport/request';
import type { AlimailRequest } from '../../transport/types';
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
		const batch = collectionParameter(context, 'options.batching.batch', 0);
		return typeof batch.batchSize === 'number' && batch.batchSize >= 1
			? { itemsAtOnce: Math.floor(batch.batchSize), pauseMs: Number(batch.batchInterval ?? 0) }
			: { itemsAtOnce: DEFAULT_ITEMS_AT_ONCE };
	},

	async execute(context, itemIndex) {
		const built = await buildRequest(context, itemIndex);
		const pagination = context.getNodeParameter('pagination', itemIndex, 'off');
		if (pagination === 'off') {
			const { body } = await request(context, {
				...built,
				read: async (response) => await responseItems(context, built, response),
			});
			return body;
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
	const limit = resultLimit(context, itemIndex);
	const path = textParameter(context, 'itemsPath', 'Items Path', itemIndex);
	const options = collectionParameter(context, 'options', itemIndex);
	const maxPages = typeof options.maxPages === 'number' ? options.maxPages : undefined;
	const wanted = typeof options.pageSize === 'number' ? options.pageSize : MAX_PAGE_SIZE;
	const pageSize = Math.max(1, Math.min(wanted, limit));
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

/** The same request with these query parameters. All others stay as they are, letter by letter. */
function withQuery(
	request: AlimailRequest,
	parameters: Record<string, string | number>,
): AlimailRequest {
	const url = new URL(request.url);
	const kept = url.search
		.slice(1)
		.split('&')
		.filter((pair) => pair !== '')
		.filter(
			(pair) =>
				![...new URLSearchParams(pair).keys()].some((name) => Object.hasOwn(parameters, name)),
		);
	const added = Object.entries(parameters).map(
		([name, value]) => `${name}=${encodeURIComponent(String(value).toWellFormed())}`,
	);
	url.search = [...kept, ...added].join('&');
	return { ...request, url };
}

/** The same request with these fields in its body. A cursor is always there, empty for the first page. */
function withBodyFields(
	context: IExecuteFunctions,
	request: AlimailRequest,
	fields: IDataObject,
): AlimailRequest {
	const body: unknown = typeof request.body === 'string' ? JSON.parse(request.body) : {};
	if (typeof body !== 'object' || body === null || Array.isArray(body) || request.streamBody) {
		throw new NodeOperationError(
			context.getNode(),
			"'Send Cursor In' is Body, and the body is not a JSON object",
			{ itemIndex: request.itemIndex },
		);
	}
	return {
		...request,
		headers: { 'content-type': 'application/json', ...request.headers },
		// Every client begins a search with an empty cursor (third-party: yaerp, billyprint; vendor code: dws).
		body: JSON.stringify({ cursor: '', ...body, ...fields }),
	};
}
