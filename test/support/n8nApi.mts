import { randomUUID } from 'node:crypto';
import type {
	IBinaryData,
	ICredentialDataDecryptedObject,
	INodeCredentials,
	INodeParameters,
	IWorkflowSettings,
} from 'n8n-workflow';
import {
	type Execution,
	type ExecutionSummary,
	hasFinished,
	parseExecutionData,
} from './execution.mts';
import type { N8nInstallation } from './n8nInstallation.mts';
import { answerOf, type HttpAnswer, type Login, N8nRest } from './n8nRest.mts';
import { pollUntil } from './poll.mts';
import {
	chainOf,
	itemsFromBody,
	manualTrigger,
	type NodeSketch,
	webhookTrigger,
	type WorkflowSketch,
} from './workflow.mts';

const WEBHOOK_TIMEOUT_MS = 15_000;
const EXECUTION_TIMEOUT_MS = 90_000;

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

/** How a deployed workflow differs from an ordinary one. */
export interface DeployOptions {
	/** Further parameters of its Webhook node. */
	webhook?: INodeParameters;
	settings?: IWorkflowSettings;
}

/** What a webhook answered, and the execution behind it. */
export interface WorkflowRun {
	status: number;
	body: unknown;
	execution: Execution;
}

/** What n8n's editor and its webhooks can do, as methods: the same for all n8n versions under test. */
export abstract class N8nApi {
	/** Where n8n listens. */
	abstract readonly url: string;
	protected readonly installation: N8nInstallation;
	#rest: N8nRest | undefined;

	constructor(installation: N8nInstallation) {
		this.installation = installation;
	}

	get version(): string {
		return this.installation.version;
	}

	/** Signs in as the owner, who is set up first on an n8n that has none yet. */
	protected async signIn(login: Login): Promise<void> {
		this.#rest = new N8nRest(this.url);
		await this.#rest.signIn(login);
	}

	/** Calls n8n's internal REST API as the owner and returns the `data` of the answer; throws if n8n refuses. */
	async rest<T>(method: string, path: string, body?: unknown): Promise<T> {
		return await this.#session.call<T>(method, path, body);
	}

	/** Calls n8n's internal REST API as the owner and returns whatever it answers. */
	async restRaw(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
		return await this.#session.callRaw(method, path, body);
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
		return await this.rest('POST', '/rest/workflows', { active: false, ...workflow });
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
			WEBHOOK_TIMEOUT_MS,
			() => `n8n did not register the webhook ${path}`,
		);
	}

	/** Deploys a workflow behind a webhook of its own: the given nodes, one feeding the next. */
	async deploy(
		nodes: NodeSketch[],
		{ webhook, settings }: DeployOptions = {},
	): Promise<DeployedWorkflow> {
		const path = randomUUID();
		const chain = chainOf([webhookTrigger(path, webhook), ...nodes], settings);
		const { id } = await this.createWorkflow(chain);
		await this.activate(id);
		return new DeployedWorkflow(this, id, path);
	}

	/** Runs nodes once, one feeding the next, in a production execution that a webhook starts. */
	async runWorkflow(
		nodes: NodeSketch[],
		request?: WebhookRequest,
		options?: DeployOptions,
	): Promise<WorkflowRun> {
		const workflow = await this.deploy(nodes, options);
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
		return await this.execute(
			await this.createWorkflow(chainOf([trigger, ...nodes])),
			trigger.name,
		);
	}

	/** Starts a stored workflow at one of its triggers as the editor's Execute button does, and returns at once. */
	async execute(
		workflowData: StoredWorkflow,
		triggerName: string,
	): Promise<{ workflowId: string; executionId: string }> {
		const { executionId } = await this.rest<{ executionId: string }>(
			'POST',
			`/rest/workflows/${workflowData.id}/run`,
			{ workflowData, triggerToStartFrom: { name: triggerName } },
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
		return { ...summary, data: parseExecutionData(this.installation, data) };
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
	async waitForExecution(
		executionId: string,
		timeoutMs = EXECUTION_TIMEOUT_MS,
	): Promise<Execution> {
		return await pollUntil(
			async () => {
				const execution = await this.getExecution(executionId);
				return hasFinished(execution) ? execution : undefined;
			},
			timeoutMs,
			() => `Execution ${executionId} did not finish`,
		);
	}

	/** Waits until a workflow has finished an execution that is not among the known ones. */
	async waitForExecutionOf(
		workflowId: string,
		known: readonly ExecutionSummary[] = [],
	): Promise<Execution> {
		const executionId = await pollUntil(
			async () => {
				const executions = await this.executionsOf(workflowId);
				return executions.find(({ id }) => !known.some((other) => other.id === id))?.id;
			},
			EXECUTION_TIMEOUT_MS,
			() => `Workflow ${workflowId} was not executed`,
		);
		return await this.waitForExecution(executionId);
	}

	/** Reads a file that an item of an execution carries, wherever this n8n keeps files. */
	async readBinary({ id, data }: IBinaryData): Promise<Buffer> {
		if (id === undefined) return Buffer.from(data, 'base64');
		return await this.#session.download(
			`/rest/binary-data?id=${encodeURIComponent(id)}&action=download`,
		);
	}

	get #session(): N8nRest {
		if (!this.#rest) throw new Error('n8n has not been started');
		return this.#rest;
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
	readonly #n8n: N8nApi;

	constructor(n8n: N8nApi, id: string, path: string) {
		this.#n8n = n8n;
		this.id = id;
		this.path = path;
	}

	/** Calls the webhook; for calls in parallel, `executionsOf` has the executions. */
	async call(request?: WebhookRequest): Promise<HttpAnswer> {
		return await this.#n8n.callWebhook(this.path, request);
	}

	/** Calls the webhook once and reads the execution back. Not for calls in parallel: they could not be told apart. */
	async run(request?: WebhookRequest): Promise<WorkflowRun> {
		const known = await this.#n8n.executionsOf(this.id);
		const { status, body } = await this.call(request);
		return { status, body, execution: await this.#n8n.waitForExecutionOf(this.id, known) };
	}
}

/** The reference to a credential that a node carries. */
export function credentialOf({ id, name, type }: StoredCredential): INodeCredentials {
	return { [type]: { id, name } };
}

function isUnregisteredWebhook({ status, body }: HttpAnswer): boolean {
	return status === 404 && /webhook .*is not registered/.test(JSON.stringify(body));
}
