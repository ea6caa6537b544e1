import { createHash, type Hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Transform, type TransformCallback } from 'node:stream';
import type { FastifyRequest } from 'fastify';

/** One request as it arrived. */
export interface RecordedRequest {
	method: string;
	/** Without the query string, still percent-encoded. */
	path: string;
	/** The request target, query string included. */
	url: string;
	query: Record<string, string | string[]>;
	headers: IncomingHttpHeaders;
	/** Names and values alternate, spelled as received. */
	rawHeaders: string[];
	authorization?: string;
	/** The parsed JSON or form body, if it was one. */
	body?: unknown;
	/** The body as UTF-8, cut at 64 KiB. */
	bodyText: string;
	bodySize: number;
	bodySha256: string;
	/** Status of the answer; undefined while it runs, and if none was sent. */
	status?: number;
	/** Milliseconds since the epoch. */
	at: number;
	/** Name of the fault that hit it. */
	fault?: string;
}

const KEPT_BODY_BYTES = 64 * 1024;
const sha256OfNothing = createHash('sha256').digest('hex');

/** Begins the record of a request; its body is filled in by {@link recordBody}. */
export function beginRecord(request: FastifyRequest): RecordedRequest {
	const url = request.originalUrl;
	const record: RecordedRequest = {
		method: request.method,
		path: pathOf(url),
		url,
		query: queryOf(url),
		headers: { ...request.headers },
		rawHeaders: [...request.raw.rawHeaders],
		bodyText: '',
		bodySize: 0,
		bodySha256: sha256OfNothing,
		at: Date.now(),
	};
	if (request.headers.authorization !== undefined) {
		record.authorization = request.headers.authorization;
	}
	return record;
}

/** The part of a request target before its query string. */
export function pathOf(url: string): string {
	const queryAt = url.indexOf('?');
	return queryAt < 0 ? url : url.slice(0, queryAt);
}

function queryOf(url: string): RecordedRequest['query'] {
	const queryAt = url.indexOf('?');
	const parameters = new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt + 1));
	return Object.fromEntries(
		[...new Set(parameters.keys())].map((key) => {
			const values = parameters.getAll(key);
			return [key, values.length === 1 ? (values[0] ?? '') : values];
		}),
	);
}

/** Lets a body through and writes what passes into the record, without keeping more than 64 KiB. */
export class BodyRecorder extends Transform {
	readonly #record: RecordedRequest;
	readonly #kept: Buffer[] = [];
	#keptBytes = 0;
	#hash: Hash | undefined;

	constructor(record: RecordedRequest) {
		super();
		this.#record = record;
	}

	override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
		this.#hash ??= createHash('sha256');
		this.#hash.update(chunk);
		this.#record.bodySize += chunk.length;
		if (this.#keptBytes < KEPT_BODY_BYTES) {
			const kept = chunk.subarray(0, KEPT_BODY_BYTES - this.#keptBytes);
			this.#kept.push(Buffer.from(kept));
			this.#keptBytes += kept.length;
		}
		done(null, chunk);
	}

	override _flush(done: TransformCallback): void {
		this.#finish();
		done();
	}

	override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
		this.#finish();
		done(error);
	}

	#finish(): void {
		if (this.#hash === undefined) return;
		this.#record.bodySha256 = this.#hash.digest('hex');
		this.#hash = undefined;
		this.#record.bodyText = Buffer.concat(this.#kept).toString('utf8');
		const body = parseBody(this.#record);
		if (body !== undefined) this.#record.body = body;
	}
}

function parseBody(record: RecordedRequest): unknown {
	if (record.bodySize > KEPT_BODY_BYTES) return undefined;
	const type = record.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
	if (type === 'application/json') {
		try {
			return JSON.parse(record.bodyText);
		} catch {
			return undefined;
		}
	}
	if (type === 'application/x-www-form-urlencoded') {
		return Object.fromEntries(new URLSearchParams(record.bodyText));
	}
	return undefined;
}
