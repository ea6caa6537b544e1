import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import { expect } from 'vitest';

const { stringify } = createRequire(import.meta.url)('flatted') as {
	stringify(value: unknown): string;
};

/** As many characters of a secret in a row are a leak: an excerpt may hold the beginning of one. */
const WINDOW = 10;

/** In hex they are twice as many: ten digits, five bytes, turn up by chance in a few megabytes of other data. */
const HEX_WINDOW = 2 * WINDOW;

/** Shorter ones cannot be told from other text. */
const SHORTEST = 6;

/** Different hashes of {@link hashAt}. */
const HASHES = 2 ** 21;

/** Of a long secret, every so many characters are enough: a piece that is a little longer still shows. */
const LONG_TEXT = 500;
const LONG_STEP = 6;

/** Finds secrets in text: whole or in part, and in the spellings that they get on their way. */
export class SecretScanner {
	/** By length: pieces of secrets, and the spelling that each is of. */
	readonly #pieces = new Map<number, Map<string, string>>();

	/** Whether a piece may begin with some characters, by their hash: of megabytes hardly any place has to be looked up. */
	readonly #beginnings = new Uint8Array(HASHES);

	constructor(secrets: Iterable<string>) {
		for (const secret of secrets) this.add(secret);
	}

	add(secret: string): void {
		for (const [spelling, text] of spellingsOf(secret)) {
			const size = Math.min(spelling === 'in hex' ? HEX_WINDOW : WINDOW, text.length);
			const step = text.length > LONG_TEXT ? LONG_STEP : 1;
			const pieces = this.#pieces.get(size) ?? new Map<string, string>();
			this.#pieces.set(size, pieces);
			for (let at = 0; at + size <= text.length; at += step) {
				pieces.set(text.slice(at, at + size), spelling);
				this.#beginnings[hashAt(text, at)] = 1;
			}
		}
	}

	/** @returns what was found, with its surroundings; nothing if there is nothing */
	find(text: string): string | undefined {
		for (let at = 0; at + SHORTEST <= text.length; at++) {
			if (this.#beginnings[hashAt(text, at)] === 0) continue;
			for (const [size, pieces] of this.#pieces) {
				const spelling = pieces.get(text.slice(at, at + size));
				if (spelling !== undefined) {
					return `${spelling} at ${at}: …${text.slice(Math.max(0, at - 60), at + 60)}…`;
				}
			}
		}
		return undefined;
	}

	/** As {@link find}, in everything that a value holds and in every form in which it is stored or shown. */
	findIn(value: unknown): string | undefined {
		for (const [form, text] of formsOf(value)) {
			const found = this.find(text);
			if (found !== undefined) return `${form}: ${found}`;
		}
		return undefined;
	}
}

/** Of the four characters that begin here. */
function hashAt(text: string, at: number): number {
	const [one, two] = [text.charCodeAt(at), text.charCodeAt(at + 1)];
	const [three, four] = [text.charCodeAt(at + 2), text.charCodeAt(at + 3)];
	return (one ^ (two << 5) ^ (three << 10) ^ (four << 15)) & (HASHES - 1);
}

/** Fails if a value holds one of the secrets, anywhere and in whatever spelling. */
export function expectNoSecret(value: unknown, secrets: Iterable<string>): void {
	expect(new SecretScanner(secrets).findIn(value)).toBeUndefined();
}

/** The ways in which a secret may be written. Those that are too short to be told from other text are left out. */
function spellingsOf(secret: string): Array<[string, string]> {
	const bytes = Buffer.from(secret);
	const entities: Record<string, string> = {
		'&': '&amp;',
		'<': '&lt;',
		'>': '&gt;',
		'"': '&quot;',
		"'": '&#39;',
	};
	const spellings: Array<[string, string]> = [
		['as it is', secret],
		['in JSON', JSON.stringify(secret).slice(1, -1)],
		[
			'in ASCII JSON',
			JSON.stringify(secret)
				.slice(1, -1)
				.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`),
		],
		['in HTML', secret.replace(/[&<>"']/g, (char) => entities[char]!)],
		['on one line', secret.replace(/\s+/g, ' ').trim()],
		['as UTF-8 read as Latin-1', bytes.toString('latin1')],
		['in hex', bytes.toString('hex')],
	];
	for (const [name, encoded] of [
		['percent-encoded', encodeURIComponent(secret)],
		['form-encoded', new URLSearchParams([['', secret]]).toString().slice(1)],
	] as const) {
		spellings.push([name, encoded]);
		spellings.push([`${name}, lowercase`, encoded.replace(/%../g, (octet) => octet.toLowerCase())]);
		spellings.push([`${name} twice`, encodeURIComponent(encoded)]);
	}
	// In the middle of other text, base64 begins at one of three places; what its neighbours share is cut off.
	for (const shift of [0, 1, 2]) {
		const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
		const whole = encoded
			.slice(shift === 0 ? 0 : shift + 1)
			.replace(/=*$/, '')
			.slice(0, -1);
		spellings.push(['in base64', whole]);
		spellings.push(['in base64url', whole.replaceAll('+', '-').replaceAll('/', '_')]);
	}
	return spellings.filter(([, text]) => text.length >= SHORTEST);
}

/** The forms in which a value may be stored or shown. */
function* formsOf(value: unknown): Generator<[string, string]> {
	const texts: string[] = [];
	collectTexts(value, texts, new Set());
	yield ['texts', texts.join('\n')];
	yield [
		'inspected',
		inspect(value, { depth: 8, maxStringLength: Infinity, maxArrayLength: Infinity }),
	];
	for (const [name, write] of [
		['JSON', JSON.stringify],
		['flatted', stringify],
	] as const) {
		let text: string | undefined;
		try {
			text = write(value);
		} catch {
			// Circular or too deep: the texts in it were looked at above.
		}
		if (text !== undefined) yield [name, text];
	}
}

/** All text in a value: names and values, of errors also what is not enumerable, and the content of buffers. */
function collectTexts(value: unknown, texts: string[], seen: Set<unknown>): void {
	const stack = [value];
	while (stack.length > 0) {
		const next = stack.pop();
		if (typeof next === 'string') texts.push(next);
		if (typeof next === 'symbol') texts.push(String(next.description));
		if (typeof next !== 'object' && typeof next !== 'function') continue;
		if (next === null || seen.has(next)) continue;
		seen.add(next);
		if (ArrayBuffer.isView(next)) {
			texts.push(Buffer.from(next.buffer, next.byteOffset, next.byteLength).toString());
			continue;
		}
		if (next instanceof Map || next instanceof Set) stack.push(...[...next].flat());
		for (const key of Reflect.ownKeys(next)) {
			if (typeof key === 'string') texts.push(key);
			try {
				stack.push((next as Record<PropertyKey, unknown>)[key]);
			} catch {
				// A getter that throws shows nothing.
			}
		}
	}
}
