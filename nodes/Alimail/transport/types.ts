import type { GenericValue, IDataObject, IHttpRequestMethods } from 'n8n-workflow';

import type { BinaryContent, StreamedFile, StreamedForm } from '../flow/body';

export interface AlimailRequest<Body = string> {
	method: IHttpRequestMethods;
	/** On the credential's own origin, complete with query. */
	url: URL;
	headers?: Record<string, string>;
	/** JSON, text or bytes. */
	body?: GenericValue | Buffer;
	/**
	 * In place of `body`, for files: makes the body of one attempt, see flow/body.ts.
	 *
	 * @param moved - to be called for every piece that leaves
	 */
	streamBody?: (moved: () => void) => StreamedFile | StreamedForm;
	/**
	 * Reads the body of the answer, in place of reading it as text. What breaks off while it is read is a broken
	 * connection.
	 */
	read?: (response: AlimailResponse<BinaryContent>) => Promise<Body>;
	/** Of the input item that the request is made for; errors name it. */
	itemIndex: number;
	/** For a URL of another origin, to which an answer of the API led: no token, and no renewal of one. */
	withoutToken?: boolean;
	options?: RequestOptions;
}

export interface RequestOptions {
	/** Longest silence: without an answer, or while a body travels without a single byte of it. */
	timeoutMs?: number;
	/** Whether redirects of GET and HEAD are followed. Default: true. */
	followRedirects?: boolean;
	/** How often a request that may be sent again is sent again. */
	maxRetries?: number;
	/** Of this node; `Infinity` for no limit. */
	requestsPerSecond?: number;
	/** Hand over whatever status comes, instead of throwing. */
	neverError?: boolean;
}

export interface AlimailResponse<Body = string> {
	statusCode: number;
	statusMessage: string;
	/** Names in lowercase. */
	headers: IDataObject;
	body: Body;
	/** Where the answer came from, after redirects. */
	url: URL;
}
