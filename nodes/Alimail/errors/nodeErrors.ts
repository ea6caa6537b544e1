import {
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type INode,
	type JsonObject,
} from 'n8n-workflow';

import { isObject } from '../flow/isObject';
import { describeAnswer, errorIn } from './answerError';

/** What to look at when the server answers with this status. */
const STATUS_HINTS: Readonly<Record<number, string>> = {
	401: 'The server refuses the access token although it was just renewed. Check the Application ID, the secret and the region in the credential.',
	403: "Check that the application has the permission that this call needs, that the mailbox is within the application's scope, and its IP restriction.",
	404: "Check the mailbox address, the path and the IDs, and that the credential's region hosts the domain. An ID changes when a draft is sent.",
	429: 'All applications of a domain share 40 requests a second. Slow down the other workflows, or lower Requests per Second.',
};

/**
 * The error for a request that the server refused or answered with something else than what it should.
 *
 * @param failure.request - e.g. `GET /v2/users`, as it was sent
 * @param failure.text - the body as it came, for when it is no JSON
 * @param itemIndex - of the item that the request was made for
 */
export function refusedError(
	node: INode,
	failure: { request: string; statusCode: number; answer: unknown; text: string; problem?: string },
	itemIndex: number,
): NodeApiError {
	const { request, statusCode, answer, text, problem } = failure;
	const said = describeAnswer(answer, text);
	const found = errorIn(answer);
	// n8n's type has no room for fields that are undefined.
	const error = new NodeApiError(node, { ...found, statusCode } as JsonObject, {
		message: `Alimail ${problem ?? `refused ${request} with status ${statusCode}`}${said ? `: ${said}` : ''}`,
		description:
			STATUS_HINTS[statusCode] ??
			(statusCode >= 500
				? 'The server could not do it now. Try again later.'
				: 'Check the parameters against the API documentation.'),
		httpCode: String(statusCode),
		itemIndex,
	});
	error.context.data = { statusCode, request, ...found };
	return error;
}

/**
 * The error for a request that got no answer.
 *
 * @param failure.kind - `unsent` when it never left; the reason then speaks for itself
 * @param failure.reason - see {@link reasonFor}
 */
export function unansweredError(
	node: INode,
	failure: { kind: string; request: string; reason: string; hint?: string },
	itemIndex: number,
): NodeApiError {
	const { kind, request, reason, hint } = failure;
	const isUnsent = kind === 'unsent' || kind === 'expired';
	const message = isUnsent ? reason : `No answer to ${request}: ${reason}`;
	const error = new NodeApiError(node, {}, { message, description: hint, itemIndex });
	error.context.data = { request, unanswered: isUnsent ? 'unsent' : kind };
	return error;
}

/**
 * What an error of this node says, as another error: for another item that it concerns too, or with more to say about it.
 *
 * @param cause - whatever was caught. Of another error than n8n's own the message alone is used
 * @param more.message - takes the message of the cause
 * @param more.data - added to the details that an item carries when the node continues on fail
 */
export function restatedError(
	node: INode,
	cause: unknown,
	itemIndex: number,
	more: { message?: (said: string) => string; description?: string; data?: IDataObject } = {},
): NodeApiError {
	const known = cause instanceof NodeApiError || cause instanceof NodeOperationError;
	const said = cause instanceof Error ? cause.message : String(cause);
	const error = new NodeApiError(
		node,
		{},
		{
			message: more.message?.(said) ?? said,
			description: more.description ?? (known ? (cause.description ?? undefined) : undefined),
			httpCode: cause instanceof NodeApiError ? (cause.httpCode ?? undefined) : undefined,
			itemIndex,
		},
	);
	error.context.data = { ...(known ? dataOf(cause) : undefined), ...more.data };
	return error;
}

/** Whatever was thrown, as an error. */
export function asError(thrown: unknown): Error {
	return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** The details of an error that {@link refusedError} or {@link unansweredError} made. */
export function dataOf(error: NodeApiError | NodeOperationError): IDataObject {
	const { data } = error.context;
	return isObject(data) ? data : {};
}

/** Whether a call that failed has certainly changed nothing: it was refused, or has never left. */
export function changedNothing(error: unknown): boolean {
	if (!(error instanceof NodeApiError)) return false;
	const { statusCode, unanswered } = dataOf(error);
	// 408 says that the server has waited for something, and not what it did meanwhile.
	const refused = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
	return unanswered === 'unsent' || (refused && statusCode !== 408);
}

/**
 * The error for a parameter that cannot be used. Nothing has been sent when it is thrown.
 *
 * @param parameter - the display name, as the user sees it
 * @param problem - continues a sentence that starts with the parameter, e.g. `is empty`
 */
export function parameterError(
	node: INode,
	parameter: string,
	problem: string,
	itemIndex: number,
	description?: string,
): NodeOperationError {
	return new NodeOperationError(node, `'${parameter}' ${problem}`, {
		description,
		itemIndex,
	});
}
