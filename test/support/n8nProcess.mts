import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import type { N8nInstallation } from './n8nInstallation.mts';

const STOP_TIMEOUT_MS = 15_000;

/** What all n8n processes have in common: quiet, local, and without a look at the internet. */
const baseEnvironment = {
	N8N_LISTEN_ADDRESS: '127.0.0.1',
	N8N_SECURE_COOKIE: 'false',
	N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'true',
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	N8N_HIRING_BANNER_ENABLED: 'false',
	N8N_DYNAMIC_BANNERS_ENABLED: 'false',
	N8N_VERIFIED_PACKAGES_ENABLED: 'false',
	N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
	N8N_PYTHON_ENABLED: 'false',
	EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'all',
	EXECUTIONS_DATA_SAVE_ON_ERROR: 'all',
};

/** What n8n 1.x does not know and would refuse to start with. */
const modernEnvironment = { N8N_DISABLED_MODULES: 'mcp-registry' };

/** n8n 1.x mixes up the transactions of concurrent calls on its one SQLite connection; 2.x has several by default. */
const legacyEnvironment = { DB_SQLITE_POOL_SIZE: '3' };

/** Which n8n process to start, and how. */
export interface N8nProcessOptions {
	installation: N8nInstallation;
	/** The n8n command: the server, or a worker of the queue mode. */
	command: 'start' | 'worker';
	userFolder: string;
	env: Record<string, string>;
}

/** A running n8n process: its output, its end, and a way to end it. */
export class N8nProcess {
	#child: ChildProcess;
	#logs = '';

	constructor({ installation, command, userFolder, env }: N8nProcessOptions) {
		this.#child = spawn(installation.nodeBinary, [installation.n8nBinary, command], {
			cwd: userFolder,
			// Nothing else is inherited: a NODE_ENV or NODE_OPTIONS of the test runner would change n8n's behaviour.
			env: {
				PATH: [dirname(installation.nodeBinary), process.env.PATH].join(delimiter),
				HOME: userFolder,
				N8N_USER_FOLDER: userFolder,
				...baseEnvironment,
				...(installation.version.startsWith('1.') ? legacyEnvironment : modernEnvironment),
				...env,
			},
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		const collect = (chunk: string) => (this.#logs += chunk);
		this.#child.stdout?.setEncoding('utf8').on('data', collect);
		this.#child.stderr?.setEncoding('utf8').on('data', collect);
		this.#child.once('error', (error) => collect(`${error.message}\n`));

		const killWithParent = () => this.#child.kill('SIGKILL');
		process.once('exit', killWithParent);
		this.#child.once('close', () => process.off('exit', killWithParent));
	}

	get pid(): number | undefined {
		return this.#child.pid;
	}

	/** Everything that the process has written so far, stdout and stderr together. */
	get logs(): string {
		return this.#logs;
	}

	get hasEnded(): boolean {
		return this.#child.exitCode !== null || this.#child.signalCode !== null;
	}

	/** Asks the process to end; kills it if it takes too long. */
	async stop(): Promise<void> {
		if (this.hasEnded || this.pid === undefined) return;
		const ended = once(this.#child, 'exit');
		this.#child.kill('SIGTERM');
		const killer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
		await ended;
		clearTimeout(killer);
	}
}
