import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_INTERVAL_MS = 500;
const SQLITE_BUSY = 5;

/**
 * Runs `work` while no other process on this machine runs work under the same lock file.
 *
 * The lock is SQLite's own on an empty database: the operating system releases it when its process dies,
 * so there is no stale lock to clean up.
 */
export async function withProcessLock<T>(
	file: string,
	onWait: () => void,
	work: () => Promise<T>,
): Promise<T> {
	const database = new DatabaseSync(file, { timeout: 0 });
	try {
		for (let attempt = 0; !tryLock(database); attempt++) {
			if (attempt === 0) onWait();
			await sleep(POLL_INTERVAL_MS);
		}
		return await work();
	} finally {
		database.close();
	}
}

function tryLock(database: DatabaseSync): boolean {
	try {
		database.exec('BEGIN EXCLUSIVE');
		return true;
	} catch (error) {
		if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false;
		throw error;
	}
}
