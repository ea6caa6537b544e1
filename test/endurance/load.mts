import { setTimeout as sleep } from 'node:timers/promises';
import type { IDataObject } from 'n8n-workflow';
import type { Random } from '../chaos/support/random.mts';
import type { DeployedWorkflow } from '../support/n8nApi.mts';
import type { N8nServer } from '../support/n8nServer.mts';
import type { Application } from './application.mts';
import { allWork, type Work } from './work.mts';

/** Kinds of work that each application has workflows for. */
const KINDS_PER_APPLICATION = 3;

/** Executions at a time. */
const CALLERS = 4;

/** A caller waits up to so long between two executions. */
const LONGEST_REST_MS = 300;

/** An execution that takes longer hangs. */
const PATIENCE_MS = 180_000;

interface Job {
	application: Application;
	work: Work;
	workflow: DeployedWorkflow;
}

/** Messages that executions wrote: whether they reported success, by marker. */
interface Written {
	application: Application;
	place: NonNullable<Work['leaves']>;
	succeeded: boolean;
}

/** Executions that webhooks start, one after another, and what became of what they did. */
export class Load {
	executions = 0;
	failedItems = 0;
	/** How often items failed, by what the error said. */
	readonly reasons = new Map<string, number>();
	items = 0;
	/** What no fault explains. */
	readonly wrong: string[] = [];
	readonly #jobs: Job[];
	readonly #random: Random;
	readonly #written = new Map<string, Written>();

	private constructor(jobs: Job[], random: Random) {
		this.#jobs = jobs;
		this.#random = random;
	}

	static async deploy(
		n8n: N8nServer,
		applications: readonly Application[],
		random: Random,
	): Promise<Load> {
		const jobs: Job[] = [];
		for (const [number, application] of applications.entries()) {
			for (let place = 0; place < KINDS_PER_APPLICATION; place++) {
				const work = allWork[(number + place) % allWork.length]!;
				jobs.push({ application, work, workflow: await n8n.deploy(work.nodes(application)) });
			}
		}
		return new Load(jobs, random);
	}

	/** Runs one execution after another, several at a time, until `isOver`. */
	async run(isOver: () => boolean): Promise<void> {
		const keepCalling = async () => {
			while (!isOver()) {
				await this.#call(this.#random.pick(this.#jobs));
				await sleep(this.#random.below(LONGEST_REST_MS));
			}
		};
		await Promise.all(Array.from({ length: CALLERS }, keepCalling));
	}

	/** Messages that should be there and are not, and messages that are there more than once. */
	losses(): { lost: string[]; twice: string[] } {
		const found = new Map<string, number>();
		for (const { application, place } of this.#places()) {
			const { state } = application.simulator;
			for (const { subject } of state.messagesIn(place.mailbox, place.folderId)) {
				found.set(subject, (found.get(subject) ?? 0) + 1);
			}
		}
		const lost = [...this.#written].filter(
			([marker, { succeeded }]) => succeeded && !found.has(marker),
		);
		const twice = [...found].filter(([marker, count]) => count > 1 && this.#written.has(marker));
		return { lost: lost.map(([marker]) => marker), twice: twice.map(([marker]) => marker) };
	}

	#places(): Written[] {
		return [
			...new Map(
				[...this.#written.values()].map((written) => [
					`${written.application.simulator.clientId} ${written.place.mailbox}`,
					written,
				]),
			).values(),
		];
	}

	async #call({ application, work, workflow }: Job): Promise<void> {
		const number = ++this.executions;
		const { name, leaves: place } = work;
		const items = Array.from({ length: 1 + this.#random.below(work.mostItems) }, (_, index) => ({
			marker: `execution ${number} item ${index}`,
			...work.item?.(application, this.#random),
		}));
		this.items += items.length;
		const results = await this.#resultsOf(workflow, items);
		if (typeof results === 'string') {
			this.wrong.push(`${name}, execution ${number}: ${results}`);
			return;
		}
		const failed = results.filter(isFailed);
		this.failedItems += failed.length;
		for (const { error } of failed) {
			const reason = reasonOf(error);
			this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
		}
		if (failed.length === 0) {
			const problem = work.wrong(items, results);
			if (problem) this.wrong.push(`${name}, execution ${number}: ${problem}`);
		}
		if (place === undefined) return;
		for (const [index, { marker }] of items.entries()) {
			const result = results[index];
			// *API Request* hands on an error in a status of success as it came: by that nothing is reported as written.
			const succeeded =
				result !== undefined && !isFailed(result) && result.detailErrorCode === undefined;
			this.#written.set(marker, { application, place, succeeded });
		}
	}

	async #resultsOf(
		workflow: DeployedWorkflow,
		items: IDataObject[],
	): Promise<IDataObject[] | string> {
		const over = new AbortController();
		try {
			return await Promise.race([
				workflow.call({ body: { items } }).then(({ status, body }) => {
					if (status === 200 && Array.isArray(body)) return body as IDataObject[];
					return `n8n answered ${status} ${JSON.stringify(body).slice(0, 300)}`;
				}),
				sleep(PATIENCE_MS, 'does not come to an end', { signal: over.signal }),
			]);
		} catch (error) {
			return `no answer of n8n: ${String(error)} ${String((error as Error).cause ?? '')}`;
		} finally {
			over.abort();
		}
	}
}

function isFailed({ error }: IDataObject): boolean {
	return error !== undefined;
}

/** The message without what differs from item to item. */
function reasonOf(error: unknown): string {
	const text = typeof error === 'string' ? error : JSON.stringify(error);
	return text.replace(/[\w.-]*\d[\w.-]*/g, '…').slice(0, 160);
}
