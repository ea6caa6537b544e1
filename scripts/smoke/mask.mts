/** What the place of an ID or an address is called in a path, by the word before it. */
const PLACES: Readonly<Record<string, string>> = {
	attachments: '{attachmentId}',
	departments: '{departmentId}',
	mailFolders: '{folderId}',
	messages: '{messageId}',
	sharedContactFolders: '{folderId}',
	stream: '{session}',
	users: '{user}',
};

/** Words of the API that stand where an ID could. */
const WORDS = [
	'$current',
	'$value',
	'batchDelete',
	'batchUpdate',
	'childFolders',
	'contacts',
	'createUploadSession',
	'move',
	'oauth2',
	'organization',
	'query',
	'send',
	'token',
	'v2',
	'v2.0',
	...Object.keys(PLACES),
];

/** Shorter ones stand in too many words. Chinese names are short. */
const SHORTEST_VALUE = 4;
const SHORTEST_CHINESE_VALUE = 2;
const LONGEST_VALUE = 300;

/** Addresses of the API, whole or without the server. */
const ADDRESSES = /(https?:\/\/[^\s'"<>]+|(?<![\w{}])\/(?:v2|oauth2)\/[^\s'"<>,;:()]*)/i;

/** Where they overlap, the earlier one counts. */
const PATTERNS: ReadonlyArray<[pattern: RegExp, shown: string]> = [
	[/[^\s@'"<>(),;:=/]+(?:@|%40)[\p{L}\d.-]+[\p{L}\d]/gu, '{address}'],
	[/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '{host}'],
	[
		/(?<![\p{L}\d.-])(?:[\p{L}\d][\p{L}\d-]*\.)+(?:\p{Ll}{2,}|\p{Lu}{2,}|\p{Lo}{2,})(?![\p{L}\d])/gu,
		'{host}',
	],
	[/(?<![\w{$])(?=[\w$~=+.-]*[\d$])[\w$~=+.-]{8,}/g, '{id}'],
	[/\d{6,}/g, '{number}'],
];

/** A path of the API with names in place of what it is about, and without its query. */
export function pathTemplate(path: string): string {
	let before = '';
	return path
		.split(/[?#]/)[0]!
		.split('/')
		.map((segment) => {
			const place = PLACES[before];
			before = segment;
			return segment === '' || WORDS.includes(segment) ? segment : (place ?? '{…}');
		})
		.join('/');
}

/**
 * Text that others may read: without addresses, hosts, IDs, and the texts that were seen in answers or are secret.
 *
 * @param values - texts to hide wherever they stand; short ones are left alone, for they are parts of words
 */
export function maskText(text: string, values: Iterable<string>): string {
	const lowercase = text.toLowerCase();
	const hidden = [...new Set(values)]
		.filter((value) => isTelling(value) && lowercase.includes(value.toLowerCase()))
		.sort((one, other) => other.length - one.length)
		.map((value) => value.replace(/[\^$.*+?()[\]{}|/\\-]/g, '\\$&'));
	const wholeValue = `(?<![A-Za-z\\d])(?:${hidden.join('|')})(?![A-Za-z\\d])`;
	const patterns: typeof PATTERNS =
		hidden.length > 0 ? [[new RegExp(wholeValue, 'gi'), '{…}'], ...PATTERNS] : PATTERNS;
	return text
		.split(ADDRESSES)
		.map((piece, index) =>
			index % 2 === 1
				? addressTemplate(piece)
				: patterns.reduce((masked, [pattern, shown]) => masked.replace(pattern, shown), piece),
		)
		.join('');
}

/** All texts in a JSON value. */
export function textsIn(value: unknown): string[] {
	if (typeof value === 'string') return [value];
	return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function isTelling(value: string): boolean {
	const shortest = /[^ -~]/.test(value) ? SHORTEST_CHINESE_VALUE : SHORTEST_VALUE;
	return value.length >= shortest && value.length <= LONGEST_VALUE;
}

function addressTemplate(address: string): string {
	const [, server = '', path = ''] = /^(https?:\/\/[^/?#]*)?([^?#]*)/i.exec(address) ?? [];
	return (server && '{server}') + (path.length > 1 ? pathTemplate(path) : path);
}
