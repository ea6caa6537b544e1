import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { pathOf } from './record.mts';
import type { Settings } from './settings.mts';

/** An answer of the API that is not a success. */
export class AlimailError extends Error {
	readonly status: number;
	readonly code: string;

	constructor(status: number, code: string, message: string) {
		super(message);
		this.status = status;
		this.code = code;
	}
}

/** 400 with code 1001, "invalid parameter" [VEND]. */
export function invalidParameter(what: string): AlimailError {
	return new AlimailError(400, '1001', `invalid parameter: ${what}`);
}

/** 404; of its codes only `domain.notFound` is known in this form [VEND], the others are made after it. */
export function notFound(what: string): AlimailError {
	return new AlimailError(404, `${what}.notFound`, `${what} not found`);
}

/** 404 for what a mailbox does not hold: a draft that was sent is answered so [3P], the others are made after it. */
export function invalidId(what: string): AlimailError {
	return new AlimailError(404, 'Error.InvalidId', `${what} not found`);
}

/** Names for a status that a fault asks for; the real codes of 401, 403, 429 and 5xx are unknown. */
export function errorForStatus(status: number): AlimailError {
	switch (status) {
		case 400:
			return new AlimailError(400, '1001', 'invalid parameter');
		case 401:
			return new AlimailError(401, 'unauthorized', 'access token is invalid or has expired');
		case 403:
			return new AlimailError(403, 'forbidden', 'the application has no permission for this call');
		case 404:
			return new AlimailError(404, 'notFound', 'not found');
		case 429:
			return new AlimailError(429, 'tooManyRequests', 'request rate of the domain exceeded');
		default:
			return status >= 500
				? new AlimailError(status, '209', 'SYS_UNKNOWN_ERROR(1001)')
				: new AlimailError(status, 'error', 'request refused');
	}
}

const MAIL_PATH = /^\/v2\/(?:stream\/|users\/[^/]+\/(?:mailFolders|messages|calendars)(?:\/|$))/;

/**
 * The body of an error in the shape that the settings ask for. Calls about mail say `code` and `requestId` (a client's
 * recorded failures), calls about the directory `detailErrorCode`, on which its clients agree [3P].
 *
 * @param path - of the request; those of the token endpoint count as the directory's, since its errors are unknown
 */
export function errorBody(
	error: AlimailError,
	shape: Settings['errorShape'],
	path: string,
): object | string {
	const { code, message } = error;
	switch (shape) {
		case 'service':
			return errorBody(error, MAIL_PATH.test(path) ? 'code' : 'alimail', path);
		case 'alimail':
			return { detailErrorCode: code, message, developerMessage: `${code}: ${message}` };
		case 'code':
			return { code, message, requestId: randomUUID() };
		case 'oauth':
			return { error: code, error_description: message };
		case 'text':
			return `${error.status} ${message}`;
	}
}

/** Answers with an error. */
export function sendError(
	reply: FastifyReply,
	error: AlimailError,
	shape: Settings['errorShape'],
): FastifyReply {
	const body = errorBody(error, shape, pathOf(reply.request.originalUrl));
	return reply
		.code(error.status)
		.type(
			typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
		)
		.send(body);
}
