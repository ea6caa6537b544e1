import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './freePort.mts';
import { pollUntil } from './poll.mts';
import { runCommand } from './runCommand.mts';

const POSTGRES_FOLDER = '/usr/lib/postgresql';
const POSTGRES_ACCOUNT = 'postgres';
const START_TIMEOUT_MS = 30_000;

/** What n8n's queue mode needs beside n8n. */
export interface QueueModePrograms {
	redisServer: string;
	initdb: string;
	postgres: string;
	psql: string;
	pgDump: string;
}

/** Whose rights a program runs with. */
interface Account {
	uid: number;
	gid: number;
}

/** A server that a test has started: on a loopback port of its own, with a data folder of its own. */
export class LocalService {
	readonly port: number;
	readonly #launch: () => ChildProcess;
	readonly #stopSignal: NodeJS.Signals;
	/** Where its data are. */
	readonly folder: string;
	#child: ChildProcess | undefined;
	#logs = '';

	constructor(
		port: number,
		folder: string,
		stopSignal: NodeJS.Signals,
		launch: () => ChildProcess,
	) {
		this.port = port;
		this.folder = folder;
		this.#stopSignal = stopSignal;
		this.#launch = launch;
	}

	/** Starts the server, on the data that it left if it ran before, and waits until it takes connections. */
	async start(): Promise<void> {
		const child = this.#launch();
		this.#child = child;
		const collect = (chunk: string) => (this.#logs += chunk);
		child.stdout?.setEncoding('utf8').on('data', collect);
		child.stderr?.setEncoding('utf8').on('data', collect);
		child.once('error', (error) => collect(`${error.message}\n`));
		const killWithParent = () => child.kill('SIGKILL');
		process.once('exit', killWithParent);
		child.once('close', () => process.off('exit', killWithParent));

		await pollUntil(
			async () => {
				if (hasEnded(child)) throw new Error(`${child.spawnfile} ended:\n${this.#logs}`);
				return (await takesConnections(this.port)) ? true : undefined;
			},
			START_TIMEOUT_MS,
			() => `${child.spawnfile} did not start:\n${this.#logs}`,
		);
	}

	/** Ends the server and leaves its data. */
	async halt(): Promise<void> {
		const child = this.#child;
		if (child?.pid === undefined || hasEnded(child)) return;
		const ended = once(child, 'exit');
		child.kill(this.#stopSignal);
		await ended;
	}

	/** Ends the server and removes its data. */
	async stop(): Promise<void> {
		await this.halt();
		await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
	}
}

/**
 * Finds Redis and PostgreSQL on this computer. What is missing is installed where that needs no question: as root on Debian.
 *
 * @throws Error that names what to install
 */
export async function queueModePrograms(): Promise<QueueModePrograms> {
	const found = await findPrograms();
	if ('redisServer' in found) return found;
	const { missing } = found;
	if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
		throw new Error(
			`The tests of n8n's queue mode need ${missing.join(' and ')}. On Debian or Ubuntu: sudo apt-get install ${missing.join(' ')}`,
		);
	}
	console.error(`Installing ${missing.join(' and ')} …`);
	// Run level 1 keeps the packages from starting servers of their own.
	const options = { cwd: '/', env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } };
	const apt = ['-o', 'DPkg::Lock::Timeout=300', '-q', '-y'];
	await runCommand('apt-get', [...apt, 'update'], options);
	await runCommand('apt-get', [...apt, 'install', '--no-install-recommends', ...missing], options);
	const installed = await findPrograms();
	if ('redisServer' in installed) return installed;
	throw new Error(`apt-get did not bring ${installed.missing.join(' and ')}`);
}

/** Prepares a Redis that saves its data when it ends and reads them when it starts, as Debian's does. */
export async function prepareRedis({ redisServer }: QueueModePrograms): Promise<LocalService> {
	const folder = await mkdtemp(join(tmpdir(), 'redis-'));
	const port = await freePort();
	const settings = {
		bind: '127.0.0.1',
		port,
		dir: folder,
		save: '3600 1',
	};
	const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
	return new LocalService(port, folder, 'SIGTERM', () =>
		spawn(redisServer, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }),
	);
}

/** Prepares a PostgreSQL with an empty database `postgres` that the user `n8n` may use without a password. */
export async function preparePostgres(programs: QueueModePrograms): Promise<LocalService> {
	const { initdb, postgres } = programs;
	const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
	const port = await freePort();
	const account = await unprivilegedAccount();
	if (account) await chown(folder, account.uid, account.gid);
	const data = join(folder, 'data');
	const run = promisify(execFile);
	await run(initdb, ['-D', data, '-U', 'n8n', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
		cwd: folder,
		...account,
	});
	const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder, '-c', 'fsync=off'];
	// SIGINT: without waiting for n8n to close its connections.
	return new LocalService(port, folder, 'SIGINT', () =>
		spawn(postgres, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], ...account }),
	);
}

/** The database for PostgreSQL's own programs. */
function databaseAt(port: number): string[] {
	return ['-h', '127.0.0.1', '-p', String(port), '-U', 'n8n', '-d', 'postgres'];
}

/** The rows of a query, their columns as text. */
export async function queryPostgres(
	{ psql }: QueueModePrograms,
	{ port }: LocalService,
	sql: string,
): Promise<string[][]> {
	const output = await runCommand(psql, [...databaseAt(port), '-qXAt', '-F', '\t', '-c', sql], {
		cwd: '/',
	});
	return output
		.split('\n')
		.filter((line) => line !== '')
		.map((line) => line.split('\t'));
}

/** All that is in the database, as text. */
export async function dumpPostgres(
	{ pgDump }: QueueModePrograms,
	{ port }: LocalService,
): Promise<string> {
	return await runCommand(pgDump, [...databaseAt(port), '--data-only'], { cwd: '/' });
}

async function findPrograms(): Promise<QueueModePrograms | { missing: string[] }> {
	const redisServer = (process.env.PATH ?? '')
		.split(delimiter)
		.concat('/usr/bin')
		.map((folder) => join(folder, 'redis-server'))
		.find((file) => existsSync(file));
	const versions = await readdir(POSTGRES_FOLDER).catch(() => []);
	const binaries = versions
		.sort((one, other) => Number(other) - Number(one))
		.map((version) => join(POSTGRES_FOLDER, version, 'bin'))
		.find((folder) => existsSync(join(folder, 'postgres')));
	if (redisServer !== undefined && binaries !== undefined) {
		return {
			redisServer,
			initdb: join(binaries, 'initdb'),
			postgres: join(binaries, 'postgres'),
			psql: join(binaries, 'psql'),
			pgDump: join(binaries, 'pg_dump'),
		};
	}
	return {
		missing: [
			...(redisServer === undefined ? ['redis-server'] : []),
			...(binaries === undefined ? ['postgresql'] : []),
		],
	};
}

/** PostgreSQL refuses to run as root: then it is the account that its package made. */
async function unprivilegedAccount(): Promise<Account | undefined> {
	if (process.getuid?.() !== 0) return undefined;
	const id = async (flag: string) =>
		Number(await runCommand('id', [flag, POSTGRES_ACCOUNT], { cwd: '/' }));
	return { uid: await id('-u'), gid: await id('-g') };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
	return exitCode !== null || signalCode !== null;
}

async function takesConnections(port: number): Promise<boolean> {
	const socket = connect(port, '127.0.0.1');
	try {
		await once(socket, 'connect');
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}
