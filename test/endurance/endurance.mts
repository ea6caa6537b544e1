import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../chaos/support/random.mts';
import { installN8n } from '../support/n8nInstallation.mts';
import { startN8n, type N8nServer } from '../support/n8nServer.mts';
import { packPackage } from '../support/packageTarball.mts';
import { pollUntil } from '../support/poll.mts';
import { Application } from './application.mts';
import { Inside } from './inside.mts';
import { Load } from './load.mts';
import { isOwn, type JudgedPause, type ProbeSample } from './pauses.mts';
import { growthOf } from './trend.mts';
import { Watch } from './watch.mts';

/** The n8n that endures. */
export const N8N_VERSION = '2.41.1';

/** Faults are drawn, and mail arrives, this often. */
const DISTURBANCE_MS = 1_000;

const LONG_ROW_MS = 20_000;

/** So many rows a short run has at least: of the last third, a trend can be told from no fewer than five. */
const FEWEST_ROWS = 15;

/** Until the last mail is handed on, once nothing goes wrong any more. */
const PATIENCE_MS = 120_000;

/** What n8n's own caches, and executions under way, move the heap by in the half minute that a short run looks at. */
const allowedGrowthMiB = { long: 5, short: 15 };

/** Any pause that is longer, and mostly this package's, is a fault. */
const ALLOWED_PAUSE_MS = 100;

/** One line of the table. */
export interface Row extends ProbeSample {
	/** Since the load began. */
	seconds: number;
	renewals: number;
	looks: number;
	requests: number;
	faults: number;
	executions: number;
	mail: number;
	lost: number;
	twice: number;
}

/** Something that the run has to show. */
export interface Demand {
	what: string;
	holds: boolean;
	found: string;
}

/** A real n8n, its applications, and what goes on between them. */
export class Endurance {
	readonly tarball: string;
	/** What does not hold, in words; as much of it as one can read. */
	readonly troubles: string[] = [];
	readonly #n8n: N8nServer;
	readonly #inside: Inside;
	readonly #random: Random;
	readonly #applications: Application[] = [];
	#load!: Load;
	#watch!: Watch;
	#handlesBefore: Record<string, number> = {};
	#handlesAfter: Record<string, number> = {};
	#isShort = false;

	private constructor(tarball: string, n8n: N8nServer, inside: Inside, seed: number) {
		this.tarball = tarball;
		this.#n8n = n8n;
		this.#inside = inside;
		this.#random = new Random(seed);
	}

	static async start(seed: number): Promise<Endurance> {
		const tarball = await packPackage();
		const inside = new Inside();
		const n8n = await startN8n({
			installation: await installN8n(N8N_VERSION),
			tarball,
			binaryDataMode: 'filesystem',
			env: {
				...inside.env,
				// So that what grows is not the number of executions that are kept.
				EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none',
				EXECUTIONS_DATA_SAVE_ON_ERROR: 'none',
				N8N_DISABLED_MODULES: 'mcp-registry,insights',
			},
		});
		return new Endurance(tarball, n8n, inside, seed);
	}

