import type { IDataObject, IHttpRequestMethods } from 'n8n-workflow';

import { parameterError } from '../errors/nodeErrors';
import { apiOrigin, requestJson } from './request';
import type { AlimailContext, AlimailRequest } from './types';
import { addressOf } from './url';

/** A call of one endpoint, as the operations make it. */
export interface ApiCall {
	method: IHttpRequestMethods;
	/** With places for the values, e.g. `/v2/users/{email}/messages/{messageId}`. */
	path: string;
	/** For the places in the path, e.g. `{ email, messageId }`; percent-encoded here. */
	values?: Record<string, string>;
	/** What is undefined is left out. */
	query?: Record<string, string | number | boolean | undefined>;
	/** Sent as JSON. */
	body?: object;
	/** Of the input item; errors name it. */
	itemIndex: number;
}

/**
 * The request that makes a call.
 *
 * @throws NodeOperationError when a value cannot stand in a path, such as `..`
 */
export async function requestFor(context: AlimailContext, call: ApiCall): Promise<AlimailRequest> {
	const { method, path, values = {}, query = {}, body, itemIndex } = call;
	const url = addressOf(path, new Map(Object.entries(values)), await apiOrigin(context));
	if (!(url instanceof URL)) {
		throw parameterError(context.getNode(), url.parameter, url.problem, itemIndex);
	}
	url.search = Object.entries(query)
		.filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined)
		.map((pair) => pair.map(encodeURIComponent).join('='))
		.join('&');
	return {
		method,
		url,
		itemIndex,
		...(body !== undefined && {
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		}),
	};
}

/**
 * Calls an endpoint that takes and gives JSON.
 *
 * @returns the answer; an empty object for an empty body
 * @throws NodeOperationError for a value that cannot be sent, NodeApiError for what the server refuses
 */
export async function callApi(context: AlimailContext, call: ApiCall): Promise<IDataObject> {
	return await requestJson(context, await requestFor(context, call));
}
