import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { knownSecrets } from '../simulator/index.mts';
import { SecretScanner } from './secrets.mts';

/** Something that n8n has written down. */
export interface Leftover {
	/** Which file, or which row of which table. */
	place: string;
	text: string;
	/** The workflow as it was, if this is what an execution left. */
	workflow?: string;
}

/** A secret in what n8n has written down. */
export interface Leak extends Omit<Leftover, 'text'> {
	/** In which spelling it stands there, between what. */
	found: string;
}

/** Searches what an n8n has written down for the secrets of all simulators of this process. */
export async function secretsLeftBy(n8n: {
	leftovers(): AsyncIterable<Leftover>;
}): Promise<Leak[]> {
	const scanner = new SecretScanner(knownSecrets);
	const leaks: Leak[] = [];
	for await (const { text, ...where } of n8n.leftovers()) {
		const found = scanner.find(text);
		if (found !== undefined) leaks.push({ ...where, found });
	}
	return leaks;
}

/** The files of a folder that n8n has written; not the packages that were installed there. */
export async function* filesOf(folder: string): AsyncGenerator<Leftover> {
	for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
		const path = join(entry.parentPath, entry.name);
		if (!entry.isFile() || path.includes('node_modules')) continue;
		yield { place: relative(folder, path), text: await readFile(path, 'latin1') };
	}
}

/** The rows of an SQLite database, of which some may still be on their way into it. */
export function* rowsOf(file: string): Generator<Leftover> {
	const database = new DatabaseSync(file, { readOnly: true });
	try {
		const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
		for (const { name } of tables) {
			for (const row of database.prepare(`select rowid, * from "${name}"`).iterate()) {
				const text = Object.values(row).map(textOf).join('\n');
				const { workflowData } = row;
				yield {
					place: `${name} ${row.rowid}`,
					text,
					...(typeof workflowData === 'string' && { workflow: workflowData }),
				};
			}
		}
	} finally {
		database.close();
	}
}

function textOf(value: unknown): string {
	return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value);
}
