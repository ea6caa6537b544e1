import { jsonParse, type IDataObject, type IExecuteFunctions } from 'n8n-workflow';

import { apiOrigin } from '../../auth/credential';
import { parameterError } from '../../errors/nodeErrors';
import { StreamedFile, StreamedForm } from '../../flow/body';
import { isObject } from '../../flow/isObject';
import { binaryContent } from '../../mail/binaryField';
import { collectionParameter, HEADER_NAME } from '../../parameters/values';
import type { AlimailRequest, RequestOptions } from '../../transport/types';
import { urlFor } from '../../transport/url';

const METHODS = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'] as const;

/** RFC 9110, section 5.5: what the value of a header may hold. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Headers that the credential or the connection is responsible for. */
const RESERVED_HEADERS = [
	'authorization',
	'host',
	'content-length',
	'transfer-encoding',
	'connection',
];

/** The lists of names and values, by what the user sees. */
const PAIRS = {
	pathParameters: 'Path Parameters',
	queryParameters: 'Query Parameters',
	headerParameters: 'Headers',
	bodyParameters: 'Body Parameters',
	formParameters: 'Form Fields',
	multipartParameters: 'Form Parts',
} as const;

type PairsParameter = keyof typeof PAIRS;

/** Where a value comes from: which item, which parameter, and which of its names. */
type Place = [context: IExecuteFunctions, itemIndex: number, displayName: string, name: string];

/**
 * Reads the parameters of an item into a request.
 *
 * @throws NodeOperationError that names the parameter that cannot be used; nothing has been sent then
 */
export async function buildRequest(
	context: IExecuteFunctions,
	itemIndex: number,
): Promise<AlimailRequest> {
	const chosen = context.getNodeParameter('method', itemIndex);
	const method = METHODS.find((known) => known === chosen);
	if (method === undefined) {
		throw invalid(context, itemIndex, 'Method', `must be one of ${METHODS.join(', ')}`);
	}
	const url = await readUrl(context, itemIndex);
	for (const [name, value] of readQuery(context, itemIndex)) url.searchParams.append(name, value);
	// A space as %20 is read the same by every server, `+` is not.
	url.search = url.search.replaceAll('+', '%20');

	const built: AlimailRequest = {
		method,
		url,
		headers: readHeaders(context, itemIndex),
		itemIndex,
		options: readOptions(context, itemIndex),
	};
	if (method === 'GET' || method === 'HEAD') return built;
	if (context.getNodeParameter('sendBody', itemIndex, false) === true) {
		await addBody(context, itemIndex, built);
	}
	return built;
}

async function readUrl(context: IExecuteFunctions, itemIndex: number): Promise<URL> {
	const template = context.getNodeParameter('path', itemIndex);
	if (typeof template !== 'string' || template.trim() === '') {
		throw invalid(context, itemIndex, 'Path', 'is empty. Enter one such as /v2/users');
	}
	const values = new Map<string, string>();
	for (const { name, value } of readPairs(context, itemIndex, 'pathParameters')) {
		if (values.has(name)) {
			throw invalid(context, itemIndex, 'Path Parameters', `names '${name}' twice`);
		}
		values.set(name, textOf(value, context, itemIndex, 'Path Parameters', name));
	}
	const url = urlFor(template.trim(), values, await apiOrigin(context));
	if (!(url instanceof URL)) throw invalid(context, itemIndex, url.parameter, url.problem);
	return url;
}

function readQuery(context: IExecuteFunctions, itemIndex: number): Array<[string, string]> {
	if (context.getNodeParameter('sendQuery', itemIndex, false) !== true) return [];
	const text = (value: unknown, name: string) =>
		textOrEmpty(value, context, itemIndex, 'Query Parameters', name);
	if (context.getNodeParameter('specifyQuery', itemIndex) === 'json') {
		return Object.entries(readJsonObject(context, itemIndex, 'jsonQuery', 'JSON Query')).flatMap(
			([name, value]) =>
				(Array.isArray(value) ? value : [value]).map((one): [string, string] => [
					name,
					text(one, name),
				]),
		);
	}
	return readPairs(context, itemIndex, 'queryParameters').map(({ name, value }) => [
		name,
		text(value, name),
	]);
}

