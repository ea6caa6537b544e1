import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ICredentialDataDecryptedObject, INodeCredentials } from 'n8n-workflow';
import {
	type Execution,
	type ExecutionSummary,
	hasFinished,
	parseExecutionData,
} from './execution.mts';
import { freePorts } from './freePort.mts';
import type { N8nInstallation } from './n8nInstallation.mts';
import { N8nProcess } from './n8nProcess.mts';
import { answerOf, type HttpAnswer, type Login, N8nRest, newLogin } from './n8nRest.mts';
import { installFixturePackage, installPackage } from './packageTarball.mts';
import { pollUntil } from './poll.mts';
import {
	chainOf,
	itemsFromBody,
	manualTrigger,
	type NodeSketch,
	webhookTrigger,
	type WorkflowSketch,
} from './workflow.mts';

const startTimeoutMs = 120_000;
const webhookTimeoutMs = 15_000;
const executionTimeoutMs = 90_000;

/** Which n8n to start, and with what. */
export interface N8nServerOptions {
	installation: N8nInstallation;
	/** An existing user folder, which then outlives the server; by default a temporary one. */
	userFolder?: string;
	/** The owner of an existing user folder; made up by default. */
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

/** A stored credential, with the secrets blanked as the editor sees it. */
export interface StoredCredential {
	id: string;
	name: string;
	type: string;
	data: ICredentialDataDecryptedObject;
}

/** What the editor shows after a credential test. */
export interface CredentialTestResult {
	status: 'OK' | 'Error';
	message: string;
}

/** A stored workflow. */
export interface StoredWorkflow extends WorkflowSketch {
	id: string;
	versionId: string;
	active: boolean;
}

/** A request to a webhook. A plain object is sent as JSON. */
export interface WebhookRequest {
	method?: string;
	headers?: Record<string, string>;
	body?: NonNullable<RequestInit['body']> | Record<string, unknown>;
}

/** What a webhook answered, and the execution behind it. */
export interface WorkflowRun {
	status: number;
	body: unknown;
	execution: Execution;
}

/** Starts an n8n and signs in to it. */
export async function startN8n(options: N8nServerOptions): Promise<N8nServer> {
	const server = new N8nServer(options);
	await server.start();
	return server;
}

/** A real n8n: a process of its own with a database of its own, and what its editor can do, as methods. */
export class N8nServer {
	readonly login: Login;
	readonly #options: N8nServerOptions;
	#userFolder: string | undefined;
	#ports: { http: number; broker: number } | undefined;
	#process: N8nProcess | undefined;
	#earlierLogs = '';
	#rest: N8nRest | undefined;

	constructor(options: N8nServerOptions) {
		this.#options = options;
		this.login = options.login ?? newLogin();
	}

	get version(): string {
		return this.#options.installation.version;
	}

	get url(): string {
		return `http://127.0.0.1:${present(this.#ports, 'port').http}`;
	}

