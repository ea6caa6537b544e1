import { createRequire } from 'node:module';
import { join } from 'node:path';
import type {
	ExecutionStatus,
	INodeExecutionData,
	IRunExecutionData,
	ITaskData,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import type { N8nInstallation } from './n8nInstallation.mts';

/** An execution as n8n's list of executions shows it. */
export interface ExecutionSummary {
	id: string;
	workflowId: string;
	status: ExecutionStatus;
	mode: WorkflowExecuteMode;
}

/** An execution with everything that its nodes put out. */
export interface Execution extends ExecutionSummary {
	data: IRunExecutionData;
}

/** An error as it is stored in an execution. */
export interface RecordedError {
	name: string;
	message: string;
	description?: string | null;
	[field: string]: unknown;
}

/** Reads an execution's data, which n8n serializes with `flatted`, by means of that n8n's own copy of it. */
export function parseExecutionData(
	{ directory }: N8nInstallation,
	serialized: string,
): IRunExecutionData {
	const require = createRequire(join(directory, 'node_modules', 'n8n', 'package.json'));
	const flatted = require('flatted') as { parse(text: string): IRunExecutionData };
	return flatted.parse(serialized);
}

/** Tells whether an execution has come to its end. */
export function hasFinished({ status }: ExecutionSummary): boolean {
	return !['new', 'running', 'waiting', 'unknown'].includes(status);
}

/** The items that a node put out the last time it ran; none if it did not run. */
export function outputOf(execution: Execution, nodeName: string, output = 0): INodeExecutionData[] {
	return lastRunOf(execution, nodeName)?.data?.main?.[output] ?? [];
}

/** The error that a node ended with, or without a node name, the error that the execution ended with. */
export function errorOf(execution: Execution, nodeName?: string): RecordedError | undefined {
	const error =
		nodeName === undefined
			? execution.data.resultData.error
			: lastRunOf(execution, nodeName)?.error;
	return error as RecordedError | undefined;
}

function lastRunOf(execution: Execution, nodeName: string): ITaskData | undefined {
	return execution.data.resultData.runData[nodeName]?.at(-1);
}
