import { jsonParse, type IDataObject } from 'n8n-workflow';

import { requestFor, type ApiCall } from '../../transport/call';
import { refusedError } from '../../transport/errors';
import { request } from '../../transport/request';
import type { AlimailContext } from '../../transport/types';
import { isObject } from '../answer';
import { withoutPasswords } from './users';

/** What stands for a password wherever the server repeats it. */
const HIDDEN = '***';

/**
 * Calls an endpoint with a password in the body. Whatever the server says about it is shown without the password, for an
 * error goes into executions, logs and error workflows.
 *
 * @returns the answer without any password; an empty object for an empty body
 * @throws NodeOperationError for a value that cannot be sent, NodeApiError for what the server refuses
 */
export async function callWithPassword(
	context: AlimailContext,
	call: ApiCall,
	password: string,
): Promise<IDataObject> {
	const prepared = await requestFor(context, call);
	const response = await request(context, { ...prepared, options: { neverError: true } });
	const { statusCode, body } = response;
	if (statusCode < 300 && body.trim() === '') return {};
	const answer = jsonParse<unknown>(body, { fallbackValue: null });
	if (statusCode < 300 && isObject(answer) && !('detailErrorCode' in answer)) {
		return withoutPasswords(answer);
	}
	const name = `${call.method} ${prepared.url.pathname}`;
	throw refusedError(
		context.getNode(),
		{
			request: name,
			statusCode,
			answer: hiddenIn(answer, password),
			text: hidden(body, password),
			problem:
				statusCode < 300 && !isObject(answer)
					? `answered ${name} with something other than JSON`
					: undefined,
		},
		call.itemIndex,
	);
}

function hidden(text: string, password: string): string {
	const spellings = [
		password,
		JSON.stringify(password).slice(1, -1),
		encodeURIComponent(password.toWellFormed()),
	];
	return spellings.reduce((shown, spelling) => shown.replaceAll(spelling, HIDDEN), text);
}

function hiddenIn(value: unknown, password: string): unknown {
	if (typeof value === 'string') return hidden(value, password);
	if (Array.isArray(value)) return value.map((entry) => hiddenIn(entry, password));
	if (!isObject(value)) return value;
	return Object.fromEntries(
		Object.entries(value).map(([name, entry]) => [name, hiddenIn(entry, password)]),
	);
}
