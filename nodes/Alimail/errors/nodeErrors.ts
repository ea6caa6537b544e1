import {
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type INode,
	type JsonObject,
} from 'n8n-workflow';

import { withoutSecrets } from './redact';

/** Characters of a foreign answer that an error shows. */
const EXCERPT_LENGTH = 200;

/** Characters of a foreign answer that are looked at for the excerpt. */
const LONGEST_READ = 16 * 1024;

/** Characters of a secret, in whatever spelling, that could be cut off there. */
const LONGEST_BEGINNING = 1024;

/** Levels of `error` within `error` that are looked at. */
const DEEPEST_ERROR = 3;

/** What to look at when the server answers with this status. */
const STATUS_HINTS: Readonly<Record<number, string>> = {
	401: 'The server refuses the access token although it was just renewed. Check the Application ID, the secret and the region in the credential.',
	403: "Check that the application has the permission that this call needs, that the mailbox is within the application's scope, and its IP restriction.",
	404: "Check the mailbox address, the path and the IDs, and that the credential's region hosts the domain. An ID changes when a draft is sent.",
	429: 'All applications of a domain share 40 requests a second. Slow down the other workflows, or lower Requests per Second.',
};

/** Broken connections in words. n8n replaces a message that holds one of these codes by one of its own. */
const NETWORK_REASONS: ReadonlyMap<string, string> = new Map([
	['ECONNREFUSED', 'the connection was refused'],
	['ECONNRESET', 'the connection broke'],
	['EPIPE', 'the connection broke'],
	['ECONNABORTED', 'it took too long'],
	['ETIMEDOUT', 'it took too long'],
	['ENOTFOUND', 'the host name is not known'],
	['EAI_AGAIN', 'the host name could not be looked up'],
	['EHOSTUNREACH', 'the host cannot be reached'],
	['ENETUNREACH', 'the network cannot be reached'],
]);

/** What Alimail says in the body of an error, as far as it says anything. */
export interface AnswerError {
	code?: string;
	message?: string;
	developerMessage?: string;
	requestId?: string;
}

/**
 * Finds the error in an answer, in Alimail's shape (`detailErrorCode`, `message`, `developerMessage`; third-party: go-alimail
 * and others) or in the ones that other clients look for (`code`, `error`, `error_code`, `error_description`).
 *
 * @param answer - the parsed JSON body, whatever it turned out to be
 */
export function errorIn(answer: unknown): AnswerError {
	return errorWithin(answer, DEEPEST_ERROR);
}

function errorWithin(answer: unknown, levels: number): AnswerError {
	if (typeof answer !== 'object' || answer === null || levels === 0) return {};
	const body = answer as IDataObject;
	const nested = errorWithin(body.error, levels - 1);
	const text = (...names: string[]) => {
		const value = names.map((name) => body[name]).find((v) => v !== undefined && v !== '');
		return typeof value === 'string' || typeof value === 'number'
			? excerpt(String(value))
			: undefined;
	};
	return {
		code: text('detailErrorCode', 'error_code', 'errorCode', 'code', 'error') ?? nested.code,
		message: text('message', 'error_description', 'errorMessage', 'msg') ?? nested.message,
		developerMessage: text('developerMessage') ?? nested.developerMessage,
		requestId: text('requestId', 'requestid', 'request_id') ?? nested.requestId,
	};
}

/** Whether an answer of success holds an error all the same (third-party: GWS looks for it; that it happens is not known). */
export function holdsError({ detailErrorCode: code }: IDataObject): boolean {
	return code !== undefined && code !== null && code !== '';
}

/**
 * One line about an answer that is not what was asked for: the error in it, else the beginning of its text.
 *
 * @param answer - the parsed JSON body, or anything else when it was no JSON
 * @param text - the body as it came
 */
export function describeAnswer(answer: unknown, text: string): string {
	const { code, message, developerMessage } = errorIn(answer);
	const more = message !== undefined && developerMessage?.includes(message) ? '' : developerMessage;
	const said = [code && `code ${code}`, message, more].filter(Boolean);
	return said.length > 0
		? said.join(', ')
		: excerpt(text, (shown) => shown.replace(/<[^<>]*>/g, ' '));
}

/**
 * Why a request got no answer, from what n8n's helper threw.
 *
 * @returns the end of a sentence. Nothing else of the error is used: it holds the request, with its token or secret
 */
export function reasonFor(error: { message?: string; code?: string }): string {
	return NETWORK_REASONS.get(error.code ?? '') ?? excerpt(error.message ?? 'unknown reason');
}

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

/** The details of an error that {@link refusedError} or {@link unansweredError} made. */
export function dataOf(error: NodeApiError | NodeOperationError): IDataObject {
	const { data } = error.context;
	return typeof data === 'object' && data !== null ? (data as IDataObject) : {};
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

/** The beginning of a text from outside, on one line and without secrets. */
function excerpt(text: string, change = (shown: string) => shown): string {
	const shown = withoutSecrets(text.slice(0, LONGEST_READ));
	// Where the reading stops there may be the beginning of a secret.
	const line = change(text.length > LONGEST_READ ? shown.slice(0, -LONGEST_BEGINNING) : shown)
		.replace(/\s+/g, ' ')
		.trim();
	return line.length > EXCERPT_LENGTH ? `${line.slice(0, EXCERPT_LENGTH)}…` : line;
}
