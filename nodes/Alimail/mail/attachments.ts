import {
	jsonParse,
	sanitizeFilename,
	type IBinaryData,
	type IDataObject,
	type IExecuteFunctions,
	type IPollFunctions,
} from 'n8n-workflow';

import { apiOrigin } from '../auth/credential';
import { holdsError } from '../errors/answerError';
import { refusedError, restatedError } from '../errors/nodeErrors';
import type { BinaryContent } from '../flow/body';
import { isObject } from '../flow/isObject';
import { callApi, requestFor } from '../transport/call';
import { countOf, entriesOf, textOf } from '../transport/json';
import { request } from '../transport/request';
import type { AlimailResponse } from '../transport/types';
import { fileUrl } from '../transport/url';
import { cleaned } from './addresses';
import { headersOf } from './simplify';

/** A file of a message as the list of attachments describes it. */
export interface Attachment {
	id: string;
	/** As the sender named it. */
	name: string;
	sizeBytes: number | undefined;
	mimeType: string | undefined;
	contentId: string | undefined;
	isInline: boolean;
	/** All of the above as the API gives it. */
	raw: IDataObject;
}

/** Where a message lies. */
export interface MessagePlace {
	mailbox: string;
	messageId: string;
}

/** The file, or what the API says in its place. */
type Download = { binary: IBinaryData } | { answer: IDataObject };

/** An answer that only names an address is not longer than this. */
const LONGEST_LOCATION_BYTES = 64 * 1024;

const MIME_TYPE = /^[\w.+-]+\/[\w.+-]+$/;

/**
 * The attachments of a message, inline images among them. The list comes whole.
 *
 * Source: https://help.aliyun.com/document_detail/2856396.html
 */
export async function listAttachments(
	context: IExecuteFunctions | IPollFunctions,
	{ mailbox, messageId }: MessagePlace,
	itemIndex: number,
): Promise<Attachment[]> {
	const answer = await callApi(context, {
		method: 'GET',
		path: '/v2/users/{mailbox}/messages/{messageId}/attachments',
		values: { mailbox, messageId },
		itemIndex,
	});
	return entriesOf(context, answer, ['attachments'], itemIndex).map(attachmentFrom);
}

/** What comes out for an attachment: flat, with the size as a number even where the API sends text. */
export function attachmentItem(attachment: Attachment): IDataObject {
	const { id, name, sizeBytes, mimeType, contentId, isInline } = attachment;
	return {
		id,
		name,
		sizeBytes: sizeBytes ?? null,
		mimeType: mimeType ?? '',
		contentId: contentId ?? '',
		isInline,
	};
}

/**
 * Downloads an attachment into binary data, streamed where n8n keeps files outside the items.
 *
 * The API answers with a redirect, with JSON `{ location }`, absolute or relative, or with the bytes (official sample, and
 * third-party: yaerp, email-agent). A redirect takes the token along to the API's own server only; a `location` never gets
 * it.
 *
 * @returns the file under a name that is safe to save; its MIME type is the listed one, else n8n finds it out
 * @throws NodeApiError that names the file
 */