	/**
	 * Lets everything happen for a while, and prints a row of the table now and then.
	 *
	 * @param applications - how many; each has a server of its own, short-lived tokens, and a trigger
	 * @returns all rows
	 */
	async run(durationMs: number, applications: number): Promise<Row[]> {
		const rowMs = Math.min(LONG_ROW_MS, durationMs / FEWEST_ROWS);
		this.#isShort = rowMs < LONG_ROW_MS;
		await this.#prepare(applications);

		for (const application of this.#applications) application.hurry();
		const startedAt = Date.now();
		const elapsed = () => Date.now() - startedAt;
		const isOver = () => elapsed() >= durationMs || this.#n8n.hasEnded;
		const working = this.#load.run(isOver);
		const disturbing = this.#disturb(isOver);
		const rows: Row[] = [];
		console.log(heading);
		while (!isOver()) {
			await sleep((rows.length + 1) * rowMs - elapsed());
			const row = await this.#row(elapsed() / 1000).catch(() => undefined);
			if (row === undefined) break;
			rows.push(row);
			console.log(line(row));
		}
		await disturbing;
		await working;
		if (!this.#n8n.hasEnded) await this.#comeToRest();
		return rows;
	}

	/** What the run has shown. */
	demands(rows: Row[]): Demand[] {
		const lastThird = rows.slice(-Math.ceil(rows.length / 3));
		const growth = (value: (row: Row) => number) =>
			growthOf(lastThird.map((row) => ({ time: row.seconds, value: value(row) })));
		const allowedMiB = this.#isShort ? allowedGrowthMiB.short : allowedGrowthMiB.long;
		const heap = growth(({ heapMiB }) => heapMiB);
		const resident = growth(({ residentMiB }) => residentMiB);
		const pauses = rows.flatMap((row) => row.pauses);
		const own = pauses.filter((pause) => isOwn(pause, ALLOWED_PAUSE_MS));
		const mail = this.#watch.losses();
		const written = this.#load.losses();
		const more = Object.entries(this.#handlesAfter).filter(
			([type, count]) => count > (this.#handlesBefore[type] ?? 0),
		);
		this.troubles.push(
			...this.#load.wrong.slice(0, 10),
			...own.slice(0, 10).map(described),
			...(this.#n8n.hasEnded ? [this.#n8n.logs.slice(-2_000)] : []),
		);
		return [
			demand('n8n is still there', !this.#n8n.hasEnded, this.#n8n.hasEnded ? 'ended' : 'running'),
			demand(
				`the heap grows by at most ${allowedMiB} MiB in the last third`,
				heap <= allowedMiB,
				`${heap.toFixed(1)} MiB (resident memory: ${resident.toFixed(1)} MiB)`,
			),
			demand(
				`no pause above ${ALLOWED_PAUSE_MS} ms is this package's`,
				own.length === 0,
				`${own.length} of ${pauses.length} pauses; ${longest(pauses)}`,
			),
			demand(
				'every message is handed on once by its trigger',
				mail.missing.length === 0 && mail.twice.length === 0,
				`${this.#watch.handedOn} handed on, ${mail.missing.length} missing, ${mail.twice.length} twice`,
			),
			demand(
				'what was reported as written is there once',
				written.lost.length === 0 && written.twice.length === 0,
				`${written.lost.length} lost, ${written.twice.length} twice`,
			),
			demand(
				'every execution comes to its end, with results that are right',
				this.#load.wrong.length === 0,
				`${this.#load.wrong.length} of ${this.#load.executions} did not; ${this.#load.failedItems} of ${this.#load.items} items failed, as they should where the server does`,
			),
			demand(
				'nothing is left open at the end',
				more.length === 0,
				more.length === 0
					? 'no handle more than before the load'
					: more.map(([type, count]) => `${count} ${type}`).join(', '),
			),
		];
	}

	/** Why items failed, the most frequent reasons first. They may: the server does. */
	reasons(): string[] {
		return [...this.#load.reasons]
			.sort(([, one], [, other]) => other - one)
			.slice(0, 10)
			.map(([reason, count]) => `${count} × ${reason}`);
	}

	async stop(): Promise<void> {
		await this.#n8n.stop();
		await this.#inside.close();
		this.#watch?.close();
		for (const { simulator } of this.#applications) await simulator.close();
	}

	async #prepare(applications: number): Promise<void> {
		for (let number = 0; number < applications; number++) {
			const random = new Random(this.#random.below(2 ** 32));
			this.#applications.push(await Application.start(this.#n8n, number, random));
		}
		this.#load = await Load.deploy(this.#n8n, this.#applications, this.#random);
		await this.#inside.sample();
		this.#handlesBefore = (await this.#inside.sample()).handles;
		this.#watch = await Watch.start(this.#n8n, this.#applications, this.#random);
		await pollUntil(
			async () => {
				for (const application of this.#applications) application.count();
				return this.#applications.every(({ tally }) => tally.looks > 0) || undefined;
			},
			PATIENCE_MS,
			() => `Not every trigger has looked at its folder:\n${this.#n8n.logs.slice(-2_000)}`,
		);
	}

	async #disturb(isOver: () => boolean): Promise<void> {
		while (!isOver()) {
			for (const application of this.#applications) application.disturb();
			this.#watch.deliver();
			await sleep(DISTURBANCE_MS);
		}
		for (const application of this.#applications) application.calm();
	}

	/** Until all mail is handed on and one more poll has had the chance to do so again; then nothing may be left open. */
	async #comeToRest(): Promise<void> {
		await waitUntil(() => this.#watch.losses().missing.length === 0);
		await sleep(3_000);
		await this.#watch.stop();
		await waitUntil(async () => {
			this.#handlesAfter = (await this.#inside.sample()).handles;
			return Object.entries(this.#handlesAfter).every(
				([type, count]) => count <= (this.#handlesBefore[type] ?? 0),
			);
		});
	}

	async #row(seconds: number): Promise<Row> {
		const sample = await this.#inside.sample();
		for (const application of this.#applications) application.count();
		const tallies = this.#applications.map(({ tally }) => tally);
		const sum = (value: (tally: (typeof tallies)[number]) => number) =>
			tallies.reduce((total, tally) => total + value(tally), 0);
		const written = this.#load.losses();
		return {
			...sample,
			seconds,
			renewals: sum(({ renewals }) => renewals),
			looks: sum(({ looks }) => looks),
			requests: sum(({ requests }) => requests),
			faults: sum(({ faults }) => [...faults.values()].reduce((total, count) => total + count, 0)),
			executions: this.#load.executions,
			mail: this.#watch.handedOn,
			lost: written.lost.length,
			twice: written.twice.length + this.#watch.losses().twice.length,
		};
	}
}

/** As {@link pollUntil}, but whoever looks afterwards sees for himself whether it came to that. */
async function waitUntil(holds: () => boolean | Promise<boolean>): Promise<void> {
	const deadline = Date.now() + PATIENCE_MS;
	while (!(await holds()) && Date.now() < deadline) await sleep(1_000);
}

function demand(what: string, holds: boolean, found: string): Demand {
	return { what, holds, found };
}

function described({ durationMs, cpuMs, ownShare, ownFunction }: JudgedPause): string {
	return `a pause of ${durationMs.toFixed(0)} ms (${cpuMs.toFixed(0)} ms computed, ${(ownShare * 100).toFixed(0)} % ours, mostly ${ownFunction})`;
}

function longest(pauses: readonly JudgedPause[]): string {
	const [first] = pauses.toSorted((one, other) => other.durationMs - one.durationMs);
	return first === undefined ? 'there was none' : `the longest was ${described(first)}`;
}

const heading = columns()
	.map(([name, width]) => name.padStart(width))
	.join(' ');

function columns(): Array<[string, number]> {
	return [
		['s', 4],
		['RSS', 5],
		['heap', 6],
		['p99', 5],
		['max', 6],
		['>100', 4],
		['ours', 4],
		['CPU%', 5],
		['handles', 7],
		['renewals', 8],
		['polls', 6],
		['exec.', 6],
		['requests', 8],
		['faults', 7],
		['mail', 5],
		['lost', 4],
		['twice', 5],
	];
}

function line(row: Row): string {
	const handles = Object.values(row.handles).reduce((total, count) => total + count, 0);
	const cells = [
		row.seconds.toFixed(0),
		row.residentMiB.toFixed(0),
		row.heapMiB.toFixed(1),
		row.delayMs.p99.toFixed(0),
		row.delayMs.max.toFixed(0),
		row.pauses.length,
		row.pauses.filter((pause) => isOwn(pause, ALLOWED_PAUSE_MS)).length,
		(row.ownShare * 100).toFixed(1),
		handles,
		row.renewals,
		row.looks,
		row.executions,
		row.requests,
		row.faults,
		row.mail,
		row.lost,
		row.twice,
	];
	return cells.map((cell, index) => String(cell).padStart(columns()[index]![1])).join(' ');
}
