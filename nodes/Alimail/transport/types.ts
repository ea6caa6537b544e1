import type {
	GenericValue,
	IDataObject,
	IExecuteFunctions,
	IHttpRequestMethods,
	ILoadOptionsFunctions,
	IPollFunctions,
} from 'n8n-workflow';

/** Whatever of n8n's contexts a request is made from. */
export type AlimailContext = IExecuteFunctions | IPollFunctions | ILoadOptionsFunctions;

/** Bytes, at hand or still to be read. */
export type BinaryContent = Parameters<IExecuteFunctions['helpers']['prepareBinaryData']>[0];

export interface AlimailRequest<Body = string> {
	method: IHttpRequestMethods;
	/** On the credential's own origin, complete with query. */
	url: URL;
	headers?: Record<string, string>;
	/** JSON, text or bytes. */
	body?: GenericValue | Buffer;
	/** In place of `body`, for what can be read once only: opened anew for every attempt. */
	openBody?: () => Promise<object>;
	/**
	 * Reads the body of the answer, in place of reading it as text. What breaks off while it is read is a broken
	 * connection. Only where files are at hand, which is not the case in an `ILoadOptionsFunctions`.
	 */
	read?: (response: AlimailResponse<BinaryContent>) => Promise<Body>;
	/** Of the input item that the request is made for; errors name it. */
	itemIndex: number;
	/** For a URL of another origin, to which an answer of the API led: no token, and no renewal of one. */
	withoutToken?: boolean;
	options?: RequestOptions;
}

export interface RequestOptions {
	/** Longest wait for an answer. */
	timeoutMs?: number;
	/** Whether redirects of GET and HEAD are followed. Default: true. */
	followRedirects?: boolean;
	/** How often a request that may be sent again is sent again. */
	maxRetries?: number;
	/** `Infinity` for no limit. */
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
