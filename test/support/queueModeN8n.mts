import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ExecutionSummary, hasFinished } from './execution.mts';
import { freePort } from './freePort.mts';
import { filesOf, type Leftover } from './leftovers.mts';
import { N8nApi } from './n8nApi.mts';
import type { N8nInstallation } from './n8nInstallation.mts';
import { N8nProcess } from './n8nProcess.mts';
import { answerOf, newLogin } from './n8nRest.mts';
import { installPackage } from './packageTarball.mts';
import { pollUntil } from './poll.mts';
import {
	dumpPostgres,
	type LocalService,
	preparePostgres,
	prepareRedis,
	queryPostgres,
	type QueueModePrograms,
	queueModePrograms,
} from './queueModeServices.mts';

const START_TIMEOUT_MS = 180_000;

/** Which n8n to start in queue mode, and with what. */
export interface QueueModeOptions {
	installation: N8nInstallation;
	/** A packed community package to install in every process's user folder. */
	tarball: string;
	workers: number;
	/** Further environment variables, for all processes. */
	env?: Record<string, string>;
}

/** A process that runs executions. */
export interface QueueModeWorker {
	readonly name: string;
	readonly process: N8nProcess;
}

/** n8n in queue mode: one main process and several workers, each with a user folder of its own, on Redis and PostgreSQL. */
export class QueueModeN8n extends N8nApi {
	readonly workers: QueueModeWorker[] = [];
	readonly #options: QueueModeOptions;
	readonly #login = newLogin();
	readonly #encryptionKey = randomBytes(24).toString('hex');
	readonly #folders: string[] = [];
	#programs: QueueModePrograms | undefined;
	#redis: LocalService | undefined;
	#postgres: LocalService | undefined;
	#main: N8nProcess | undefined;
	#port = 0;

	constructor(options: QueueModeOptions) {
		super(options.installation);
		this.#options = options;
	}

	get url(): string {
		return `http://127.0.0.1:${this.#port}`;
	}