function readHeaders(context: IExecuteFunctions, itemIndex: number): Record<string, string> {
	if (context.getNodeParameter('sendHeaders', itemIndex, false) !== true) return {};
	const entries =
		context.getNodeParameter('specifyHeaders', itemIndex) === 'json'
			? Object.entries(readJsonObject(context, itemIndex, 'jsonHeaders', 'JSON Headers'))
			: readPairs(context, itemIndex, 'headerParameters').map(
					({ name, value }): [string, unknown] => [name, value],
				);
	const headers: Record<string, string> = {};
	for (const [name, value] of entries) {
		const text = textOf(value, context, itemIndex, 'Headers', name);
		const lowercase = name.trim().toLowerCase();
		if (RESERVED_HEADERS.includes(lowercase)) {
			const why =
				lowercase === 'authorization' ? 'it comes from the credential' : 'it is set by itself';
			throw invalid(context, itemIndex, 'Headers', `cannot set '${lowercase}': ${why}`);
		}
		if (!HEADER_NAME.test(lowercase) || !HEADER_VALUE.test(text)) {
			const what = 'contains a name or a value that a header cannot carry, such as a line break';
			throw invalid(context, itemIndex, 'Headers', `${what}: '${lowercase.slice(0, 40)}'`);
		}
		headers[lowercase] = text;
	}
	return headers;
}

async function addBody(
	context: IExecuteFunctions,
	itemIndex: number,
	built: AlimailRequest,
): Promise<void> {
	// An own content type stays.
	const setContentType = (contentType: string) => {
		built.headers = { 'content-type': contentType, ...built.headers };
	};
	const contentType = context.getNodeParameter('contentType', itemIndex);
	switch (contentType) {
		case 'json':
			setContentType('application/json');
			built.body = JSON.stringify(readJsonBody(context, itemIndex));
			return;
		case 'form-urlencoded': {
			setContentType('application/x-www-form-urlencoded');
			const fields = readPairs(context, itemIndex, 'formParameters');
			built.body = new URLSearchParams(
				fields.map(({ name, value }): [string, string] => [
					name,
					textOrEmpty(value, context, itemIndex, 'Form Fields', name),
				]),
			).toString();
			return;
		}
		case 'multipart-form-data':
			built.streamBody = await readForm(context, itemIndex);
			return;
		case 'binaryData': {
			const content = await readBinary(
				context,
				itemIndex,
				context.getNodeParameter('inputDataFieldName', itemIndex),
			);
			setContentType(content.mimeType);
			built.headers = { ...built.headers, 'content-length': String(content.sizeBytes) };
			const type = String(built.headers['content-type']);
			built.streamBody = (moved) => new StreamedFile({ ...content, type }, moved);
			return;
		}
		case 'raw':
			setContentType(
				textOf(
					context.getNodeParameter('rawContentType', itemIndex) || 'text/plain',
					context,
					itemIndex,
					'Content Type',
					'',
				),
			);
			built.body = textOrEmpty(
				context.getNodeParameter('rawBody', itemIndex),
				context,
				itemIndex,
				'Body',
				'',
			);
			return;
		default:
			throw invalid(
				context,
				itemIndex,
				'Body Content Type',
				`is '${String(contentType)}', which is none of the choices`,
			);
	}
}

function readJsonBody(context: IExecuteFunctions, itemIndex: number): unknown {
	if (context.getNodeParameter('specifyBody', itemIndex) === 'json') {
		return readJson(context, itemIndex, 'jsonBody', 'JSON Body');
	}
	return Object.fromEntries(
		readPairs(context, itemIndex, 'bodyParameters').map(({ name, value }) => [name, value]),
	);
}

async function readForm(context: IExecuteFunctions, itemIndex: number) {
	const parts = await Promise.all(
		readPairs(context, itemIndex, 'multipartParameters').map(async (part) => ({
			name: part.name,
			value:
				part.parameterType === 'formBinaryData'
					? await readBinary(context, itemIndex, part.inputDataFieldName)
					: textOrEmpty(part.value, context, itemIndex, 'Form Parts', part.name),
		})),
	);
	return (moved: () => void) => {
		const form = new StreamedForm();
		for (const { name, value } of parts) {
			form.append(
				name,
				typeof value === 'string'
					? value
					: new StreamedFile(
							{ ...value, name: value.fileName ?? name, type: value.mimeType },
							moved,
						),
			);
		}
		return form;
	};
}

