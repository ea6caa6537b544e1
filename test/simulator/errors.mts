import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { Settings } from './settings.mts';

/** An answer of the API that is not a success. */
export class AlimailError extends Error {
	readonly status: number;
	readonly detailErrorCode: string;

	constructor(status: number, detailErrorCode: string, message: string) {
		super(message);
		this.status = status;
		this.detailErrorCode = detailErrorCode;
	}
}

/** 400 with code 1001, "invalid parameter" [VEND]. */
export function invalidParameter(what: string): AlimailError {
	return new AlimailError(400, '1001', `invalid parameter: ${what}`);
}

/** 404; of its codes only `domain.notFound` is known [VEND], the others are made after it. */
export function notFound(what: string): AlimailError {
	return new AlimailError(404, `${what}.notFound`, `${what} not found`);
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

/** The body of an error in the shape that the settings ask for: `alimail` is the one that clients agree on [3P]. */
export function errorBody(error: AlimailError, shape: Settings['errorShape']): object | string {
	switch (shape) {
		case 'alimail':
			return {
				detailErrorCode: error.detailErrorCode,
				message: error.message,
				developerMessage: `${error.detailErrorCode}: ${error.message}`,
			};
		case 'code':
			return { code: error.detailErrorCode, message: error.message, requestId: randomUUID() };
		case 'oauth':
			return { error: error.detailErrorCode, error_description: error.message };
		case 'text':
			return `${error.status} ${error.message}`;
	}
}

/** Answers with an error. */
export function sendError(
	reply: FastifyReply,
	error: AlimailError,
	shape: Settings['errorShape'],
): FastifyReply {
	const body = errorBody(error, shape);
	return reply
		.code(error.status)
		.type(
			typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
		)
		.send(body);
}
