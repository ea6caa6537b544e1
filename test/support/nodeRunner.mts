import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
	Workflow,
	type IBinaryData,
	type ICredentialDataDecryptedObject,
	type IDataObject,
	type ILoadOptionsFunctions,
	type INode,
	type INodeExecutionData,
	type INodeParameters,
	type INodeType,
	type INodeTypes,
	type IPollFunctions,
	type IRun,
	type IWorkflowExecuteAdditionalData,
	type NodeApiError,
	type NodeOperationError,
	type WorkflowActivateMode,
} from 'n8n-workflow';
import { AlimailApi } from '../../credentials/AlimailApi.credentials.ts';
import { CredentialStore } from './credentialStore.mts';

// n8n-core reads these when it is loaded.
process.env.N8N_USER_FOLDER = mkdtempSync(join(tmpdir(), 'n8n-core-'));
process.env.N8N_LOG_LEVEL ??= 'silent';

// The engine comes from the n8n that the environment names, or else from the development dependencies.
const require = createRequire(process.env.N8N_DIRECTORY ?? import.meta.url);
const core = require('n8n-core') as typeof import('n8n-core');
const requireFromCore = createRequire(require.resolve('n8n-core'));
const { Container } = requireFromCore('@n8n/di') as typeof import('@n8n/di');

await Container.get(core.BinaryDataService).init();

// n8n 2 gives up checking a parameter after 250 ms by the clock, which on a busy machine is not the pattern's fault.
const { setSafeRegexEngine } = requireFromCore('n8n-workflow') as Partial<
	typeof import('n8n-workflow')
>;
setSafeRegexEngine?.({
	exec: (pattern, input, flags) => new RegExp(pattern, flags).exec(input),
	test: (pattern, input, flags) => new RegExp(pattern, flags).test(input),
	replace: (pattern, input, flags, by) => input.replace(new RegExp(pattern, flags), by),
	matchAll: (pattern, input, flags) => [...input.matchAll(new RegExp(pattern, flags ?? 'g'))],
	split: (pattern, input, flags) => input.split(new RegExp(pattern, flags)),
});

const START = 'Start';
const NODE = 'Alimail';
const WORKFLOW_ID = 'workflow';

const startType = {
	description: {
		displayName: START,
		name: 'start',
		group: ['trigger'],
		version: 1,
		description: '',
		defaults: {},
		inputs: [],
		outputs: ['main'],
		properties: [],
	},
	execute: async () => [[]],
} as unknown as INodeType;

type Running = ReturnType<InstanceType<typeof core.WorkflowExecute>['run']>;
type LegacyRun = (
	workflow: Workflow,
	startNode: INode,
	destinationNode: undefined,
	pinData: Record<string, INodeExecutionData[]>,
) => Running;

export interface RunOptions {
	parameters: INodeParameters;
	/** Default: one empty item. */
	items?: Array<INodeExecutionData | IDataObject>;
	onError?: INode['onError'];
	/** *Retry On Fail*, with as short a wait as n8n knows. */
	retryOnFail?: boolean;
	/** Aborting it cancels the execution. */
	signal?: AbortSignal;
}

export interface NodeRun {
	/** Per output. */
	outputs: INodeExecutionData[][];
	/** The items of the first output. */
	items: INodeExecutionData[];
	/** Their data. */
	json: IDataObject[];
	error?: NodeApiError | NodeOperationError;
	run: IRun;
}

/**
 * Runs a node in n8n's own engine (`n8n-core`), with its own request and binary data helpers. Only what needs a database is
 * replaced: see {@link CredentialStore}.
 */
export class NodeRunner {
	readonly nodeType: INodeType;

	readonly credentials: CredentialStore;

	constructor(nodeType: INodeType, fields: ICredentialDataDecryptedObject) {
		this.nodeType = nodeType;
		this.credentials = new CredentialStore(new AlimailApi(), fields);
	}

	/** A runner whose credential belongs to a simulator. */
	static forServer(
		nodeType: INodeType,
		server: { url: string; clientId: string; clientSecret: string },
	): NodeRunner {
		const { url, clientId, clientSecret } = server;
		return new NodeRunner(nodeType, { region: 'custom', baseUrl: url, clientId, clientSecret });
	}

