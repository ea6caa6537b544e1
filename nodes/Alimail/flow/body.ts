import type { IExecuteFunctions } from 'n8n-workflow';

import type { SilenceWatch } from './silence';

/** Bytes, at hand or still to be read. */
export type BinaryContent = Parameters<IExecuteFunctions['helpers']['prepareBinaryData']>[0];

/** Bytes that are in memory are sent in pieces of this size, so that it shows that they move. */
export const PIECE_BYTES = 64 * 1024;

/** Longest answer that is read as JSON or text. */
export const LONGEST_ANSWER_BYTES = 64 * 2 ** 20;

/** What a body is made of that is sent piece by piece. */
export interface FileContent {
	/** In a form. */
	name?: string;
	/** MIME type. */
	type: string;
	sizeBytes: number;
	/** Opens the bytes: a stream, which can be read once only, or a buffer. */
	open(): Promise<Buffer | NodeJS.ReadableStream>;
}

/**
 * A file on its way out. It keeps to the interface of `Blob` that the HTTP client of n8n's helpers (axios) reads by itself:
 * of a stream it would not show how far it has come.
 */
export class StreamedFile {
	readonly [Symbol.toStringTag] = 'Blob';

	readonly #content: FileContent;

	readonly #moved: () => void;

	#opened: Buffer | NodeJS.ReadableStream | undefined;

	#isClosed = false;

	/** Why the bytes could not be had, if so. */
	problem: string | undefined;

	readonly name: string | undefined;

	readonly type: string;

	readonly size: number;

	/** @param moved - called for every piece */
	constructor(content: FileContent, moved: () => void) {
		this.#content = content;
		this.#moved = moved;
		this.name = content.name;
		this.type = content.type;
		this.size = content.sizeBytes;
	}

	/** The bytes, in any number of pieces. */
	async *stream(): AsyncGenerator<Uint8Array> {
		this.#moved();
		const content = await this.#content.open().catch((error: Error) => {
			this.problem = error.message;
			throw error;
		});
		this.#opened = content;
		if (this.#isClosed) return this.close();
		for await (const piece of Buffer.isBuffer(content) ? piecesOf(content) : content) {
			this.#moved();
			yield typeof piece === 'string' ? Buffer.from(piece) : piece;
		}
		this.#moved();
	}

	/** Lets go of a file that was not sent to its end. */
	close(): void {
		this.#isClosed = true;
		if (this.#opened !== undefined && 'destroy' in this.#opened) {
			// The type of a stream that n8n gives leaves `destroy` out.
			(this.#opened as { destroy(): void }).destroy();
		}
	}
}

/**
 * A `multipart/form-data` body whose files are streamed. It keeps to the interface of `FormData` that axios encodes by
 * itself. Node's own `FormData` takes files only after they were read into memory.
 */
export class StreamedForm {
	readonly [Symbol.toStringTag] = 'FormData';

	readonly #fields: Array<[string, string | StreamedFile]> = [];

	append(name: string, value: string | StreamedFile): void {
		this.#fields.push([name, value]);
	}

	entries(): IterableIterator<[string, string | StreamedFile]> {
		return this.#fields[Symbol.iterator]();
	}

	[Symbol.iterator](): IterableIterator<[string, string | StreamedFile]> {
		return this.entries();
	}

	/** As {@link StreamedFile.problem}, of any of its files. */
	get problem(): string | undefined {
		return this.#files().find(({ problem }) => problem !== undefined)?.problem;
	}

	/** As {@link StreamedFile.close}, for all its files. */
	close(): void {
		for (const file of this.#files()) file.close();
	}

	#files(): StreamedFile[] {
		return this.#fields.flatMap(([, value]) => (typeof value === 'string' ? [] : value));
	}
}

/**
 * Has a watch watch the body of an answer until its end. What is pushed into a stream is counted there: a listener or
 * another stream in between would set it flowing, or take from n8n what it knows about it.
 */
export function watchBody(body: BinaryContent, watch: SilenceWatch): void {
	if (Buffer.isBuffer(body)) return;
	const { push } = body;
	// What has come and is not taken is waited for on this side: by a disk, or by storage elsewhere.
	watch.exceptWhile(() => body.readableFlowing === null || body.readableLength > 0);
	watch.start();
	body.push = (piece: unknown, encoding?: BufferEncoding) => {
		if (piece === null) watch.stop();
		else watch.moved();
		return push.call(body, piece, encoding);
	};
}

/**
 * Reads a body to its end, or to its first `mostBytes`.
 *
 * @returns also whether that was all
 */
export async function bytesOf(
	body: BinaryContent,
	mostBytes: number,
): Promise<{ bytes: Buffer; isWhole: boolean }> {
	if (Buffer.isBuffer(body)) return { bytes: body, isWhole: true };
	const pieces: Buffer[] = [];
	let length = 0;
	for await (const piece of body.iterator({ destroyOnReturn: false })) {
		// Node's type of the pieces is `any`; n8n's helper was asked for bytes.
		const bytes = Buffer.from(piece as Uint8Array);
		pieces.push(bytes);
		length += bytes.length;
		if (length > mostBytes) {
			return { bytes: Buffer.concat(pieces).subarray(0, mostBytes), isWhole: false };
		}
	}
	return { bytes: Buffer.concat(pieces), isWhole: true };
}

/** The text of a body in UTF-8, without the mark that some servers begin it with. */
export function textOf(bytes: Buffer): string {
	return bytes.toString('utf8').replace(/^\ufeff/, '');
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
	for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
