import type { IBinaryData } from 'n8n-workflow';

/** Files remembered at the same time; of more, the oldest are forgotten and downloaded again. */
const MAX_FILES = 1000;

/** Characters of files that n8n keeps inside the items, and not on disk or in its database. */
const MAX_CHARACTERS = 16 * 1024 * 1024;

/**
 * Files of messages that could not be handed on yet, because another of their files could not be downloaded. So nothing is
 * downloaded, and left behind on disk, once per poll. They live as long as the process.
 */
const files = new Map<string, IBinaryData>();
let characters = 0;

/** The file that was kept under a key. */
export function keptFile(key: string): IBinaryData | undefined {
	return files.get(key);
}

/** Keeps a file for the next poll. */
export function keepFile(key: string, file: IBinaryData): void {
	forgetFile(key);
	if (sizeOf(file) > MAX_CHARACTERS) return;
	files.set(key, file);
	characters += sizeOf(file);
	for (const oldest of files.keys()) {
		if (files.size <= MAX_FILES && characters <= MAX_CHARACTERS) break;
		forgetFile(oldest);
	}
}

/** Forgets a file, now that it was handed on. */
export function forgetFile(key: string): void {
	const file = files.get(key);
	if (file === undefined) return;
	files.delete(key);
	characters -= sizeOf(file);
}

/** With an ID the bytes lie elsewhere. */
function sizeOf({ id, data }: IBinaryData): number {
	return id === undefined ? data.length : 0;
}
