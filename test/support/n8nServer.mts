import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './freePort.mts';
import { filesOf, type Leftover, rowsOf } from './leftovers.mts';
import { N8nApi } from './n8nApi.mts';
import type { N8nInstallation } from './n8nInstallation.mts';
import { N8nProcess } from './n8nProcess.mts';
import { answerOf, type Login, newLogin } from './n8nRest.mts';
import { installFixturePackage, installPackage } from './packageTarball.mts';
import { pollUntil } from './poll.mts';
import { withProcessLock } from './processLock.mts';

const START_TIMEOUT_MS = 120_000;

/** Which n8n to start, and with what. */
export interface N8nServerOptions {
	installation: N8nInstallation;
	/** An existing user folder, which then outlives the server; by default a temporary one. */
	userFolder?: string;
	/** The owner of a user folder of one's own; made up by default. */
	login?: Login;
	/** A packed community package to install before the start. */
	tarball?: string;
	/** Folders with hand-written community packages to install before the start. */
	fixtures?: string[];
	/** Where n8n keeps files; each n8n version has a default of its own. */
	binaryDataMode?: 'default' | 'filesystem' | 'database';
	/** Further environment variables. */
	env?: Record<string, string>;
	/** A fixed port, for a person to open; by default a free one. */
	port?: number;
}

/** Starts an n8n and signs in to it. */
export async function startN8n(options: N8nServerOptions): Promise<N8nServer> {
	const server = new N8nServer(options);
	try {
		await server.start();
	} catch (error) {
		await server.stop();
		throw error;
	}
	return server;
}

/** A real n8n: a process of its own with a user folder, and so a database, of its own. */
export class N8nServer extends N8nApi {
	#login: Login | undefined;
	readonly #options: N8nServerOptions;
	#userFolder: string | undefined;
	#ports: { http: number; broker: number } | undefined;
	#process: N8nProcess | undefined;
	#earlierLogs = '';

	constructor(options: N8nServerOptions) {
		super(options.installation);
		this.#options = options;
	}

	/** Of the owner. */
	get login(): Login {
		return started(this.#login);
	}

	get url(): string {
		return `http://127.0.0.1:${started(this.#ports).http}`;
	}

	get userFolder(): string {
		return started(this.#userFolder);
	}

	get pid(): number | undefined {
		return this.#process?.pid;
	}

	/** Whether the process is over, wanted or not. */
	get hasEnded(): boolean {
		return this.#process?.hasEnded ?? false;
	}

	/** Everything that this n8n has written to stdout and stderr, restarts included. */
	get logs(): string {
		return this.#earlierLogs + (this.#process?.logs ?? '');
	}

	/** Everything that this n8n has written down: its log, its files, and its database row by row. */
	async *leftovers(): AsyncGenerator<Leftover> {
		yield { place: 'log', text: this.logs };
		const folder = join(this.userFolder, '.n8n');
		yield* rowsOf(join(folder, 'database.sqlite'));
		for await (const file of filesOf(folder)) {
			if (!file.place.startsWith('database.sqlite')) yield file;
		}
	}

	/** Prepares the user folder, starts n8n, waits until it is ready, and signs in as its owner. */
	async start(): Promise<void> {
		const { userFolder, login, port, tarball, fixtures = [] } = this.#options;
		if (userFolder === undefined) {
			this.#userFolder = await mkdtemp(join(tmpdir(), 'n8n-user-'));
			this.#login = await fillUserFolder(this.#userFolder, this.installation);
		} else {
			this.#userFolder = userFolder;
			this.#login = login ?? newLogin();
			await mkdir(userFolder, { recursive: true });
		}
		if (tarball) await installPackage(this.#userFolder, tarball);
		for (const fixture of fixtures) await installFixturePackage(this.#userFolder, fixture);

		this.#ports = { http: port ?? (await freePort()), broker: await freePort() };
		await this.#launch();
	}

	/** Stops n8n; a temporary user folder is removed. */
	async stop(): Promise<void> {
		await this.#process?.stop();
		if (this.#userFolder && !this.#options.userFolder) {
			await rm(this.#userFolder, { recursive: true, force: true, maxRetries: 3 });
		}
	}

	/** Stops n8n and starts it again with the same user folder and port, and with further variables if need be. */
	async restart(env: Record<string, string> = {}): Promise<void> {
		await this.#process?.stop();
		this.#earlierLogs = this.logs;
		this.#process = undefined;
		await this.#launch(env);
	}

	/** Stops n8n, installs a packed community package over what is there, and starts n8n again. */
	async upgrade(tarball: string): Promise<void> {
		await this.#process?.stop();
		await installPackage(this.userFolder, tarball);
		await this.restart();
	}

	async #launch(env: Record<string, string> = {}): Promise<void> {
		const { binaryDataMode } = this.#options;
		const { http, broker } = started(this.#ports);
		this.#process = new N8nProcess({
			installation: this.installation,
			command: 'start',
			userFolder: this.userFolder,
			env: {
				N8N_PORT: String(http),
				N8N_RUNNERS_BROKER_PORT: String(broker),
				...(binaryDataMode && { N8N_DEFAULT_BINARY_DATA_MODE: binaryDataMode }),
				...this.#options.env,
				...env,
			},
		});
		await pollUntil(
			() => this.#readiness(),
			START_TIMEOUT_MS,
			() => `n8n ${this.version} did not become ready:\n${this.logs}`,
		);
		await this.signIn(this.login);
	}

	/** Ready is when the health check says so and the REST API answers, which on a first start comes later. */
	async #readiness(): Promise<true | undefined> {
		if (this.#process?.hasEnded) throw new Error(`n8n ended while starting:\n${this.logs}`);
		try {
			const health = await fetch(`${this.url}/healthz/readiness`);
			if (!health.ok) return undefined;
			const settings = await answerOf(await fetch(`${this.url}/rest/settings`));
			return settings.status === 200 && typeof settings.body === 'object' ? true : undefined;
		} catch {
			return undefined;
		}
	}
}

/**
 * Copies what an n8n leaves after its first start: its database, with an owner. Half of such a start is for that.
 *
 * @returns the login of the owner
 */
async function fillUserFolder(userFolder: string, installation: N8nInstallation): Promise<Login> {
	// Gone when n8n is installed anew.
	const template = join(installation.directory, 'node_modules', '.n8n-started');
	await withProcessLock(
		`${installation.directory}.started.lock`,
		() => {},
		async () => {
			if (existsSync(template)) return;
			const folder = `${template}-unfinished`;
			await rm(folder, { recursive: true, force: true });
			const n8n = await startN8n({ installation, userFolder: folder });
			await n8n.stop();
			await writeFile(join(folder, 'login.json'), JSON.stringify(n8n.login));
			await rename(folder, template);
		},
	);
	await cp(template, userFolder, { recursive: true });
	return JSON.parse(await readFile(join(template, 'login.json'), 'utf8')) as Login;
}

function started<T>(value: T | undefined): T {
	if (value === undefined) throw new Error('n8n has not been started');
	return value;
}
