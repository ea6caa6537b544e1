import { jsonParse, type IDataObject, type IHttpRequestMethods } from 'n8n-workflow';

import { apiOrigin, type AlimailContext } from '../auth/credential';
import { holdsError } from '../errors/answerError';
import { parameterError, refusedError } from '../errors/nodeErrors';
import { isObject } from '../flow/isObject';
import { request } from './request';
import type { AlimailRequest } from './types';
import { urlFor } from './url';

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
	const url = urlFor(path, new Map(Object.entries(values)), await apiOrigin(context));
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

/**
 * Sends a request and reads the answer as JSON.
 *
 * @returns the object that came; an empty one for an empty body (third-party: send and batch calls answer so), unless it
 * was asked for something: a list that is cut off like that would look complete
 * @throws NodeApiError as {@link request} does, and when the answer is no JSON object or holds an error despite its status
 */
export async function requestJson(
	context: AlimailContext,
	alimailRequest: AlimailRequest,
): Promise<IDataObject> {
	const { method, url, itemIndex } = alimailRequest;
	const { body: text, statusCode } = await request(context, alimailRequest);
	if (text.trim() === '' && method !== 'GET') return {};
	const answer = jsonParse<unknown>(text, { fallbackValue: null });
	if (!isObject(answer) || holdsError(answer)) {
		throw refusedError(
			context.getNode(),
			{
				request: `${method} ${url.pathname}`,
				statusCode,
				answer,
				text,
				problem: isObject(answer)
					? undefined
					: `answered ${method} ${url.pathname} with something other than JSON`,
			},
			itemIndex,
		);
	}
	return answer;
}
