import type {
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeProperties,
	IPollFunctions,
} from 'n8n-workflow';

import { parameterError } from '../errors/nodeErrors';
import {
	attachmentItem,
	downloadAttachment,
	listAttachments,
	type MessagePlace,
} from './attachments';

const DEFAULT_PREFIX = 'attachment_';

/** For *Options* of what gives messages. Read them with {@link attachmentsPrefix}. */
export const downloadProperties: INodeProperties[] = [
	{
		displayName: 'Attachments Prefix',
		name: 'attachmentsPrefix',
		type: 'string',
		default: DEFAULT_PREFIX,
		placeholder: 'e.g. attachment_',
		description:
			'Prefix for the names of the output fields for the files. An index starting from 0 will be added: with "attachment_" the first file is in "attachment_0".',
	},
	{
		displayName: 'Download Attachments',
		name: 'downloadAttachments',
		type: 'boolean',
		default: false,
		description: "Whether the message's attachments will be downloaded and included in the output",
	},
];

/**
 * Reads {@link downloadProperties} from *Options*.
 *
 * @returns the prefix of the binary fields; undefined when nothing is to be downloaded
 * @throws NodeOperationError when the prefix cannot be the beginning of a field's name
 */
export function attachmentsPrefix(
	context: IExecuteFunctions | IPollFunctions,
	options: IDataObject,
	itemIndex: number,
): string | undefined {
	if (options.downloadAttachments !== true) return undefined;
	const { attachmentsPrefix: prefix = DEFAULT_PREFIX } = options;
	if (typeof prefix !== 'string' || !/^\w[\w-]*$/.test(prefix)) {
		const problem = 'must be letters, digits and underscores';
		throw parameterError(context.getNode(), 'Attachments Prefix', problem, itemIndex);
	}
	return prefix;
}

/**
 * Downloads all files of a message, one after another.
 *
 * @returns the binary fields, and what stands in the item about each file
 */
export async function downloadAll(
	context: IExecuteFunctions | IPollFunctions,
	message: MessagePlace,
	prefix: string,
	itemIndex: number,
): Promise<{ binary: IBinaryKeyData; attachments: IDataObject[] }> {
	const binary: IBinaryKeyData = {};
	const attachments: IDataObject[] = [];
	for (const [index, attachment] of (
		await listAttachments(context, message, itemIndex)
	).entries()) {
		const field = `${prefix}${index}`;
		binary[field] = await downloadAttachment(context, message, attachment, itemIndex);
		attachments.push({ ...attachmentItem(attachment), binaryField: field });
	}
	return { binary, attachments };
}
