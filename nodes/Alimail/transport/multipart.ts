/** A file that goes into a form. */
export interface FormFile {
	name: string;
	/** MIME type. */
	type: string;
	size: number;
	/** The bytes, in any number of pieces. */
	stream(): AsyncIterable<Uint8Array>;
}

/**
 * A `multipart/form-data` body whose files are streamed. It keeps to the interface of `FormData` that the HTTP client of
 * n8n's helpers (axios) encodes by itself. Node's own `FormData` takes files only after they were read into memory.
 */
export class StreamedForm {
	readonly [Symbol.toStringTag] = 'FormData';

	private readonly fields: Array<[string, string | FormFile]> = [];

	append(name: string, value: string | FormFile): void {
		this.fields.push([name, value]);
	}

	entries(): IterableIterator<[string, string | FormFile]> {
		return this.fields[Symbol.iterator]();
	}

	[Symbol.iterator](): IterableIterator<[string, string | FormFile]> {
		return this.entries();
	}
}
