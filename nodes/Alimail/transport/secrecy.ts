import { sha256 } from './application';

/** What stands for a secret wherever one would be shown. */
const HIDDEN = '***';

/** Shorter ones would be found in ordinary words. */
const SHORTEST_SECRET = 4;

/** Secrets and tokens known at the same time; a process that knows more forgets the oldest. */
const MAX_KNOWN = 500;

/** What a server says about tokens that this process does not know. */
const TOKEN_LIKE = [
	/(\bbearer\s+)[\w.~+/-]+=*/gi,
	/((?:access|refresh|id)_?token\W{1,6})[^"'\s&,;<>}]+/gi,
	/(client_?secret\W{1,6})[^"'\s&,;<>}]+/gi,
];

const ENTITY_NAMES: Readonly<Record<string, string>> = {
	'&': 'amp',
	'<': 'lt',
	'>': 'gt',
	'"': 'quot',
	"'": 'apos',
};

/** By the hash of the secret, the expression that finds it. */
const known = new Map<string, RegExp>();

/** Makes a secret or token known, so that {@link withoutSecrets} hides it. */
export function keepSecret(secret: string): void {
	if (secret.length < SHORTEST_SECRET) return;
	const key = sha256(secret);
	const pattern = known.get(key) ?? patternOf(secret);
	known.delete(key);
	known.set(key, pattern);
	if (known.size > MAX_KNOWN) known.delete(known.keys().next().value!);
}

/**
 * Text from outside, without the secrets and tokens that this process has sent. Servers, proxies and debug pages repeat
 * requests in their errors, and not only as they came: in JSON, in HTML, percent-encoded, with other white space.
 *
 * To be called before the text is shortened or otherwise changed: half a secret would not be found.
 */
export function withoutSecrets(text: string): string {
	return [...known.values(), ...TOKEN_LIKE].reduce(
		(shown, pattern) =>
			shown.replace(pattern, (_found, before: unknown) =>
				typeof before === 'string' ? before + HIDDEN : HIDDEN,
			),
		text,
	);
}

/** An expression that finds a secret although every character of it may be written in one of several ways. */
function patternOf(secret: string): RegExp {
	const pieces = secret.toWellFormed().match(/\s+|\\+|[^\s\\]/gu) ?? [];
	return new RegExp(pieces.map(spellingsOf).join(''), 'gi');
}

/** Every repetition in it is bounded, or stands where nothing else can match: the text comes from outside. */
function spellingsOf(piece: string): string {
	if (/^\s/.test(piece))
		return '(?:\\s|\\\\{1,8}(?:[nrtf]|u00(?:20|0[9ad]))|\\+|%(?:25){0,3}(?:20|0[9ad])|&nbsp;|&#32;|&#x20;){1,40}';
	if (piece.startsWith('\\')) {
		const count = `{${piece.length}}`;
		return `(?:\\\\{1,64}|(?:%(?:25){0,3}5c)${count}|(?:&#0{0,4}92;)${count}|(?:&#x0{0,4}5c;)${count}|(?:\\\\{1,8}u005c)${count})`;
	}
	const code = piece.codePointAt(0)!;
	const hex = code.toString(16);
	const percent = (code < 0x80 ? `%${hex.padStart(2, '0')}` : encodeURIComponent(piece)).replaceAll(
		'%',
		'%(?:25){0,3}',
	);
	const units = [...Array(piece.length).keys()].map((at) => piece.charCodeAt(at).toString(16));
	const name = ENTITY_NAMES[piece];
	const spellings = [
		units.map((unit) => `\\\\{1,8}u${unit.padStart(4, '0')}`).join(''),
		percent,
		`&#0{0,4}${code};`,
		`&#x0{0,4}${hex};`,
		...(name === undefined ? [] : [`&${name};`]),
		// JSON puts a backslash before some characters, JSON within JSON several.
		`\\\\{0,8}${piece.replace(/[\^$.*+?()[\]{}|/-]/g, '\\$&')}`,
	];
	return `(?:${spellings.join('|')})`;
}
