/** Characters of a token unless the environment says otherwise, about as many as in the official answer example [OFF]. */
const USUAL_TOKEN_LENGTH = 1200;

/** What differs between sources, or is unknown, and so can be switched while the simulator runs. */
export interface Settings {
	tokenLifetimeSeconds: number;
	expiresInShape: 'number' | 'string' | 'missing';
	tokenType: string;
	/** In characters: 36 for a UUID, else that of a JWT. `ALIMAIL_SIMULATOR_TOKEN_LENGTH` sets the default. */
	tokenLength: number;
	/** Whether a new token ends the earlier ones, save for requests that had arrived by then. Unknown. */
	newTokenEndsOlder: boolean;
	/** Answer to an expired token. A revoked or unknown one always gets 401. */
	expiredStatus: number;
	/** Requests per second over the whole domain; `Infinity` switches the limit off. */
	rateLimit: number;
	/** How requests are counted: in any second, or by a bucket of `rateLimit` that fills at that rate. Unknown. */
	rateLimiter: 'slidingWindow' | 'tokenBucket';
	/** `Retry-After` of a 429: one second as a number or as a date, or any other text as it is. */
	retryAfterHeader: 'none' | 'seconds' | 'date' | (string & {});
	latencyMs: number;
	/** A redirect is relative [LIVE] unless `storageOrigin` is set; an absolute one is [3P], as are the others. */
	downloadShape: 'redirect' | 'absoluteRedirect' | 'location' | 'relativeLocation' | 'bytes';
	/** Whether the bytes of a download come with their length or in chunks. */
	downloadLength: 'declared' | 'chunked';
	uploadUrlShape: 'absolute' | 'relative';
	messageShape: 'wrapped' | 'bare';
	folderListKey: 'folders' | 'value';
	/**
	 * What `*` in the filter of the user list stands for: any text, wherever it is; or, before a value, "contains", as those
	 * read it who write `(name=*x)` [3P].
	 */
	filterStar: 'anyText' | 'contains';
	/** What `nextCursor` says on the last page of a search. */
	searchEnd: 'dollar' | 'empty' | 'missing';
	/** Whether a search is refused that has no `cursor`, if only an empty one. */
	searchNeedsCursor: boolean;
	/** How long a search does not find a new message. */
	searchDelayMs: number;
	/** How long after the answer the copy in the sent folder turns up. A client that waits for it gives it 3 s [3P]. */
	sentCopyDelayMs: number;
	/** Counters, totals, and sizes of files: numbers [3P]. */
	numberShape: 'number' | 'string';
	/** Sizes of messages: they came as text in use [3P]. */
	sizeShape: 'number' | 'string';
	/** `internetMessageHeaders`, in and out. */
	headersShape: 'map' | 'array';
	/** Send and batch operations answer with an empty body instead of `{}`. */
	emptyBodies: boolean;
	/** `service` is `code` for mail and `alimail` for all else [3P]; the others force one shape. */
	errorShape: 'service' | 'alimail' | 'code' | 'oauth' | 'text';
	/** Permissions of the app; unset means all. */
	permissions: string[] | undefined;
	/** Origin of absolute upload and download URLs, if it is not the simulator's own. */
	storageOrigin: string | undefined;
}

/** What sources hold for most likely, see docs/sources.md. */
export const defaultSettings: Readonly<Settings> = {
	tokenLifetimeSeconds: 3600,
	expiresInShape: 'number',
	tokenType: 'bearer',
	tokenLength: Number(process.env.ALIMAIL_SIMULATOR_TOKEN_LENGTH || USUAL_TOKEN_LENGTH),
	newTokenEndsOlder: false,
	expiredStatus: 401,
	rateLimit: 40,
	rateLimiter: 'slidingWindow',
	retryAfterHeader: 'none',
	latencyMs: 0,
	downloadShape: 'redirect',
	downloadLength: 'declared',
	uploadUrlShape: 'absolute',
	messageShape: 'wrapped',
	folderListKey: 'folders',
	filterStar: 'anyText',
	searchEnd: 'dollar',
	searchNeedsCursor: false,
	// Nobody measured either; without them, what a test did can be seen at once.
	searchDelayMs: 0,
	sentCopyDelayMs: 0,
	numberShape: 'number',
	sizeShape: 'string',
	headersShape: 'map',
	emptyBodies: false,
	errorShape: 'service',
	permissions: undefined,
	storageOrigin: undefined,
};
