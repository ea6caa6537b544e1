import {
	defaultSettings,
	startSimulator,
	type RecordedRequest,
	type Simulator,
} from '../simulator/index.mts';
import type { Random } from '../chaos/support/random.mts';
import type { StoredCredential } from '../support/n8nApi.mts';
import type { N8nServer } from '../support/n8nServer.mts';
import { boxes, LISTED_MESSAGES } from './boxes.mts';
import { drawFaults, NO_FAULT } from './faults.mts';

/** What an hour is to the real service. Counted as expired after nine tenths of it, and so before the next poll. */
const TOKEN_LIFETIME_SECONDS = 2;

/** So many requests get their fate in advance; more than arrive between two calls of {@link Application.disturb}. */
const FAULTS_AHEAD = 60;

/** Of being revoked each time, so that a token dies before its time. */
const REVOKED = 0.05;

/** What has arrived at an application so far. */
export interface Tally {
	requests: number;
	/** Requests that a fault hit, by its name. */
	faults: Map<string, number>;
	/** Exchanges that gave a token. */
	renewals: number;
	/** First pages of the watched folder that were answered. */
	looks: number;
}

/** An application of the service, with a server and a credential of its own. */
export class Application {
	readonly simulator: Simulator;
	readonly credential: StoredCredential;
	readonly tally: Tally = { requests: 0, faults: new Map(), renewals: 0, looks: 0 };
	readonly #random: Random;

	private constructor(simulator: Simulator, credential: StoredCredential, random: Random) {
		this.simulator = simulator;
		this.credential = credential;
		this.#random = random;
	}

	static async start(n8n: N8nServer, number: number, random: Random): Promise<Application> {
		const simulator = await startSimulator({ clientId: `application-${number}` });
		const { url, clientId, clientSecret, state } = simulator;
		const departmentIds = [[...state.departments.keys()][0] ?? ''];
		for (const email of Object.values(boxes)) state.addUser({ email, name: email, departmentIds });
		state.addMessages(boxes.list, LISTED_MESSAGES);
		state.addMessages(boxes.files, 20, (index) => ({
			attachments: [
				{
					name: `${index}.txt`,
					content: `file ${index} of application ${number} `.repeat(10 ** (index % 4)),
					contentType: 'text/plain',
				},
			],
		}));
		const credential = await n8n.createCredential('alimailApi', {
			region: 'custom',
			baseUrl: url,
			clientId,
			clientSecret,
		});
		return new Application(simulator, credential, random);
	}

	/** From here on tokens are short-lived; those that are longer-lived are dead. */
	hurry(): void {
		this.simulator.settings.tokenLifetimeSeconds = TOKEN_LIFETIME_SECONDS;
		this.simulator.revokeTokens();
	}

	/** Draws what goes wrong with the next requests. */
	disturb(): void {
		drawFaults(this.simulator, this.#random, FAULTS_AHEAD);
		if (this.#random.chance(REVOKED)) this.simulator.revokeTokens();
	}

	/** From here on nothing goes wrong any more. */
	calm(): void {
		this.simulator.clearFaults();
		this.simulator.settings.tokenLifetimeSeconds = defaultSettings.tokenLifetimeSeconds;
	}

	/** Counts what has arrived since the last call, and forgets it. */
	count(): void {
		// A request that is under way has no status yet, and is counted when it has one.
		const open = this.simulator.requests.filter(({ status, at }) => !status && isRecent(at));
		for (const request of this.simulator.requests) {
			if (!open.includes(request)) this.#add(request);
		}
		this.simulator.clearRequests();
		this.simulator.requests.push(...open);
	}

	#add({ path, method, query, status, fault }: RecordedRequest): void {
		const { tally } = this;
		tally.requests += 1;
		if (fault !== undefined && fault !== NO_FAULT) {
			tally.faults.set(fault, (tally.faults.get(fault) ?? 0) + 1);
		}
		if (status !== 200) return;
		if (path === '/oauth2/v2.0/token') tally.renewals += 1;
		const isWatched = method === 'GET' && decodeURIComponent(path).includes(boxes.watched);
		if (isWatched && path.endsWith('/messages') && !query.cursor) tally.looks += 1;
	}
}

function isRecent(at: number): boolean {
	return Date.now() - at < 5_000;
}
