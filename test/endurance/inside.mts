import { rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { ProbeSample } from './pauses.mts';

/** Looks into an n8n that was started with {@link Inside.env}. */
export class Inside {
	readonly #socketPath = join(tmpdir(), `n8n-endurance-${process.pid}.sock`);

	/** What n8n has to be started with. */
	get env(): Record<string, string> {
		return {
			NODE_OPTIONS: `--import ${join(import.meta.dirname, 'probe.mts')}`,
			ENDURANCE_SOCKET: this.#socketPath,
		};
	}

	/** Collects n8n's garbage and measures; the delays are those since the last call. */
	async sample(): Promise<ProbeSample> {
		return await new Promise((resolve, reject) => {
			request({ socketPath: this.#socketPath }, (answer) => {
				json(answer).then((sample) => resolve(sample as ProbeSample), reject);
			})
				.on('error', reject)
				.end();
		});
	}
	/** Removes what a killed n8n leaves of it. */
	async close(): Promise<void> {
		await rm(this.#socketPath, { force: true });
	}
}
