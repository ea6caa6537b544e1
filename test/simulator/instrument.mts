import type { OutgoingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { pipeline, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from './context.mts';
import { AlimailError, errorForStatus, invalidParameter, notFound, sendError } from './errors.mts';
import { answersItself, sendFault, type ActiveFault, type FaultRule } from './faults.mts';
import { beginRecord, BodyRecorder, type RecordedRequest } from './record.mts';

/** Paths under this prefix steer the simulator: neither recorded nor limited nor hit by faults. */
export const ADMIN_PREFIX = '/_simulator/';

/** Time for the first half of an answer to leave before the connection closes. */
const HALF_ANSWER_DELAY_MS = 20;

/** Makes an app record what arrives and let faults hit it, on paths of routes and on all others. */
export function instrument(
	app: FastifyInstance,
	{ settings, faults, tokens }: Context,
	requests: RecordedRequest[],
): void {
	const closing = new AbortController();
	app.decorateRequest('record', undefined);
	app.decorateRequest('fault', undefined);
	app.decorateRequest('oldestAliveToken', 0);
	app.addHook('preClose', (done) => {
		closing.abort();
		done();
	});

	app.addHook('onRequest', async (request, reply) => {
		if (request.originalUrl.startsWith(ADMIN_PREFIX)) return;
		const record = beginRecord(request);
		request.record = record;
		requests.push(record);
		request.oldestAliveToken = tokens.oldestAlive;
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
		if (fault?.rule.stall === 'upload' || fault?.rule.stall === 'request') {
			reply.hijack();
			if (fault.rule.stall === 'request') await drain(request);
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
		if (fault === undefined || request.method === 'HEAD') return done(null, payload);
		const { half, stall, drip } = fault.rule;
		if (stall === 'headers' || stall === 'body') return stalled(reply, payload, stall);
		if (half) return done(null, firstHalf(reply, payload, fault));
		if (drip) return done(null, dripping(reply, payload, drip, closing.signal));
		done(null, payload);
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

/** The bytes of an answer, of whatever kind it is, and how many they are; unknown for a stream without a length. */
function bytesOf(reply: FastifyReply, payload: unknown): { source: Readable; size: number } {
	if (payload instanceof Readable) {
		return { source: payload, size: Number(reply.getHeader('content-length')) };
	}
	const bytes = Buffer.from((payload as string | Buffer | null) ?? '');
	return { source: Readable.from([bytes], { objectMode: false }), size: bytes.length };
}

/** Declares the length of an answer and gives the half of it; an empty answer gets a length too, else there is no half. */
function halfOf(reply: FastifyReply, payload: unknown): { source: Readable; halfSize: number } {
	const { source, size } = bytesOf(reply, payload);
	const total = Math.max(size || 0, 2);
	void reply.header('content-length', total);
	return { source, halfSize: Math.floor(total / 2) };
}

/** The first half of an answer, and then an error that closes the connection. */
function firstHalf(reply: FastifyReply, payload: unknown, fault: ActiveFault): Readable {
	const { source, halfSize } = halfOf(reply, payload);
	async function* broken() {
		yield* beginning(source, halfSize);
		await delay(HALF_ANSWER_DELAY_MS);
		throw new Error(fault.name);
	}
	return Readable.from(broken(), { objectMode: false });
}

/** Sends headers, and half of the body if so wanted, and leaves it at that. */
function stalled(reply: FastifyReply, payload: unknown, stall: 'headers' | 'body'): void {
	const { source, halfSize } = halfOf(reply, payload);
	reply.hijack();
	const { raw } = reply;
	raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
	raw.flushHeaders();
	if (stall === 'headers') {
		source.destroy();
		return;
	}
	// It never ends: the generator's end is not passed on.
	Readable.from(beginning(source, halfSize), { objectMode: false }).pipe(raw, { end: false });
}

async function* beginning(source: Readable, size: number): AsyncGenerator<Buffer> {
	let left = size;
	for await (const chunk of source as AsyncIterable<Buffer>) {
		yield chunk.subarray(0, left);
		left -= Math.min(left, chunk.length);
		if (left === 0) break;
	}
	if (left > 0) yield Buffer.alloc(left, ' ');
}

/** An answer in small pieces, one at a time. */
function dripping(
	reply: FastifyReply,
	payload: unknown,
	{ bytes, everyMs }: NonNullable<FaultRule['drip']>,
	signal: AbortSignal,
): Readable {
	const { source, size } = bytesOf(reply, payload);
	if (!Number.isNaN(size)) void reply.header('content-length', size);
	async function* pieces() {
		for await (const chunk of source as AsyncIterable<Buffer>) {
			for (let at = 0; at < chunk.length; at += bytes) {
				yield chunk.subarray(at, at + bytes);
				await delay(everyMs, undefined, { signal });
			}
		}
	}
	return Readable.from(pieces(), { objectMode: false, highWaterMark: bytes });
}
