import { BoundedMap } from '../flow/boundedMap';

/** What stands for a secret wherever one would be shown. */
const HIDDEN = '***';

/** What stands for a text in which secrets cannot be told from the rest. */
const NOTHING_SHOWN = '(not shown)';

/** Shorter ones would be found in ordinary words. */
const SHORTEST_SECRET = 4;

/** Applications remembered at the same time; a process that knows more forgets the one used least recently. */
const MAX_APPLICATIONS = 64;

/** Of an application: a request with the token before the newest may still be under way. */
const MAX_TOKENS = 2;

/** Encodings in one another that are looked through: a text in more is not shown. */
const MAX_ENCODINGS = 8;

/** A secret from this length on may be cut short by whoever repeats it: its pieces are hidden as well. */
const LONG_SECRET = 24;

/** A piece of a long secret is found if it is nearly twice as long as this; less of it is of no use. */
const SEED_LENGTH = 8;

/** Of tokens that this process does not know: what stands after these words, and whatever has the form of a JWT. */
const TOKEN_LIKE = [
	/(\bbearer\s+)[\w.~+/-]+=*/gi,
	/((?:access|refresh|id)_?token\W{1,6})[^"'\s&,;<>}]+/gi,
	/(client_?secret\W{1,6})[^"'\s&,;<>}]+/gi,
	/(\b)eyJ[\w-]{8,}(?:\.[\w-]*){0,2}/g,
];

/**
 * What a character may be written as in UTF-8, read byte by byte: percent-encoded, also repeatedly; escaped in JSON, also
 * in JSON within JSON; an entity of HTML. White space, `+` and tags count as nothing, and so do escapes of white space.
 */
const ENCODED =
	/%(?:25)*([0-9a-f]{2})|\\+u(d[89ab][0-9a-f]{2})\\+u(d[c-f][0-9a-f]{2})|\\+u([0-9a-f]{4})|\\+[nrtbf]?|&#0*(\d{1,7});|&#x0*([0-9a-f]{1,6});|&(amp|lt|gt|quot|apos|nbsp);|<[^<>]*>|[\s+\xc2]+/gi;

/** Without one of these a text has one spelling only. */
const MAY_BE_ENCODED = /[%\\&<+\s\x80-\uffff]/;

const ENTITIES: Readonly<Record<string, string>> = {
	amp: '&',
	lt: '<',
	gt: '>',
	quot: '"',
	apos: "'",
	nbsp: '',
};

/** Of one application. */
interface ApplicationSecrets {
	secret: string;
	/** The newest first. */
	tokens: string[];
}

/** A text in another spelling, and for each of its characters the place in the original that it comes from. */
interface Spelling {
	text: string;
	from: Uint32Array;
	to: Uint32Array;
}

const applications = new BoundedMap<ApplicationSecrets>(MAX_APPLICATIONS);

/** Secrets of requests under way, each as often as it is on its way. */
const underWay: string[] = [];

/**
 * Makes the secrets of an application known, so that {@link withoutSecrets} hides them: what a thief could still use.
 *
 * @param fingerprint - of the application
 * @param token - the newest
 */
export function rememberSecrets(fingerprint: string, secret: string, token?: string): void {
	const known = applications.get(fingerprint) ?? { secret, tokens: [] };
	if (token !== undefined && !known.tokens.includes(token)) {
		known.tokens = [token, ...known.tokens].slice(0, MAX_TOKENS);
	}
	applications.set(fingerprint, known);
}

/** Does something with a secret, such as somebody's password, that is hidden for as long as it takes. */
export async function whileHidden<T>(secret: string, work: () => Promise<T>): Promise<T> {
	underWay.push(secret);
	try {
		return await work();
	} finally {
		underWay.splice(underWay.indexOf(secret), 1);
	}
}

/**
 * Text from outside, without the secrets and tokens that this process sends. Servers, proxies and debug pages repeat
 * requests in their errors, and not only as they came: in JSON, in HTML, percent-encoded, with other white space.
 *
 * To be called before the text is shortened or otherwise changed. Never throws, keeps nothing, and takes time in
 * proportion to the text and to the secrets.
 */
export function withoutSecrets(text: string): string {
	try {
		const secrets = [...underWay];
		for (const { secret, tokens } of applications.values()) secrets.push(secret, ...tokens);
		const places = new HiddenPlaces(text);
		for (const secret of secrets) if (secret.length >= SHORTEST_SECRET) places.hide(secret);
		return TOKEN_LIKE.reduce(
			(shown, pattern) => shown.replace(pattern, (_found, before: string) => before + HIDDEN),
			places.shown(),
		);
	} catch {
		return NOTHING_SHOWN;
	}
}

/** A text, and the places in it that must not be shown. */
class HiddenPlaces {
	readonly #text: string;

	readonly #plain: Spelling;

	readonly #isHidden: Uint8Array;

	/** Made for the first long secret. */
	#seeds: Seeds | undefined;

	/** @throws Error for a text that is encoded too often to look into */
	constructor(text: string) {
		this.#text = text;
		this.#plain = plainSpelling(text);
		this.#isHidden = new Uint8Array(text.length);
	}

	hide(secret: string): void {
		const needle = MAY_BE_ENCODED.test(secret) ? plainSpelling(secret).text : secret.toLowerCase();
		if (needle.length >= LONG_SECRET) return this.#hidePieces(needle);
		for (const at of placesOf(secret, this.#text)) this.#isHidden.fill(1, at, at + secret.length);
		if (needle.length < SHORTEST_SECRET) return;
		for (const at of placesOf(needle, this.#plain.text)) this.#hidePlain(at, at + needle.length);
	}

	shown(): string {
		let shown = '';
		for (let at = 0; at < this.#text.length; ) {
			const hidden = this.#isHidden[at];
			const end = this.#isHidden.indexOf(hidden ? 0 : 1, at);
			const next = end < 0 ? this.#text.length : end;
			shown += hidden ? HIDDEN : this.#text.slice(at, next);
			at = next;
		}
		return shown;
	}

	/** Looks for the seeds of a secret, one beside the other, and from each as far as text and secret are the same. */
	#hidePieces(needle: string): void {
		const { text } = this.#plain;
		this.#seeds ??= new Seeds(text);
		for (let seedAt = 0; seedAt + SEED_LENGTH <= needle.length; seedAt += SEED_LENGTH) {
			for (let at = this.#seeds.first(needle, seedAt); at >= 0; at = this.#seeds.next(at)) {
				if (this.#isPlainHidden(at) || !isSame(needle, seedAt, text, at)) continue;
				let before = 0;
				while (
					seedAt > before &&
					at > before &&
					needle[seedAt - before - 1] === text[at - before - 1] &&
					!this.#isPlainHidden(at - before - 1)
				) {
					before++;
				}
				let end = SEED_LENGTH;
				while (seedAt + end < needle.length && needle[seedAt + end] === text[at + end]) end++;
				this.#hidePlain(at - before, at + end);
			}
		}
	}

	#isPlainHidden(at: number): boolean {
		return this.#isHidden[this.#plain.from[at]!] === 1;
	}

	#hidePlain(from: number, to: number): void {
		this.#isHidden.fill(1, this.#plain.from[from], this.#plain.to[to - 1]);
	}
}

/** A text with everything decoded that can be, in lowercase and without white space, its UTF-8 byte by byte. */
function plainSpelling(text: string): Spelling {
	let spelling = bytesOf(text);
	for (let count = 0; count < MAX_ENCODINGS; count++) {
		const decoded = decodedOnce(spelling);
		if (decoded.text === spelling.text) return { ...decoded, text: decoded.text.toLowerCase() };
		spelling = decoded;
	}
	throw new Error('encoded too often');
}

function bytesOf(text: string): Spelling {
	const bytes = Buffer.from(text, 'utf8');
	const from = new Uint32Array(bytes.length);
	const to = new Uint32Array(bytes.length);
	let at = 0;
	let byteAt = 0;
	for (const character of text) {
		const next = at + character.length;
		const nextByteAt = byteAt + (character <= '\x7f' ? 1 : Buffer.byteLength(character));
		for (; byteAt < nextByteAt; byteAt++) {
			from[byteAt] = at;
			to[byteAt] = next;
		}
		at = next;
	}
	return { text: bytes.toString('latin1'), from, to };
}

/** What is decoded is never longer than what it was written as. */
function decodedOnce({ text, from, to }: Spelling): Spelling {
	const pieces: string[] = [];
	const decodedFrom = new Uint32Array(text.length);
	const decodedTo = new Uint32Array(text.length);
	let length = 0;
	let at = 0;
	const copyUntil = (end: number) => {
		pieces.push(text.slice(at, end));
		decodedFrom.set(from.subarray(at, end), length);
		decodedTo.set(to.subarray(at, end), length);
		length += end - at;
		at = end;
	};
	ENCODED.lastIndex = 0;
	for (let match = ENCODED.exec(text); match !== null; match = ENCODED.exec(text)) {
		copyUntil(match.index);
		at += match[0].length;
		const value = valueOf(match);
		pieces.push(value);
		// What was found lies inside the text, and these arrays are as long as it.
		decodedFrom.fill(from[match.index]!, length, length + value.length);
		decodedTo.fill(to[at - 1]!, length, length + value.length);
		length += value.length;
	}
	copyUntil(text.length);
	return { text: pieces.join(''), from: decodedFrom, to: decodedTo };
}

/** The bytes that a match of {@link ENCODED} stands for. */
function valueOf(match: RegExpExecArray): string {
	const [, octet, high, low, unit, decimal, hex, entity] = match;
	if (octet !== undefined) return String.fromCharCode(parseInt(octet, 16));
	if (entity !== undefined) return ENTITIES[entity.toLowerCase()] ?? '';
	if (high !== undefined && low !== undefined) {
		return utf8(String.fromCharCode(parseInt(high, 16), parseInt(low, 16)));
	}
	if (unit !== undefined) return utf8(String.fromCharCode(parseInt(unit, 16)));
	const code = decimal !== undefined ? Number(decimal) : parseInt(hex ?? '', 16);
	return code >= 0 && code <= 0x10ffff ? utf8(String.fromCodePoint(code)) : '';
}

function utf8(text: string): string {
	return Buffer.from(text, 'utf8').toString('latin1');
}

function* placesOf(part: string, text: string): Generator<number> {
	for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) yield at;
}

/** Where in a text each run of {@link SEED_LENGTH} characters stands: chains of places, by a hash of the run. */
class Seeds {
	// Every index into these arrays is below their length: `!` says so.
	static readonly #CHAINS = 2 ** 14;

	readonly #heads = new Int32Array(Seeds.#CHAINS).fill(-1);

	readonly #tails: Int32Array;

	constructor(text: string) {
		this.#tails = new Int32Array(text.length);
		for (let at = text.length - SEED_LENGTH; at >= 0; at--) {
			const chain = this.#chainOf(text, at);
			this.#tails[at] = this.#heads[chain]!;
			this.#heads[chain] = at;
		}
	}

	/** The first place in the chain of the seed that stands there in another text; -1 for none. */
	first(other: string, at: number): number {
		return this.#heads[this.#chainOf(other, at)]!;
	}

	/** The next place in the same chain; -1 for none. */
	next(at: number): number {
		return this.#tails[at]!;
	}

	#chainOf(text: string, at: number): number {
		let hash = 0;
		for (let index = 0; index < SEED_LENGTH; index++) {
			hash = (hash * 31 + text.charCodeAt(at + index)) | 0;
		}
		return (hash ^ (hash >>> 14)) & (Seeds.#CHAINS - 1);
	}
}

/** Whether the same seed stands in both places. */
function isSame(left: string, leftAt: number, right: string, rightAt: number): boolean {
	for (let index = 0; index < SEED_LENGTH; index++) {
		if (left[leftAt + index] !== right[rightAt + index]) return false;
	}
	return true;
}