	get userFolder(): string {
		return present(this.#userFolder, 'user folder');
	}

	get pid(): number | undefined {
		return this.#process?.pid;
	}

	/** Everything that this n8n has written to stdout and stderr, restarts included. */
	get logs(): string {
		return this.#earlierLogs + (this.#process?.logs ?? '');
	}

	/** Prepares the user folder, starts n8n, waits until it is ready, and signs in as its owner. */
	async start(): Promise<void> {
		const { userFolder, port, tarball, fixtures = [] } = this.#options;
		this.#userFolder = userFolder ?? (await mkdtemp(join(tmpdir(), 'n8n-user-')));
		await mkdir(this.#userFolder, { recursive: true });
		if (tarball) await installPackage(this.#userFolder, tarball);
		for (const fixture of fixtures) await installFixturePackage(this.#userFolder, fixture);

		const [http, broker] = (await freePorts(2)) as [number, number];
		this.#ports = { http: port ?? http, broker };
		await this.#launch(this.#options.env);
	}

	/** Stops n8n; a temporary user folder is removed. */
	async stop(): Promise<void> {
		await this.#process?.stop();
		if (this.#userFolder && !this.#options.userFolder) {
			await rm(this.#userFolder, { recursive: true, force: true, maxRetries: 3 });
		}
	}

	/** Stops n8n and starts it again with the same user folder and port. */
	async restart(env: Record<string, string> = {}): Promise<void> {
		await this.#process?.stop();
		this.#earlierLogs = this.logs;
		await this.#launch({ ...this.#options.env, ...env });
	}

	/** Calls n8n's internal REST API as the owner and returns the `data` of the answer; throws if n8n refuses. */
	async rest<T>(method: string, path: string, body?: unknown): Promise<T> {
		return await present(this.#rest, 'session').call<T>(method, path, body);
	}

	/** Calls n8n's internal REST API as the owner and returns whatever it answers. */
	async restRaw(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
		return await present(this.#rest, 'session').callRaw(method, path, body);
	}

	async createCredential(
		type: string,
		data: ICredentialDataDecryptedObject,
		name = `${type} ${randomUUID()}`,
	): Promise<StoredCredential> {
		return await this.rest('POST', '/rest/credentials', { name, type, data });
	}

	/** Reads a credential as the editor does when it opens the form. */
	async getCredential(id: string): Promise<StoredCredential> {
		return await this.rest('GET', `/rest/credentials/${id}?includeData=true`);
	}

	/** Edits some fields of a credential and saves it. */
	async updateCredential(id: string, edits: ICredentialDataDecryptedObject): Promise<void> {
		await this.rest('PATCH', `/rest/credentials/${id}`, await this.#edited(id, edits));
	}

	/** Tests a credential as the editor does, optionally with edits that are not saved. */
	async testCredential(
		id: string,
		unsavedEdits: ICredentialDataDecryptedObject = {},
	): Promise<CredentialTestResult> {
		return await this.rest('POST', '/rest/credentials/test', {
			credentials: await this.#edited(id, unsavedEdits),
		});
	}

	async createWorkflow(workflow: WorkflowSketch): Promise<StoredWorkflow> {
		return await this.rest('POST', '/rest/workflows', workflow);
	}

	async activate(workflowId: string): Promise<void> {
		const { versionId } = await this.rest<StoredWorkflow>('GET', `/rest/workflows/${workflowId}`);
		await this.rest('POST', `/rest/workflows/${workflowId}/activate`, { versionId });
	}

	async deactivate(workflowId: string): Promise<void> {
		await this.rest('POST', `/rest/workflows/${workflowId}/deactivate`, {});
	}

	/** Calls a production webhook, waiting for n8n to register it: that happens a moment after activation. */
	async callWebhook(path: string, request: WebhookRequest = {}): Promise<HttpAnswer> {
		const { method = 'POST', headers = {}, body } = request;
		const isJson = body?.constructor === Object;
		const call = () =>
			fetch(`${this.url}/webhook/${path}`, {
				method,
				headers: { ...(isJson && { 'content-type': 'application/json' }), ...headers },
				body: isJson ? JSON.stringify(body) : (body as RequestInit['body']),
			});
		return await pollUntil(
			async () => {
				const answer = await answerOf(await call());
				return isUnregisteredWebhook(answer) ? undefined : answer;
			},
			webhookTimeoutMs,
			() => `n8n did not register the webhook ${path}`,
		);
	}

	/** Deploys a workflow behind a webhook of its own: the given nodes, one feeding the next. */
	async deploy(nodes: NodeSketch[]): Promise<DeployedWorkflow> {
		const path = randomUUID();
		const { id } = await this.createWorkflow(chainOf([webhookTrigger(path), ...nodes]));
		await this.activate(id);
		return new DeployedWorkflow(this, id, path);
	}

	/** Runs nodes once, one feeding the next, in a production execution that a webhook starts. */
	async runWorkflow(nodes: NodeSketch[], request?: WebhookRequest): Promise<WorkflowRun> {
		const workflow = await this.deploy(nodes);
		return await workflow.run(request);
	}

	/** Like `runWorkflow`, with these items as the input of the first node. */
	async runWithItems(
		items: Array<Record<string, unknown>>,
		nodes: NodeSketch[],
	): Promise<WorkflowRun> {
		return await this.runWorkflow([itemsFromBody(), ...nodes], { body: { items } });
	}

	/** Starts nodes as the editor's Execute button does and returns at once; see `waitForExecution`. */
	async runManually(nodes: NodeSketch[]): Promise<{ workflowId: string; executionId: string }> {
		const trigger = manualTrigger();
		const workflowData = await this.createWorkflow(chainOf([trigger, ...nodes]));
		const { executionId } = await this.rest<{ executionId: string }>(
			'POST',
			`/rest/workflows/${workflowData.id}/run`,
			{ workflowData, triggerToStartFrom: { name: trigger.name } },
		);
		return { workflowId: workflowData.id, executionId };
	}

	/** Cancels a running execution. */
	async stopExecution(executionId: string): Promise<void> {
		await this.rest('POST', `/rest/executions/${executionId}/stop`);
	}

	async getExecution(executionId: string): Promise<Execution> {
		const { data, ...summary } = await this.rest<ExecutionSummary & { data: string }>(
			'GET',
			`/rest/executions/${executionId}`,
		);
		return { ...summary, data: parseExecutionData(this.#options.installation, data) };
	}

	/** The executions of a workflow, the newest first. */
	async executionsOf(workflowId: string): Promise<ExecutionSummary[]> {
		const filter = encodeURIComponent(JSON.stringify({ workflowId }));
		const { results } = await this.rest<{ results: ExecutionSummary[] }>(
			'GET',
			`/rest/executions?filter=${filter}&limit=100`,
		);
		return results.sort((one, other) => Number(other.id) - Number(one.id));
	}

	/** Waits until an execution has succeeded, failed or been canceled. */
	async waitForExecution(executionId: string, timeoutMs = executionTimeoutMs): Promise<Execution> {
		return await pollUntil(
			async () => {
				const execution = await this.getExecution(executionId);
				return hasFinished(execution) ? execution : undefined;
			},
			timeoutMs,
			() => `Execution ${executionId} did not finish`,
		);
	}

	async #launch(env: Record<string, string> = {}): Promise<void> {
		const { installation, binaryDataMode } = this.#options;
		const { http, broker } = present(this.#ports, 'port');
		this.#process = new N8nProcess({
			installation,
			command: 'start',
			userFolder: this.userFolder,
			env: {
				N8N_PORT: String(http),
				N8N_RUNNERS_BROKER_PORT: String(broker),
				...(binaryDataMode && { N8N_DEFAULT_BINARY_DATA_MODE: binaryDataMode }),
				...env,
			},
		});
		try {
			await pollUntil(
				() => this.#readiness(),
				startTimeoutMs,
				() => `n8n ${this.version} did not become ready:\n${this.logs}`,
			);
			this.#rest = new N8nRest(this.url);
			await this.#rest.signIn(this.login);
		} catch (error) {
			await this.stop();
			throw error;
		}
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

	async #edited(id: string, edits: ICredentialDataDecryptedObject): Promise<StoredCredential> {
		const { name, type, data } = await this.getCredential(id);
		return { id, name, type, data: { ...data, ...edits } };
	}
}

/** An active workflow behind a webhook of its own. */
export class DeployedWorkflow {
	readonly id: string;
	readonly path: string;
	readonly #server: N8nServer;

	constructor(server: N8nServer, id: string, path: string) {
		this.#server = server;
		this.id = id;
		this.path = path;
	}

	/** Calls the webhook; for calls in parallel, `executionsOf` has the executions. */
	async call(request?: WebhookRequest): Promise<HttpAnswer> {
		return await this.#server.callWebhook(this.path, request);
	}

	/** Calls the webhook once and reads the execution back. Not for calls in parallel: they could not be told apart. */
	async run(request?: WebhookRequest): Promise<WorkflowRun> {
		const known = new Set((await this.#server.executionsOf(this.id)).map(({ id }) => id));
		const { status, body } = await this.call(request);
		const executionId = await pollUntil(
			async () => {
				const executions = await this.#server.executionsOf(this.id);
				return executions.find(({ id }) => !known.has(id))?.id;
			},
			executionTimeoutMs,
			() => `No execution of workflow ${this.id} was saved`,
		);
		return { status, body, execution: await this.#server.waitForExecution(executionId) };
	}
}

/** The reference to a credential that a node carries. */
export function credentialOf({ id, name, type }: StoredCredential): INodeCredentials {
	return { [type]: { id, name } };
}

function isUnregisteredWebhook({ status, body }: HttpAnswer): boolean {
	return status === 404 && /webhook .*is not registered/.test(JSON.stringify(body));
}

function present<T>(value: T | undefined, what: string): T {
	if (value === undefined) throw new Error(`n8n has no ${what} yet: it has not been started`);
	return value;
}
