/** What differs between sources, or is unknown, and so can be switched while the simulator runs. */
export interface Settings {
	tokenLifetimeSeconds: number;
	expiresInShape: 'number' | 'string' | 'missing';
	tokenType: string;
	/** Answer to an expired token. A revoked or unknown one always gets 401. */
	expiredStatus: number;
	/** Requests per second over the whole domain; `Infinity` switches the limit off. */
	rateLimit: number;
	retryAfterHeader: 'none' | 'seconds' | 'date';
	latencyMs: number;
	downloadShape: 'redirect' | 'location' | 'relativeLocation' | 'bytes';
	/** Whether the bytes of a download come with their length or in chunks. */
	downloadLength: 'declared' | 'chunked';
	uploadUrlShape: 'absolute' | 'relative';
	messageShape: 'wrapped' | 'bare';
	folderListKey: 'folders' | 'value';
	/** What `nextCursor` says on the last page of a search. */
	searchEnd: 'dollar' | 'empty' | 'missing';
	/** Sizes and counters. */
	numberShape: 'number' | 'string';
	/** `internetMessageHeaders`, in and out. */
	headersShape: 'map' | 'array';
	/** Send and batch operations answer with an empty body instead of `{}`. */
	emptyBodies: boolean;
	errorShape: 'alimail' | 'code' | 'oauth' | 'text';
	/** Permissions of the app; unset means all. */
	permissions: string[] | undefined;
	/** Origin of absolute upload and download URLs, if it is not the simulator's own. */
	storageOrigin: string | undefined;
}

/** What the facts hold for most likely. */
export const defaultSettings: Readonly<Settings> = {
	tokenLifetimeSeconds: 3600,
	expiresInShape: 'number',
	tokenType: 'bearer',
	expiredStatus: 401,
	rateLimit: 40,
	retryAfterHeader: 'none',
	latencyMs: 0,
	downloadShape: 'redirect',
	downloadLength: 'declared',
	uploadUrlShape: 'absolute',
	messageShape: 'wrapped',
	folderListKey: 'folders',
	searchEnd: 'dollar',
	numberShape: 'number',
	headersShape: 'map',
	emptyBodies: false,
	errorShape: 'alimail',
	permissions: undefined,
	storageOrigin: undefined,
};
