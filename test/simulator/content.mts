import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** The bytes of an attachment, wherever they lie. */
export interface Content {
	readonly size: number;
	/** A fresh stream over the bytes. */
	open(): Readable;
	sha256(): Promise<string>;
}

/** Content that is kept in memory. */
export function bytesContent(bytes: Uint8Array | string): Content {
	const buffer = Buffer.from(bytes as Uint8Array);
	return content(buffer.length, () => Readable.from([buffer], { objectMode: false }));
}

/** Content that lies in a file. */
export function fileContent(path: string, size: number): Content {
	return content(size, () => createReadStream(path));
}

function content(size: number, open: () => Readable): Content {
	return {
		size,
		open,
		async sha256() {
			const hash = createHash('sha256');
			await pipeline(open(), hash);
			return hash.digest('hex');
		},
	};
}
