import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const cacheDirectory = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache');

/** What was measured of several sides in several situations, shown as a table at the end of the file. */
export class Comparison {
	readonly #rows = new Map<string, Map<string, string>>();

	/** @param fileName - of the Markdown table in `node_modules/.cache` */
	constructor(fileName: string) {
		afterAll(() => {
			const table = this.#markdown();
			mkdirSync(cacheDirectory, { recursive: true });
			writeFileSync(join(cacheDirectory, fileName), table);
			console.log(table);
		});
	}

	/** Takes down what a side did in a situation. */
	note(situation: string, side: string, outcome: object): void {
		const row = this.#rows.get(situation) ?? new Map<string, string>();
		this.#rows.set(situation, row.set(side, describeOutcome(outcome)));
	}

	#markdown(): string {
		const rows = [...this.#rows];
		const columns = [...new Set(rows.flatMap(([, cells]) => [...cells.keys()]))].sort();
		return [
			['situation', ...columns],
			['---', ...columns.map(() => '---')],
			...rows.map(([title, cells]) => [title, ...columns.map((name) => cells.get(name) ?? '')]),
		]
			.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
			.join('');
	}
}

function describeOutcome(outcome: object): string {
	return Object.entries(outcome)
		.map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') : String(value)}`)
		.join('; ');
}
