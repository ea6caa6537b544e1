import type { IDataObject } from 'n8n-workflow';

import { isObject } from '../flow/isObject';
import { withoutSecrets } from './redact';

/** Characters of a foreign answer that an error shows. */
const EXCERPT_LENGTH = 200;

/** Characters of a foreign answer that are looked at for the excerpt. */
const LONGEST_READ = 16 * 1024;

/** Characters of a secret, in whatever spelling, that could be cut off there. */
const LONGEST_BEGINNING = 1024;

/** Levels of `error` within `error` that are looked at. */
const DEEPEST_ERROR = 3;

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
	if (!isObject(answer) || levels === 0) return {};
	const nested = errorWithin(answer.error, levels - 1);
	const text = (...names: string[]) => {
		const value = names.map((name) => answer[name]).find((v) => v !== undefined && v !== '');
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

/** The beginning of a text from outside, on one line and without secrets. */
function excerpt(text: string, change = (shown: string) => shown): string {
	const shown = withoutSecrets(text.slice(0, LONGEST_READ));
	// Where the reading stops there may be the beginning of a secret.
	const line = change(text.length > LONGEST_READ ? shown.slice(0, -LONGEST_BEGINNING) : shown)
		.replace(/\s+/g, ' ')
		.trim();
	return line.length > EXCERPT_LENGTH ? `${line.slice(0, EXCERPT_LENGTH)}…` : line;
}
