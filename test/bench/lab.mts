import { startSimulator, type RecordedRequest, type Simulator } from '../simulator/index.mts';
import { errorOf, outputOf, type Execution } from '../support/execution.mts';
import {
	credentialOf,
	type DeployedWorkflow,
	type StoredCredential,
	type WebhookRequest,
} from '../support/n8nApi.mts';
import { installN8n, type N8nInstallation } from '../support/n8nInstallation.mts';
import { N8nRestError } from '../support/n8nRest.mts';
import { startN8n, type N8nServer } from '../support/n8nServer.mts';
import { packPackage } from '../support/packageTarball.mts';
import { pollUntil } from '../support/poll.mts';
import { itemsFromBody, type NodeSketch } from '../support/workflow.mts';

/** The n8n that everything is measured on. */
export const N8N_VERSION = '2.41.1';

/** A user of the simulator, whose record is what most requests ask for. */
const USER_PATH = '/v2/users/alice@example.com';

const BUSY_TIMEOUT_MS = 180_000;

/** One of the ways to call the API that are compared. */
export interface Contender {
	name: string;
	/** The node that asks for one user per item. */
	node(bench: Bench, options?: { requestsPerSecond?: number }): NodeSketch;
}

/** A real n8n with the package, and its credentials for the simulator. */
export interface Bench {
	n8n: N8nServer;
	simulator: Simulator;
	alimail: StoredCredential;
	oAuth2: StoredCredential;
}

/** What a node did in one execution. */
export interface NodeRunResult {
	/** As n8n itself measures it: the node alone, without the webhook and the saving of the execution. */
	nodeMs: number;
	execution: Execution;
	/** Items that came out and hold no error. */
	answers: number;
	requests: RecordedRequest[];
	exchanges: number;
	/** Answered with 429. */
	refused: number;
}

/** What all tables share. */
export class Lab {
	readonly installation: N8nInstallation;
	readonly tarball: string;
	readonly simulator: Simulator;
	readonly #open: N8nServer[] = [];

	private constructor(installation: N8nInstallation, tarball: string, simulator: Simulator) {
		this.installation = installation;
		this.tarball = tarball;
		this.simulator = simulator;
	}

	static async create(): Promise<Lab> {
		const installation = await installN8n(N8N_VERSION);
		return new Lab(installation, await packPackage(), await startSimulator());
	}

	/** An n8n with credentials that hold no token yet; by number, for tables that want several at once. */
	async bench(number = 0): Promise<Bench> {
		const { simulator } = this;
		const n8n = this.#open[number] ?? (await this.freshN8n());
		return { n8n, simulator, ...(await newCredentials(n8n, simulator)) };
	}

	/** An n8n that has not run anything yet. */
	async freshN8n(): Promise<N8nServer> {
		const { installation, tarball } = this;
		const n8n = await startN8n({
			installation,
			tarball,
			binaryDataMode: 'filesystem',
			env: {
				N8N_PAYLOAD_SIZE_MAX: '512',
			},
		});
		this.#open.push(n8n);
		return n8n;
	}

