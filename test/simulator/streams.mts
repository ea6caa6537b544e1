import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance } from 'fastify';
import { fileContent, type Content } from './content.mts';
import { emptyAnswer, sendContent, type Context } from './context.mts';
import { invalidId, invalidParameter } from './errors.mts';

/** Lifetime of a download session; the real one is unknown. */
const DOWNLOAD_LIFETIME_MS = 10 * 60_000;

interface Upload {
	/** Called with each complete upload; a repeated one replaces the earlier [unknown]. */
	readonly complete: (content: Content) => void;
	path: string | undefined;
	received: number;
}

/** A part of a file that is sent in pieces. */
export interface ContentRange {
	readonly start: number;
	readonly end: number;
	readonly total: number;
}

/** Sessions under `/v2/stream/` and the bytes that came through them, kept on disk. */
export class StreamStore {
	readonly #uploads = new Map<string, Upload>();
	readonly #downloads = new Map<string, { content: Content; expiresAt: number }>();
	#directory: Promise<string> | undefined;
	#removals: Array<Promise<void>> = [];
	#files = 0;

	/** Opens a session for one upload and gives its path. */
	openUpload(complete: (content: Content) => void): string {
		const session = newSession();
		this.#uploads.set(session, { complete, path: undefined, received: 0 });
		return `/v2/stream/${session}`;
	}

	/** Opens a session for a download and gives its path. */
	openDownload(content: Content): string {
		const session = newSession();
		this.#downloads.set(session, { content, expiresAt: Date.now() + DOWNLOAD_LIFETIME_MS });
		return `/v2/stream/${session}`;
	}

	/** The content behind a download session; 404 when it is unknown or over. */
	download(session: string): Content {
		const download = this.#downloads.get(session);
		if (download === undefined || download.expiresAt <= Date.now()) throw invalidId('session');
		return download.content;
	}

	/** Stores the bytes of an upload, whole or in pieces. */
	async receive(session: string, bytes: Readable, range: ContentRange | undefined): Promise<void> {
		const upload = this.#uploads.get(session);
		if (upload === undefined) throw invalidId('session');
		if (range === undefined || range.start === 0) {
			upload.path = join(await this.#ensureDirectory(), String(++this.#files));
			upload.received = 0;
		}
		if (upload.path === undefined || upload.received !== (range?.start ?? 0)) {
			throw invalidParameter('Content-Range');
		}
		const { path } = upload;
		const file = createWriteStream(path, { flags: 'a' });
		try {
			await pipeline(bytes, file);
		} catch (error) {
			await truncate(path, upload.received);
			throw error;
		}
		const received = upload.received + file.bytesWritten;
		if (range !== undefined && received !== range.end + 1) {
			await truncate(path, upload.received);
			throw invalidParameter('Content-Range');
		}
		upload.received = received;
		if (range === undefined || received === range.total) {
			upload.complete(fileContent(path, received));
		}
	}

	/** Ends all sessions and begins to remove the stored bytes. */
	clear(): void {
		this.#uploads.clear();
		this.#downloads.clear();
		const directory = this.#directory;
		if (directory === undefined) return;
		this.#directory = undefined;
		this.#removals.push(
			directory.then((path) => rm(path, { recursive: true, force: true, maxRetries: 3 })),
		);
	}

	/** Resolves when everything that was cleared is gone from the disk. */
	async removed(): Promise<void> {
		await Promise.all(this.#removals.splice(0));
	}

	#ensureDirectory(): Promise<string> {
		this.#directory ??= mkdtemp(join(tmpdir(), 'alimail-simulator-'));
		return this.#directory;
	}
}

function newSession(): string {
	return randomBytes(18).toString('base64url');
}

/** Reads a `Content-Range` header of an upload in pieces [3P]. */
function contentRange(header: string | undefined): ContentRange | undefined {
	if (header === undefined) return undefined;
	const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header) ?? [];
	const range = { start: Number(start), end: Number(end), total: Number(total) };
	if (start === undefined || range.end < range.start || range.end >= range.total) {
		throw invalidParameter('Content-Range');
	}
	return range;
}

/**
 * Adds upload and download under `/v2/stream/`. An upload comes by POST [OFF, VEND] or PUT [3P], with a token [OFF] or
 * without [VEND].
 */
export function streamRoutes(app: FastifyInstance, { streams, settings }: Context): void {
	const config = { open: true };
	type Params = { Params: { session: string } };

	app.addContentTypeParser('application/octet-stream', (_request, payload, done) =>
		done(null, payload),
	);

	app.get<Params>('/v2/stream/:session', { config }, (request, reply) => {
		const content = streams.download(request.params.session);
		return sendContent(reply, content, settings);
	});

	app.route<Params>({
		method: ['POST', 'PUT'],
		url: '/v2/stream/:session',
		config,
		handler: async (request) => {
			if (request.headers['content-type'] !== 'application/octet-stream') {
				throw invalidParameter('Content-Type');
			}
			const range = contentRange(request.headers['content-range']);
			await streams.receive(request.params.session, request.body as Readable, range);
			return emptyAnswer(settings);
		},
	});
}