	/** Everything that the main process and the workers have written. */
	get logs(): string {
		return [{ name: 'main', process: this.#main }, ...this.workers]
			.map(({ name, process }) => `--- ${name}\n${process?.logs ?? ''}`)
			.join('\n');
	}

	/** The process IDs of the workers that run. */
	get workerPids(): number[] {
		return this.workers.flatMap(({ process }) =>
			process.hasEnded || process.pid === undefined ? [] : [process.pid],
		);
	}

	/** Everything that n8n has written down: the log and the files of each process, the database, and what is in Redis. */
	async *leftovers(): AsyncGenerator<Leftover> {
		yield { place: 'log', text: this.logs };
		for (const folder of this.#folders) yield* filesOf(folder);
		if (!this.#programs || !this.#postgres || !this.#redis)
			throw new Error('n8n has not been started');
		yield { place: 'PostgreSQL', text: await dumpPostgres(this.#programs, this.#postgres) };
		await this.restartRedis(0);
		yield* filesOf(this.#redis.folder);
	}

	/** Starts Redis, PostgreSQL, the main process and then the workers, and signs in as the owner. */
	async start(): Promise<void> {
		const programs = await queueModePrograms();
		this.#programs = programs;
		this.#redis = await prepareRedis(programs);
		this.#postgres = await preparePostgres(programs);
		await Promise.all([this.#redis.start(), this.#postgres.start()]);

		// The main process goes first: it creates the tables.
		this.#port = await freePort();
		this.#main = await this.#launch('start', { N8N_PORT: String(this.#port) });
		await pollUntil(
			() => this.#readiness(),
			START_TIMEOUT_MS,
			() => `n8n's main process did not become ready:\n${this.#main?.logs}`,
		);
		await this.signIn(this.#login);
		await Promise.all(Array.from({ length: this.#options.workers }, () => this.addWorker()));
	}

	/** Starts one more worker and waits until it takes executions. */
	async addWorker(): Promise<QueueModeWorker> {
		const process = await this.#launch('worker', {});
		const worker = { name: `worker ${this.workers.length + 1}`, process };
		this.workers.push(worker);
		await pollUntil(
			async () => {
				if (process.hasEnded) throw new Error(`A worker ended while starting:\n${process.logs}`);
				return process.logs.includes('n8n worker is now ready') || undefined;
			},
			START_TIMEOUT_MS,
			() => `A worker did not become ready:\n${process.logs}`,
		);
		return worker;
	}

	/** Ends a worker as the operating system ends one that used up the memory: without a word. */
	async killWorker(worker: QueueModeWorker): Promise<void> {
		const { pid } = worker.process;
		if (pid !== undefined) process.kill(pid, 'SIGKILL');
		await pollUntil(
			async () => worker.process.hasEnded || undefined,
			START_TIMEOUT_MS,
			() => 'A worker outlived SIGKILL',
		);
	}

	/** Stops Redis and starts it again, on the data that it left. */
	async restartRedis(downForMs: number): Promise<void> {
		await this.#redis?.halt();
		await sleep(downForMs);
		await this.#redis?.start();
	}

	/** Stops all that was started and removes all that it wrote. */
	async stop(): Promise<void> {
		await Promise.all(this.workers.map(({ process }) => process.stop()));
		await this.#main?.stop();
		await Promise.all([this.#redis?.stop(), this.#postgres?.stop()]);
		await Promise.all(
			this.#folders.map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 3 })),
		);
	}

	/** All executions of a workflow, from the database: n8n's list pages by time, and leaves some out when there are many. */
	override async executionsOf(workflowId: string): Promise<ExecutionSummary[]> {
		if (!this.#programs || !this.#postgres) throw new Error('n8n has not been started');
		const rows = await queryPostgres(
			this.#programs,
			this.#postgres,
			`select id, status, mode from execution_entity where "workflowId" = '${workflowId}' order by id desc`,
		);
		return rows.map(([id, status, mode]) => ({ id, workflowId, status, mode }) as ExecutionSummary);
	}

	/** Waits until a workflow has that many executions that are over, and returns all that it has. */
	async waitForExecutionsOf(
		workflowId: string,
		count: number,
		timeoutMs: number,
	): Promise<ExecutionSummary[]> {
		let seen = '';
		return await pollUntil(
			async () => {
				const executions = await this.executionsOf(workflowId);
				const finished = executions.filter(hasFinished).length;
				seen = `${executions.length} executions, ${finished} of them over`;
				return finished >= count ? executions : undefined;
			},
			timeoutMs,
			() => `There should be ${count} executions that are over, and there are ${seen}`,
		);
	}

	async #launch(command: 'start' | 'worker', env: Record<string, string>): Promise<N8nProcess> {
		const { installation, tarball, env: common } = this.#options;
		const userFolder = await mkdtemp(join(tmpdir(), 'n8n-user-'));
		this.#folders.push(userFolder);
		await installPackage(userFolder, tarball);
		return new N8nProcess({
			installation,
			command,
			userFolder,
			env: {
				EXECUTIONS_MODE: 'queue',
				QUEUE_BULL_REDIS_HOST: '127.0.0.1',
				QUEUE_BULL_REDIS_PORT: String(this.#redis?.port),
				DB_TYPE: 'postgresdb',
				DB_POSTGRESDB_HOST: '127.0.0.1',
				DB_POSTGRESDB_PORT: String(this.#postgres?.port),
				DB_POSTGRESDB_DATABASE: 'postgres',
				DB_POSTGRESDB_USER: 'n8n',
				N8N_ENCRYPTION_KEY: this.#encryptionKey,
				N8N_RUNNERS_BROKER_PORT: String(await freePort()),
				...common,
				...env,
			},
		});
	}

	async #readiness(): Promise<true | undefined> {
		if (this.#main?.hasEnded) throw new Error(`n8n ended while starting:\n${this.#main.logs}`);
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

/** The executions that a worker says it has begun, and of these the ones that it says it has finished. */
export function workOf({ process: { logs } }: QueueModeWorker): {
	started: string[];
	finished: string[];
} {
	const ids = (word: string) =>
		[...logs.matchAll(new RegExp(`Worker ${word} execution (\\d+)`, 'g'))].map(([, id]) => id!);
	return { started: ids('started'), finished: ids('finished') };
}