	async close(): Promise<void> {
		await Promise.all(this.#open.map((n8n) => n8n.stop()));
		await this.simulator.close();
	}
}

/** Credentials that hold no token yet, in place of those that do. */
export async function withoutTokens(bench: Bench): Promise<Bench> {
	return { ...bench, ...(await newCredentials(bench.n8n, bench.simulator)) };
}

async function newCredentials(n8n: N8nServer, simulator: Simulator) {
	const { url, clientId, clientSecret } = simulator;
	const alimail = await n8n.createCredential('alimailApi', {
		region: 'custom',
		baseUrl: url,
		clientId,
		clientSecret,
	});
	const oAuth2 = await n8n.createCredential('oAuth2Api', {
		grantType: 'clientCredentials',
		accessTokenUrl: `${url}/oauth2/v2.0/token`,
		clientId,
		clientSecret,
		authentication: 'body',
	});
	return { alimail, oAuth2 };
}

/** A token of the application, for requests that go around n8n. */
export async function newToken({ url, clientId, clientSecret }: Simulator): Promise<string> {
	const reply = await fetch(`${url}/oauth2/v2.0/token`, {
		method: 'POST',
		body: new URLSearchParams({
			grant_type: 'client_credentials',
			client_id: clientId,
			client_secret: clientSecret,
		}),
	});
	const { access_token: token } = (await reply.json()) as { access_token: string };
	return token;
}

/** The Alimail node. */
export function alimailNode(bench: Bench, parameters: NodeSketch['parameters']): NodeSketch {
	return {
		name: 'Measured',
		type: 'n8n-nodes-alimail.alimail',
		credentials: credentialOf(bench.alimail),
		onError: 'continueRegularOutput',
		parameters,
	};
}

/** n8n's HTTP Request node, with our credential or with n8n's own for OAuth2. */
export function httpRequestNode(
	bench: Bench,
	credential: 'alimail' | 'oAuth2',
	parameters: NodeSketch['parameters'],
): NodeSketch {
	return {
		name: 'Measured',
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		credentials: credentialOf(bench[credential]),
		onError: 'continueRegularOutput',
		parameters: {
			...(credential === 'alimail'
				? { authentication: 'predefinedCredentialType', nodeCredentialType: 'alimailApi' }
				: { authentication: 'genericCredentialType', genericAuthType: 'oAuth2Api' }),
			...parameters,
		},
	};
}

const getUser = (bench: Bench) => ({ method: 'GET', url: bench.simulator.url + USER_PATH });

/** Our node. */
export const ours: Contender = {
	name: 'Alimail node',
	node: (bench, { requestsPerSecond } = {}) =>
		alimailNode(bench, {
			resource: 'apiRequest',
			operation: 'send',
			method: 'GET',
			path: USER_PATH,
			options: requestsPerSecond === undefined ? {} : { requestsPerSecond },
		}),
};

/** HTTP Request with our credential. */
export const httpRequestOurs: Contender = {
	name: 'HTTP Request, Alimail credential',
	node: (bench) => httpRequestNode(bench, 'alimail', { ...getUser(bench), options: {} }),
};

/** HTTP Request with n8n's generic credential, which is what there was before. */
export const httpRequestOAuth2: Contender = {
	name: 'HTTP Request, OAuth2 credential',
	node: (bench) => httpRequestNode(bench, 'oAuth2', { ...getUser(bench), options: {} }),
};

/** The same, with the node's own Batching set so that it should keep below the limit. */
export const httpRequestBatched: Contender = {
	name: 'HTTP Request, OAuth2 credential, Batching 36 per second',
	node: (bench) =>
		httpRequestNode(bench, 'oAuth2', {
			...getUser(bench),
			options: { batching: { batch: { batchSize: 36, batchInterval: 1000 } } },
		}),
};

/** Deploys a node behind a webhook that turns the body's `items` into items and answers with nothing. */
export async function deploy(
	bench: Bench,
	node: NodeSketch,
	before: NodeSketch[] = [itemsFromBody()],
): Promise<DeployedWorkflow> {
	return await bench.n8n.deploy([...before, node], { webhook: { responseData: 'noData' } });
}

/** Runs a deployed node once over so many items, against an empty record. */
export async function runOnce(
	bench: Bench,
	workflow: DeployedWorkflow,
	items: number,
): Promise<NodeRunResult> {
	bench.simulator.clearRequests();
	const body = { items: Array.from({ length: items }, (_, index) => ({ index })) };
	return await resultOf(bench, workflow, { body });
}

/** Calls a workflow's webhook and reads what its node *Measured* did. */
export async function resultOf(
	bench: Bench,
	workflow: DeployedWorkflow,
	request: WebhookRequest,
): Promise<NodeRunResult> {
	const { n8n } = bench;
	// An n8n that is this busy may answer "Database is not ready" for a while.
	const known = await patiently(() => n8n.executionsOf(workflow.id));
	const { status } = await workflow.call(request);
	if (status === 503) throw new Error('n8n did not take the call');
	const execution = await patiently(() => n8n.waitForExecutionOf(workflow.id, known));
	const run = execution.data.resultData.runData.Measured?.at(-1);
	if (run === undefined) throw new Error(`The node did not run: ${errorOf(execution)?.message}`);
	const { simulator } = bench;
	const requests = [...simulator.apiRequests];
	return {
		nodeMs: run.executionTime,
		execution,
		answers: outputOf(execution, 'Measured').filter(({ json, error }) => !error && !json.error)
			.length,
		requests,
		exchanges: simulator.tokenRequests.length,
		refused: requests.filter(({ status }) => status === 429).length,
	};
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
	return await pollUntil(
		async () =>
			await ask().catch((error: unknown) => {
				if (error instanceof N8nRestError && error.status === 503) return undefined;
				throw error;
			}),
		BUSY_TIMEOUT_MS,
		() => 'n8n did not recover',
	);
}

/** The middle one of some values. */
export function median(values: number[]): number {
	const sorted = [...values].sort((one, other) => one - other);
	return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
