/** A map that forgets what was used least recently once it holds more than it may. */
export class BoundedMap<Value> {
	readonly #entries = new Map<string, Value>();

	readonly #mostEntries: number;

	constructor(mostEntries: number) {
		this.#mostEntries = mostEntries;
	}

	get(key: string): Value | undefined {
		const value = this.#entries.get(key);
		if (value !== undefined) this.set(key, value);
		return value;
	}

	set(key: string, value: Value): void {
		this.#entries.delete(key);
		this.#entries.set(key, value);
		const [oldest] = this.#entries.keys();
		if (this.#entries.size > this.#mostEntries && oldest !== undefined)
			this.#entries.delete(oldest);
	}

	delete(key: string): void {
		this.#entries.delete(key);
	}

	values(): IterableIterator<Value> {
		return this.#entries.values();
	}
}
