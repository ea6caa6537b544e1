import {
	NodeApiError,
	jsonParse,
	sanitizeFilename,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
} from 'n8n-workflow';

import { parameterError, refusedError } from '../../errors/nodeErrors';
import { bytesOf, LONGEST_ANSWER_BYTES, type BinaryContent } from '../../flow/body';
import { isObject } from '../../flow/isObject';
import { collectionParameter } from '../../parameters/values';
import { UnusablePage } from '../../transport/pagination';
import type { AlimailRequest, AlimailResponse } from '../../transport/types';
import { listIn } from './listIn';

/**
 * Turns the answer to a request into items, as *Response Format* and its neighbours in *Options* say.
 *
 * @throws NodeApiError when the answer is not in the format asked for
 */
export async function responseItems(
	context: IExecuteFunctions,
	request: AlimailRequest,
	response: AlimailResponse<BinaryContent>,
): Promise<INodeExecutionData[]> {
	const { itemIndex } = request;
	const options = collectionParameter(context, 'options', itemIndex);
	const option = (name: string, fallback: string) => {
		const value = options[name];
		return typeof value === 'string' && value !== '' ? value : fallback;
	};
	const field = option('outputPropertyName', 'data');
	// n8n's type of JSON lacks lists of unlike values.
	const envelope = (body: unknown): IDataObject => ({
		body: body as IDataObject,
		headers: response.headers,
		statusCode: response.statusCode,
		statusMessage: response.statusMessage,
	});
	const fullResponse = options.fullResponse === true;

	const format = option('responseFormat', 'autodetect');
	if (format === 'file' || (format === 'autodetect' && isFile(response.headers))) {
		const binary = await context.helpers.prepareBinaryData(
			response.body,
			fileName(response),
			contentType(response.headers) || 'application/octet-stream',
		);
		const json = fullResponse ? envelope(undefined) : {};
		return [{ json, binary: { [field]: binary } }];
	}

	const { bytes, isWhole } = await bytesOf(response.body, LONGEST_ANSWER_BYTES);
	if (!isWhole) {
		const message = `The answer to ${request.method} ${request.url.pathname} is longer than 64 MiB`;
		const description = "Ask for less at once, or set 'Response Format' to File.";
		throw new NodeApiError(context.getNode(), {}, { message, description, itemIndex });
	}
	const text = await context.helpers.binaryToString(bytes);
	let body: unknown = text;
	if (format !== 'text') {
		body = text.trim() === '' ? {} : jsonParse<unknown>(text, { fallbackValue: undefinedJson });
		if (body === undefinedJson) {
			if (format === 'json') throw notJson(context, request, response, text);
			body = text;
		}
	}
	const splitPath = option('splitIntoItems', '');
	if (splitPath !== '') return splitItems(context, body, splitPath, 'Split Into Items', itemIndex);
	if (fullResponse) return [{ json: envelope(body) }];
	if (Array.isArray(body)) return body.map((entry) => asItem(entry, field));
	return [asItem(body, field)];
}

/**
 * Makes an item of every entry of a list in an answer.
 *
 * @throws NodeOperationError that names the parameter which holds the path
 */
export function splitItems(
	context: IExecuteFunctions,
	answer: unknown,
	path: string,
	parameter: string,
	itemIndex: number,
): INodeExecutionData[] {
	try {
		return listIn(answer, path).map((entry) => asItem(entry, 'data'));
	} catch (error) {
		const problem = error instanceof UnusablePage ? error.message : String(error);
		throw parameterError(context.getNode(), parameter, problem, itemIndex);
	}
}

/** What stands for "this is no JSON": a value that no JSON has. */
const undefinedJson = Symbol('no JSON');

function asItem(entry: unknown, field: string): INodeExecutionData {
	// n8n's type of JSON lacks lists of unlike values.
	return { json: isObject(entry) ? entry : { [field]: entry as IDataObject } };
}

function contentType(headers: AlimailResponse['headers']): string {
	const [type = ''] = String(headers['content-type'] ?? '').split(';');
	return type.trim().toLowerCase();
}

/** Whether an answer is for saving rather than for reading. */
function isFile(headers: AlimailResponse['headers']): boolean {
	if (/^\s*attachment\b/i.test(String(headers['content-disposition'] ?? ''))) return true;
	const type = contentType(headers);
	return (
		type !== '' &&
		!/^text\/|[/+](json|xml)$|^application\/(javascript|x-www-form-urlencoded)$/.test(type)
	);
}

/** The name that the server gives the file, else the end of its address; cleaned, because it comes from outside. */
function fileName({ headers, url }: AlimailResponse<unknown>): string {
	const disposition = utf8(String(headers['content-disposition'] ?? ''));
	const extended = /filename\*\s*=\s*[\w-]*'[^']*'([^;]+)/i.exec(disposition)?.[1];
	const plain = /filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]+))/i.exec(disposition);
	const given = decoded(extended ?? plain?.[1]?.replace(/\\(.)/g, '$1') ?? plain?.[2] ?? '');
	const name = given || decoded(url.pathname.split('/').pop() ?? '');
	return sanitizeFilename(name.replace(/\p{Cc}+/gu, ' ').trim()) || 'file';
}

/** Node reads headers as Latin-1, and servers put UTF-8 there all the same. */
function utf8(text: string): string {
	const read = Buffer.from(text, 'latin1').toString('utf8');
	return Buffer.from(read, 'utf8').toString('latin1') === text ? read : text;
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text.trim());
	} catch {
		return text.trim();
	}
}

function notJson(
	context: IExecuteFunctions,
	{ method, url, itemIndex }: AlimailRequest,
	{ statusCode }: AlimailResponse<unknown>,
	text: string,
) {
	const request = `${method} ${url.pathname}`;
	const problem = `answered ${request} with something other than JSON`;
	return refusedError(
		context.getNode(),
		{ request, statusCode, answer: null, text, problem },
		itemIndex,
	);
}
