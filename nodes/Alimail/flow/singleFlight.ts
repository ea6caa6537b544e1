/** Work that is shared while it runs: who asks for it meanwhile waits for the same, and gets the same. */
export class SingleFlight<Result> {
	readonly #running = new Map<string, Promise<Result>>();

	/** @param key - tells work apart */
	async run(key: string, work: () => Promise<Result>): Promise<Result> {
		let running = this.#running.get(key);
		if (running === undefined) {
			running = work().finally(() => this.#running.delete(key));
			this.#running.set(key, running);
		}
		return await running;
	}
}
