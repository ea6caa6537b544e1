import type { RecordedMessage } from './state';

/** The pages of one look, and what their order says about how far it has come. */
export class Scan<Message extends RecordedMessage> {
	/** In the order of the folder, each once. */
	readonly messages: Message[] = [];

	/** How many pages were read. A list of one page shows the folder at one moment, and so misses nothing. */
	pages = 0;

	readonly #ids = new Set<string>();

	/** Of the last page, in its order. */
	#dates: number[] = [];

	#first: number | undefined;

	#last = Infinity;

	#newestBefore = -Infinity;

	#isNewestFirst = true;

	/** @returns the messages of the page that no earlier page had: new mail pushes others down from one page to the next */
	add(page: Message[]): Message[] {
		this.pages += 1;
		this.#newestBefore = latest(this.#dates, this.#newestBefore);
		this.#dates = page.flatMap(({ receivedAt }) => receivedAt ?? []);
		for (const date of this.#dates) {
			this.#first ??= date;
			if (date > this.#last) this.#isNewestFirst = false;
			this.#last = date;
		}
		const added = page.filter(({ id }) => !this.#ids.has(id) && this.#ids.add(id));
		for (const message of added) this.messages.push(message);
		return added;
	}

	/** The latest time of receipt that is not in the future. */
	newestUntil(now: number): number | undefined {
		const newest = latest(
			this.messages.flatMap(({ receivedAt = Infinity }) => (receivedAt <= now ? receivedAt : [])),
			-Infinity,
		);
		return newest === -Infinity ? undefined : newest;
	}

	/**
	 * Whether further pages hold nothing from the window. That takes evidence that the newest come first: behind the first
	 * page of a list in another order all new mail would stay unseen.
	 *
	 * @param mayGoOn - decides on a page without any time
	 */
	isBehind(since: number, mayGoOn: boolean): boolean {
		if (this.#dates.length === 0) return !mayGoOn;
		// With a date there is a first one.
		if (this.#isNewestFirst && this.#first! > this.#last) return this.#last < since;
		const newest = latest(this.#dates, -Infinity);
		return newest < since && newest < this.#newestBefore;
	}
}

/** As Math.max, for lists of any length. */
function latest(dates: number[], start: number): number {
	return dates.reduce((newest, date) => Math.max(newest, date), start);
}