async function readBinary(context: IExecuteFunctions, itemIndex: number, fieldName: unknown) {
	if (typeof fieldName !== 'string' || fieldName === '') {
		throw invalid(context, itemIndex, 'Input Data Field Name', 'is empty');
	}
	return await binaryContent(context, itemIndex, fieldName);
}

function readOptions(context: IExecuteFunctions, itemIndex: number): RequestOptions {
	const options = collectionParameter(context, 'options', itemIndex);
	const count = (name: string, displayName: string, lowest: number) => {
		const value = options[name];
		if (value === undefined) return undefined;
		if (typeof value !== 'number' || !(value >= lowest)) {
			throw invalid(context, itemIndex, displayName, `must be a number from ${lowest}`);
		}
		return value;
	};
	const requestsPerSecond = count('requestsPerSecond', 'Requests per Second', 0);
	return {
		timeoutMs: count('timeout', 'Timeout', 1),
		maxRetries: count('maxRetries', 'Maximum Retries', 0),
		requestsPerSecond: requestsPerSecond === 0 ? Infinity : requestsPerSecond,
		followRedirects: options.followRedirects !== false,
		neverError: options.neverError === true,
	};
}

/**
 * Reads names and values. Where both are empty nobody has entered anything yet.
 *
 * @throws NodeOperationError for a name that is no text, and for a value without a name
 */
function readPairs(
	context: IExecuteFunctions,
	itemIndex: number,
	parameter: PairsParameter,
): Array<IDataObject & { name: string }> {
	const list = context.getNodeParameter(`${parameter}.parameters`, itemIndex, []);
	return (Array.isArray(list) ? list.filter(isObject) : []).flatMap((pair) => {
		const given = pair.name ?? '';
		if (typeof given !== 'string' && typeof given !== 'number') {
			throw invalid(context, itemIndex, PAIRS[parameter], 'has a name that is not text');
		}
		const name = String(given).trim();
		if (name !== '') return [{ ...pair, name }];
		const isFile = pair.parameterType === 'formBinaryData';
		const value = isFile ? pair.inputDataFieldName : pair.value;
		if (value === undefined || value === null || value === '') return [];
		throw invalid(context, itemIndex, PAIRS[parameter], 'has a value without a name');
	});
}

function readJson(
	context: IExecuteFunctions,
	itemIndex: number,
	parameter: string,
	displayName: string,
): unknown {
	const value = context.getNodeParameter(parameter, itemIndex);
	if (typeof value !== 'string') return value;
	try {
		return jsonParse<unknown>(value);
	} catch {
		throw invalid(context, itemIndex, displayName, 'is not valid JSON');
	}
}

function readJsonObject(
	context: IExecuteFunctions,
	itemIndex: number,
	parameter: string,
	displayName: string,
): object {
	const value = readJson(context, itemIndex, parameter, displayName);
	if (typeof value !== 'object' || value === null || Array.isArray(value)) {
		throw invalid(context, itemIndex, displayName, 'must be a JSON object');
	}
	return value;
}

/** As {@link textOf}, where a server may be sent nothing: what an expression does not find is empty text. */
function textOrEmpty(value: unknown, ...place: Place): string {
	return textOf(value ?? '', ...place);
}

function textOf(value: unknown, ...[context, itemIndex, displayName, name]: Place): string {
	if (typeof value === 'string') return value;
	if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
		return String(value);
	}
	const where = name ? ` for '${name}'` : '';
	const isNothing = value === null || value === undefined;
	const problem = isNothing ? `has no value${where}` : `must be text or a number${where}`;
	throw invalid(context, itemIndex, displayName, problem);
}

function invalid(
	context: IExecuteFunctions,
	itemIndex: number,
	displayName: string,
	problem: string,
) {
	return parameterError(context.getNode(), displayName, problem, itemIndex);
}
