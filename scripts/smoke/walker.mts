import { setTimeout as sleep } from 'node:timers/promises';
import type {
	IBinaryData,
	IDataObject,
	INodeExecutionData,
	INodeParameters,
	NodeApiError,
} from 'n8n-workflow';
import { Alimail } from '../../nodes/Alimail/Alimail.node.ts';
import { AlimailTrigger } from '../../nodes/Alimail/AlimailTrigger.node.ts';
import { NodeRunner } from '../../test/support/nodeRunner.mts';
import { byAddress, byId } from '../../test/support/operations.mts';
import type { RealAccount } from '../account.mts';
import { recordAnswers, type Answer } from './answers.mts';

/** Something that the node was asked to do, and what the server answered to it. */
export interface Step {
	name: string;
	answers: readonly Answer[];
	error?: Error;
}

/** The inbox, by the ID that every mailbox has it under. */
export const INBOX = '2';

/** Runs the node's own operations on one account, and keeps what came of each. */
export class Walker {
	readonly account: RealAccount;
	readonly steps: Step[] = [];
	/** What was left out, and why. */
	readonly notChecked: string[] = [];
	/** What is in the mailbox now and was not before. */
	readonly leftBehind: string[] = [];
	readonly #node: NodeRunner;
	readonly #trigger: NodeRunner;
	readonly #onStep: (step: Step) => void;
	#signal: AbortSignal | undefined;

	/** @param options.signal - once aborted, no step is begun any more */
	constructor(
		account: RealAccount,
		options: { signal?: AbortSignal; onStep?: (step: Step) => void } = {},
	) {
		this.account = account;
		this.#node = new NodeRunner(new Alimail(), account.fields);
		this.#trigger = new NodeRunner(new AlimailTrigger(), account.fields);
		this.#signal = options.signal;
		this.#onStep = options.onStep ?? (() => {});
	}

	/**
	 * Does something and takes down the answers.
	 *
	 * @returns undefined when it failed
	 */
	async step<T>(name: string, run: () => Promise<T>): Promise<T | undefined> {
		this.#signal?.throwIfAborted();
		const { answers, stop } = recordAnswers();
		const step: Step = { name, answers };
		try {
			return await run();
		} catch (error) {
			step.error = error as Error;
			this.#signal?.throwIfAborted();
			return undefined;
		} finally {
			stop();
			this.steps.push(step);
			this.#onStep(step);
		}
	}

	/** From here on an interruption no longer counts. */
	cleansUp(): void {
		this.#signal = undefined;
	}

	/** Asks every two seconds until there is an answer, or time is up. */
	async eventually<T>(
		ask: () => Promise<T | undefined>,
		timeoutMs: number,
	): Promise<T | undefined> {
		const deadline = Date.now() + timeoutMs;
		for (;;) {
			const answer = await ask();
			const leftMs = deadline - Date.now();
			if (answer !== undefined || leftMs <= 0) return answer;
			await pause(Math.min(leftMs, 2000), this.#signal);
		}
	}

	/**
	 * Runs an operation of the node on the account's mailbox.
	 *
	 * @returns the data of the items
	 */
	async operate(
		resource: string,
		operation: string,
		parameters: Record<string, unknown> = {},
		item: INodeExecutionData = { json: {} },
	): Promise<IDataObject[]> {
		const items = await this.items(resource, operation, parameters, item);
		return items.map(({ json }) => json);
	}

	/** As {@link operate}, with the files. */
	async items(
		resource: string,
		operation: string,
		parameters: Record<string, unknown> = {},
		item: INodeExecutionData = { json: {} },
	): Promise<INodeExecutionData[]> {
		const mailbox = byAddress(this.account.mailbox);
		const { items, error } = await this.#node.run({
			parameters: { resource, operation, mailbox, ...parameters } as INodeParameters,
			items: [item],
		});
		// What n8n's engine keeps of an error is no instance of any class.
		if (error) throw Object.assign(new Error(error.message), error);
		return items;
	}

	/** A test run of the trigger on the inbox. */
	async pollOnce(): Promise<void> {
		const mailbox = byAddress(this.account.mailbox);
		await this.#trigger.poller({ mailbox, folder: byId(INBOX) }).poll('manual');
	}

	/** The bytes of a file that an operation gave. */
	async read(binary: IBinaryData): Promise<Buffer> {
		return await this.#node.read(binary);
	}
}

/** The status with which the server refused what was asked for. */
export function refusalOf(error: unknown): number | undefined {
	const status = Number((error as Partial<NodeApiError> | undefined)?.httpCode);
	return status >= 400 && status < 500 ? status : undefined;
}

/** The IDs of some items, each once. */
export function idsOf(items: readonly IDataObject[]): string[] {
	const ids = items.map(({ id }) => id).filter((id) => ['string', 'number'].includes(typeof id));
	return [...new Set(ids.map(String))];
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
	await sleep(ms, undefined, signal && { signal });
}
