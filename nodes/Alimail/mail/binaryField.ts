import { BINARY_ENCODING, type IExecuteFunctions } from 'n8n-workflow';

/** The content of a binary field of an input item. */
export interface BinaryContent {
	fileName?: string;
	mimeType: string;
	sizeBytes: number;
	/** Opens the bytes: a stream where n8n keeps them outside the item, which can be read once only, else a buffer. */
	open(): Promise<Buffer | NodeJS.ReadableStream>;
}

/**
 * Files are read in pieces of this size. Larger ones are hardly faster, and the memory of those that were sent is given
 * back later: by the time it is, several dozen MiB have piled up.
 */
const PIECE_BYTES = 16 * 1024;

/**
 * The content of a binary field, without reading it yet.
 *
 * @throws NodeOperationError when the item has no such field
 */
export async function binaryContent(
	context: IExecuteFunctions,
	itemIndex: number,
	fieldName: string,
): Promise<BinaryContent> {
	const binary = context.helpers.assertBinaryData(itemIndex, fieldName);
	const { id, fileName, mimeType } = binary;
	if (id === undefined || id === '') {
		const buffer = Buffer.from(binary.data, BINARY_ENCODING);
		return { fileName, mimeType, sizeBytes: buffer.length, open: async () => buffer };
	}
	const { fileSize } = await context.helpers.getBinaryMetadata(id);
	return {
		fileName,
		mimeType,
		sizeBytes: fileSize,
		open: async () => await context.helpers.getBinaryStream(id, PIECE_BYTES),
	};
}