	/** Executes the node as the second of a workflow, and waits until it is done. */
	async run(options: RunOptions): Promise<NodeRun> {
		const { parameters, items = [{ json: {} }], onError, retryOnFail, signal } = options;
		const workflow = this.#workflow(parameters, {
			...(onError && { onError }),
			...(retryOnFail && { retryOnFail, waitBetweenTries: 1 }),
		});
		const input = items.map(
			(item): INodeExecutionData =>
				'json' in item ? (item as INodeExecutionData) : { json: item },
		);
		const additionalData = this.#additionalData(workflow);
		const execution = new core.WorkflowExecute(additionalData, 'webhook');
		const startNode = workflow.getNode(START)!;
		const pinData = { [START]: input };
		// n8n 1.x takes them one by one.
		const running =
			execution.run.length > 1
				? (execution.run as unknown as LegacyRun).call(
						execution,
						workflow,
						startNode,
						undefined,
						pinData,
					)
				: execution.run({ workflow, startNode, pinData });
		signal?.addEventListener('abort', () => running.cancel());
		const run = await running;
		const task = run.data.resultData.runData[NODE]?.[0];
		const outputs = (task?.data?.main ?? []).map((output) => output ?? []);
		return {
			outputs,
			items: outputs[0] ?? [],
			json: (outputs[0] ?? []).map(({ json }) => json),
			error: (task?.error ?? run.data.resultData.error) as NodeRun['error'],
			run,
		};
	}

	/** The context that a list search or an options loader gets. */
	loadOptionsContext(parameters: INodeParameters): ILoadOptionsFunctions {
		const workflow = this.#workflow(parameters);
		return new core.LoadOptionsContext(
			workflow,
			workflow.getNode(NODE)!,
			{ ...this.#additionalData(workflow), currentNodeParameters: parameters },
			'',
		);
	}

	/**
	 * A polling trigger in an active workflow. As in n8n, one context and one copy of the static data live as long as the
	 * workflow is active; the database gets the copy when the workflow is activated and when a poll hands something on, and
	 * nothing of a poll that finds nothing.
	 *
	 * @param staticData - what the database holds; changed in place
	 * @param name - of the node, in a workflow that has another one with the same ID
	 */
	poller(parameters: INodeParameters, staticData: IDataObject = {}, name = NODE) {
		let active: { workflow: Workflow; context: IPollFunctions } | undefined;
		const save = ({ staticData: current }: Workflow) => {
			for (const key of Object.keys(staticData)) delete staticData[key];
			Object.assign(staticData, JSON.parse(JSON.stringify(current)));
		};
		const load = (mode: 'trigger' | 'manual', activation: WorkflowActivateMode) => {
			const workflow = this.#workflow(parameters, { name }, structuredClone(staticData));
			const context: IPollFunctions = new core.PollContext(
				workflow,
				workflow.getNode(name)!,
				this.#additionalData(workflow),
				mode,
				activation,
			);
			return { workflow, context };
		};
		/**
		 * Switches the workflow on, with the poll that n8n makes then. A poll that throws leaves it off.
		 *
		 * @param activation - `activate` when a user does it, `update` after a change, `init` when n8n starts
		 */
		const activate = async (
			activation: WorkflowActivateMode = 'activate',
		): Promise<INodeExecutionData[] | null> => {
			const loaded = load('trigger', activation);
			const found = await this.nodeType.poll!.call(loaded.context);
			active = loaded;
			save(loaded.workflow);
			return found?.[0] ?? null;
		};
		/** One poll; of a workflow that is off, the one that switches it on. */
		const poll = async (
			mode: 'trigger' | 'manual' = 'trigger',
		): Promise<INodeExecutionData[] | null> => {
			if (mode === 'manual') {
				return (await this.nodeType.poll!.call(load(mode, mode).context))?.[0] ?? null;
			}
			if (active === undefined) return await activate();
			const found = await this.nodeType.poll!.call(active.context);
			if (found !== null) save(active.workflow);
			return found?.[0] ?? null;
		};
		return { activate, poll, staticData };
	}

	/** Puts bytes where n8n keeps files outside the items. */
	async store(content: Buffer, fileName: string, mimeType: string): Promise<IBinaryData> {
		return await Container.get(core.BinaryDataService).store(
			{ type: 'execution', workflowId: WORKFLOW_ID, executionId: 'execution' },
			content,
			{ data: '', fileName, mimeType },
		);
	}

	/** Reads what a node put there, or into the item. */
	async read(binary: IBinaryData): Promise<Buffer> {
		return await Container.get(core.BinaryDataService).getAsBuffer(binary);
	}

	#workflow(
		parameters: INodeParameters,
		settings: Partial<INode> = {},
		staticData?: IDataObject,
	): Workflow {
		const nodes: INode[] = [
			{
				id: START,
				name: START,
				type: 'start',
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			{
				id: NODE,
				name: NODE,
				type: 'alimail',
				typeVersion: 1,
				position: [0, 0],
				parameters,
				credentials: { alimailApi: { id: '1', name: 'Alimail' } },
				...settings,
			},
		];
		const typeOf = (type: string) => (type === 'start' ? startType : this.nodeType);
		const nodeTypes: INodeTypes = {
			getByName: typeOf,
			getByNameAndVersion: typeOf,
			getKnownTypes: () => ({}),
		};
		return new Workflow({
			id: WORKFLOW_ID,
			name: WORKFLOW_ID,
			nodes,
			connections: {
				[START]: { main: [[{ node: settings.name ?? NODE, type: 'main', index: 0 }]] },
			},
			active: true,
			nodeTypes,
			...(staticData && { staticData }),
		});
	}

	#additionalData(workflow: Workflow): IWorkflowExecuteAdditionalData {
		return {
			credentialsHelper: this.credentials,
			executionId: 'execution',
			hooks: new core.ExecutionLifecycleHooks('webhook', 'execution', {
				id: workflow.id,
				name: WORKFLOW_ID,
				active: true,
				isArchived: false,
				activeVersionId: null,
				createdAt: new Date(),
				updatedAt: new Date(),
				nodes: [],
				connections: {},
			}),
			variables: {},
			restApiUrl: '',
			instanceBaseUrl: '',
			webhookBaseUrl: '',
			webhookWaitingBaseUrl: 'http://127.0.0.1/waiting',
			webhookTestBaseUrl: '',
			formWaitingBaseUrl: 'http://127.0.0.1/waiting',
			logAiEvent: () => {},
			setExecutionStatus: () => {},
		} as unknown as IWorkflowExecuteAdditionalData;
	}
}