export async function downloadAttachment(
	context: IExecuteFunctions | IPollFunctions,
	{ mailbox, messageId }: MessagePlace,
	attachment: Attachment,
	itemIndex: number,
): Promise<IBinaryData> {
	const built = await requestFor(context, {
		method: 'GET',
		path: '/v2/users/{mailbox}/messages/{messageId}/attachments/{attachmentId}/$value',
		values: { mailbox, messageId, attachmentId: attachment.id },
		itemIndex,
	});
	const common = { headers: { accept: '*/*' } };
	const save = async ({ body }: Pick<AlimailResponse<BinaryContent>, 'body'>) =>
		await context.helpers.prepareBinaryData(body, safeName(attachment.name), attachment.mimeType);
	const saveOrAnswer = async (response: AlimailResponse<BinaryContent>): Promise<Download> => {
		const isOwnAnswer = response.url.href === built.url.href && isJson(response.headers);
		const body = isOwnAnswer ? await shortBody(response) : response.body;
		const answer = isOwnAnswer && Buffer.isBuffer(body) ? answerIn(body, attachment) : undefined;
		return answer === undefined ? { binary: await save({ body }) } : { answer };
	};
	try {
		const { statusCode, body } = await request(context, {
			...built,
			...common,
			read: saveOrAnswer,
		});
		if ('binary' in body) return body.binary;
		const url = fileUrl(body.answer.location, await apiOrigin(context));
		if (url === undefined) {
			throw refusedError(
				context.getNode(),
				{
					request: `GET ${built.url.pathname}`,
					statusCode,
					answer: body.answer,
					text: '',
					problem: 'named no usable address for the download',
				},
				itemIndex,
			);
		}
		const second = await request(context, {
			method: 'GET',
			url,
			withoutToken: true,
			...common,
			read: save,
			itemIndex,
		});
		return second.body;
	} catch (error) {
		throw restatedError(context.getNode(), error, itemIndex, {
			message: (said) => `'${attachment.name}' could not be downloaded. ${said}`,
			data: { messageId, attachmentId: attachment.id },
		});
	}
}

/** A file name without folders and control characters. */
export function safeName(name: string): string {
	return sanitizeFilename(cleaned(name) || 'attachment');
}

function attachmentFrom(raw: IDataObject): Attachment {
	const contentType = headersOf(raw.extHeaders).find(
		([name]) => name.toLowerCase() === 'content-type',
	)?.[1];
	const [mediaType = ''] = contentType?.split(';') ?? [];
	const mimeType = mediaType.trim().toLowerCase();
	return {
		id: textOf(raw.id) ?? '',
		name: textOf(raw.name) ?? '',
		sizeBytes: countOf(raw.size),
		mimeType: MIME_TYPE.test(mimeType) ? mimeType : undefined,
		contentId: textOf(raw.contentId),
		isInline: raw.isInline === true || raw.isInline === 'true',
		raw,
	};
}

/**
 * The answer `{ location }`, or an error, in place of a file; undefined when the bytes are the file itself.
 *
 * A file may itself be JSON with a `location`, and would lead to wherever its sender likes. So the bytes count as the file if
 * it can be JSON by its name or type, and they are as many as the list says. Where the list does not say, the name or type
 * decides.
 */
function answerIn(
	bytes: Buffer,
	{ name, mimeType, sizeBytes }: Attachment,
): IDataObject | undefined {
	const extension = name.slice(name.lastIndexOf('.'));
	const isJsonFile =
		/[/+]json$/.test(mimeType ?? '') ||
		(extension.startsWith('.') && extension.toLowerCase().includes('json'));
	const canBeJson = isJsonFile || /^$|^text\/|octet-stream$/.test(mimeType ?? '');
	if (sizeBytes === undefined ? isJsonFile : canBeJson && sizeBytes === bytes.length) {
		return undefined;
	}
	const answer = jsonParse<unknown>(bytes.toString('utf8'), { fallbackValue: null });
	if (!isObject(answer)) return undefined;
	return typeof answer.location === 'string' || holdsError(answer) ? answer : undefined;
}

function isJson(headers: AlimailResponse['headers']): boolean {
	return /^\s*application\/([\w.-]+\+)?json\s*(;|$)/i.test(String(headers['content-type'] ?? ''));
}

/** The body, read if it is short; else a stream with nothing taken from it. */
async function shortBody({
	body,
	headers,
}: AlimailResponse<BinaryContent>): Promise<BinaryContent> {
	if (Buffer.isBuffer(body)) return body;
	if (Number(headers['content-length'] ?? 0) > LONGEST_LOCATION_BYTES) return body;
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of body.iterator({ destroyOnReturn: false })) {
		const bytes = Buffer.from(chunk);
		chunks.push(bytes);
		length += bytes.length;
		if (length > LONGEST_LOCATION_BYTES) {
			body.unshift(Buffer.concat(chunks));
			return body;
		}
	}
	return Buffer.concat(chunks);
}
