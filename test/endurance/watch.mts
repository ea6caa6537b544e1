import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Random } from '../chaos/support/random.mts';
import { credentialOf } from '../support/n8nApi.mts';
import type { N8nServer } from '../support/n8nServer.mts';
import { byAddress, byId } from '../support/operations.mts';
import { chainOf } from '../support/workflow.mts';
import type { Application } from './application.mts';
import { boxes } from './boxes.mts';

/** n8n polls once a minute at the most for each time that is set: thirty times are a poll every other second. */
const pollTimes = {
	item: Array.from({ length: 30 }, (_, index) => ({
		mode: 'custom',
		cronExpression: `${index * 2} * * * * *`,
	})),
};

/** Of a message to arrive at an application, each time it is asked. */
const ARRIVES = 0.2;

/** Triggers in n8n, the mail that arrives for them, and what they hand on. */
export class Watch {
	readonly #n8n: N8nServer;
	readonly #applications: readonly Application[];
	readonly #random: Random;
	readonly #arrived = new Set<string>();
	readonly #handedOn = new Map<string, number>();
	readonly #workflowIds: string[] = [];
	readonly #collector: Server;

	private constructor(
		n8n: N8nServer,
		applications: readonly Application[],
		random: Random,
		collector: Server,
	) {
		this.#n8n = n8n;
		this.#applications = applications;
		this.#random = random;
		this.#collector = collector;
	}

	/** Starts a trigger for each application, every other one with the files of the messages. */
	static async start(
		n8n: N8nServer,
		applications: readonly Application[],
		random: Random,
	): Promise<Watch> {
		const collector = createServer().listen(0, '127.0.0.1');
		await once(collector, 'listening');
		const watch = new Watch(n8n, applications, random, collector);
		collector.on('request', (request, response) => {
			void json(request).then((ids) => {
				// The path tells the application: IDs are the server's own.
				for (const id of ids as string[]) watch.#count(`${request.url} ${id}`);
				response.end();
			});
		});
		for (const [number, application] of applications.entries()) {
			await watch.#activate(application, number);
		}
		return watch;
	}

	/** Messages that triggers have handed on. */
	get handedOn(): number {
		return this.#handedOn.size;
	}

	/** Lets mail arrive, at some applications. */
	deliver(): void {
		for (const [number, { simulator }] of this.#applications.entries()) {
			if (!this.#random.chance(ARRIVES)) continue;
			const { id } = simulator.state.addMessage(boxes.watched, {
				...(this.#random.chance(0.5) && {
					attachments: [{ name: 'a.txt', content: 'x'.repeat(5_000), contentType: 'text/plain' }],
				}),
			});
			this.#arrived.add(`/${number} ${id}`);
		}
	}

	/** Messages that no trigger has handed on so far, and those that were handed on more than once. */
	losses(): { missing: string[]; twice: string[] } {
		return {
			missing: [...this.#arrived].filter((id) => !this.#handedOn.has(id)),
			twice: [...this.#handedOn].filter(([, count]) => count > 1).map(([id]) => id),
		};
	}

	/** Ends the triggers. */
	async stop(): Promise<void> {
		for (const id of this.#workflowIds) await this.#n8n.deactivate(id);
	}

	/** Ends the server that takes what the triggers hand on. */
	close(): void {
		this.#collector.close();
		this.#collector.closeAllConnections();
	}

	#count(id: string): void {
		this.#handedOn.set(id, (this.#handedOn.get(id) ?? 0) + 1);
	}

	async #activate(application: Application, number: number): Promise<void> {
		const { port } = this.#collector.address() as AddressInfo;
		const { id } = await this.#n8n.createWorkflow(
			chainOf([
				{
					name: 'Alimail Trigger',
					type: 'n8n-nodes-alimail.alimailTrigger',
					credentials: credentialOf(application.credential),
					parameters: {
						mailbox: byAddress(boxes.watched),
						folder: byId('2'),
						pollTimes,
						options: { lookBackHours: 1, downloadAttachments: number % 2 === 1 },
					},
				},
				{
					name: 'Collector',
					type: 'n8n-nodes-base.httpRequest',
					typeVersion: 4.2,
					executeOnce: true,
					parameters: {
						method: 'POST',
						url: `http://127.0.0.1:${port}/${number}`,
						sendBody: true,
						specifyBody: 'json',
						jsonBody: '={{ JSON.stringify($input.all().map(({ json }) => json.id)) }}',
						options: {},
					},
				},
			]),
		);
		await this.#n8n.activate(id);
		this.#workflowIds.push(id);
	}
}
