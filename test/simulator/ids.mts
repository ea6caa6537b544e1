const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Makes identifiers that look random and are the same on every run. */
export class Ids {
	#seed = 0x9e3779b9;
	#counts = new Map<string, number>();

	/** A message id; as those that are seen in sources it holds `$`, `-`, `.` and `_`. */
	message(): string {
		return `Dz${this.#letters(22)}_${this.#letters(6)}$---.${this.#letters(4)}`;
	}

	/** An attachment id. */
	attachment(): string {
		return `${this.#letters(10)}_${this.#letters(4)}$`;
	}

	/** A numbered id such as `user-0001`. */
	numbered(kind: string): string {
		const next = (this.#counts.get(kind) ?? 0) + 1;
		this.#counts.set(kind, next);
		return `${kind}-${String(next).padStart(4, '0')}`;
	}

	#letters(length: number): string {
		let letters = '';
		for (let i = 0; i < length; i++) letters += ALPHABET[this.#random() % ALPHABET.length];
		return letters;
	}

	/** Mulberry32. */
	#random(): number {
		this.#seed = (this.#seed + 0x6d2b79f5) | 0;
		let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return (mixed ^ (mixed >>> 14)) >>> 0;
	}
}
