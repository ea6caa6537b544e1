import { setTimeout as delay } from 'node:timers/promises';
import { pipeline, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from './context.mts';
import { AlimailError, errorForStatus, invalidParameter, notFound, sendError } from './errors.mts';
import { answersItself, sendFault, type ActiveFault } from './faults.mts';
import { beginRecord, BodyRecorder, type RecordedRequest } from './record.mts';

/** Paths under this prefix steer the simulator: neither recorded nor limited nor hit by faults. */
export const adminPrefix = '/_simulator/';

/** Time for the first half of an answer to leave before the connection closes. */
const halfAnswerDelayMs = 20;

/** Makes an app record what arrives and let faults hit it, on paths of routes and on all others. */
export function instrument(
	app: FastifyInstance,
	{ settings, faults }: Context,
	requests: RecordedRequest[],
): void {
	const closing = new AbortController();
	app.decorateRequest('record', undefined);
	app.decorateRequest('fault', undefined);
	app.addHook('preClose', (done) => {
		closing.abort();
		done();
	});

	app.addHook('onRequest', async (request, reply) => {
		if (request.originalUrl.startsWith(adminPrefix)) return;
		const record = beginRecord(request);
		request.record = record;
		requests.push(record);
		const fault = faults.take(request.method, record.path);
		request.fault = fault;
		if (fault !== undefined) record.fault = fault.name;

		const waitMs = settings.latencyMs + (fault?.rule.delayMs ?? 0);
		if (waitMs > 0) await delay(waitMs, undefined, { signal: closing.signal });
		if (fault?.rule.reset === 'before') {
			reply.hijack();
			request.raw.socket.resetAndDestroy();
			return;
		}
		if (fault !== undefined && answersItself(fault)) {
			await drain(request);
			return sendFault(fault, reply, settings.errorShape);
		}
	});

	app.addHook('preParsing', async (request, _reply, payload) => {
		if (request.record === undefined) return payload;
		const recorder = recordBody(request, request.record);
		// Nobody reads the body of these.
		if (request.method === 'GET' || request.method === 'HEAD') recorder.resume();
		return recorder;
	});

	// A body above the recorder's limit was parsed by the route alone.
	app.addHook('preHandler', async ({ record, body }) => {
		const parsed = typeof body === 'object' && body !== null && !(body instanceof Readable);
		if (record !== undefined && parsed) record.body ??= body;
	});

	app.addHook('onSend', (request, reply, payload, done) => {
		const { record, fault } = request;
		if (record === undefined) return done(null, payload);
		if (fault?.rule.reset === 'after') {
			if (payload instanceof Readable) payload.destroy();
			// `done` is never called: the answer must not be written.
			request.raw.socket.resetAndDestroy();
			return;
		}
		record.status = reply.statusCode;
		if (fault !== undefined && !answersItself(fault)) void reply.headers(fault.rule.headers ?? {});
		done(
			null,
			fault?.rule.half && request.method !== 'HEAD' ? half(reply, payload, fault) : payload,
		);
	});

	app.setErrorHandler(async (error, request, reply) => {
		await drain(request);
		return sendError(reply, asAlimailError(error), settings.errorShape);
	});
	app.setNotFoundHandler(async (request, reply) => {
		await drain(request);
		return sendError(reply, notFound('path'), settings.errorShape);
	});
}

const recorders = new WeakMap<FastifyRequest, BodyRecorder>();

function recordBody(request: FastifyRequest, record: RecordedRequest): BodyRecorder {
	const recorder = new BodyRecorder(record);
	recorders.set(request, recorder);
	pipeline(request.raw, recorder, () => {});
	return recorder;
}

/** Reads a body that no route will read, so that the record is complete and the client can finish sending. */
async function drain(request: FastifyRequest): Promise<void> {
	if (request.record === undefined) return;
	const recorder = recorders.get(request) ?? recordBody(request, request.record);
	recorder.resume();
	await finished(recorder).catch(() => {});
}

function asAlimailError(error: unknown): AlimailError {
	if (error instanceof AlimailError) return error;
	const { statusCode, message } = error as { statusCode?: number; message?: string };
	if (statusCode === undefined || statusCode >= 500) return errorForStatus(500);
	if (statusCode === 400 || statusCode === 415) return invalidParameter(message ?? 'body');
	return errorForStatus(statusCode);
}

function half(reply: FastifyReply, payload: unknown, fault: ActiveFault): Readable {
	const source =
		payload instanceof Readable
			? payload
			: Readable.from([Buffer.from((payload as string | Buffer | null) ?? '')], {
					objectMode: false,
				});
	const declared = Number(reply.getHeader('content-length'));
	const bytes =
		payload instanceof Readable ? declared : Buffer.byteLength((payload as string) ?? '');
	// An empty answer gets a length too, else there is no half of it.
	const total = Math.max(bytes, 2);
	void reply.header('content-length', total);
	return Readable.from(firstHalf(source, Math.floor(total / 2), fault.name), { objectMode: false });
}

async function* firstHalf(source: Readable, size: number, reason: string) {
	let left = size;
	for await (const chunk of source as AsyncIterable<Buffer>) {
		yield chunk.subarray(0, left);
		left -= Math.min(left, chunk.length);
		if (left === 0) break;
	}
	if (left > 0) yield Buffer.alloc(left, ' ');
	await delay(halfAnswerDelayMs);
	throw new Error(reason);
}
