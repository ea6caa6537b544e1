import {
	NodeApiError,
	NodeOperationError,
	type IExecuteFunctions,
	type INodeExecutionData,
} from 'n8n-workflow';

import { asError } from '../errors/nodeErrors';
import { pause } from '../flow/clock';
import type { Concurrency, ItemOperation, Operation, OperationResult, Resource } from './types';

/**
 * Runs every input item through the operation that it names. Results keep the order of the items and are paired with them.
 *
 * @throws NodeApiError or NodeOperationError of the first item that fails, unless the node continues on fail
 */
export async function runItems(
	context: IExecuteFunctions,
	resources: Resource[],
): Promise<INodeExecutionData[][]> {
	const results: INodeExecutionData[][] = context.getInputData().map(() => []);

	const settle = (itemIndex: number, outcome: OperationResult | Error) => {
		if (!(outcome instanceof Error)) {
			results[itemIndex] = outcome.map((item) => ({ ...item, pairedItem: { item: itemIndex } }));
			return;
		}
		const error = asNodeError(context, outcome, itemIndex);
		if (!context.continueOnFail() || context.getExecutionCancelSignal()?.aborted) throw error;
		const details = mayHoldDetails(context, error) ? error.context.data : undefined;
		// The form that n8n takes for an error, and sends to the error output. With an `error` beside `json`, it would
		// drop the details.
		results[itemIndex] = [
			{
				json: { error: error.message, ...(details !== undefined && { details }) },
				pairedItem: { item: itemIndex },
			},
		];
	};

	for (const [operation, itemIndexes] of groupByOperation(context, resources, settle)) {
		if ('executeBatch' in operation) {
			const outcomes = await operation.executeBatch(context, itemIndexes);
			for (const [itemIndex, outcome] of outcomes) settle(itemIndex, outcome);
		} else {
			await runSideBySide(context, operation, itemIndexes, settle);
		}
	}
	return [results.flat()];
}

type Settle = (itemIndex: number, outcome: OperationResult | Error) => void;

function groupByOperation(
	context: IExecuteFunctions,
	resources: Resource[],
	settle: Settle,
): Map<Operation, number[]> {
	const groups = new Map<Operation, number[]>();
	for (const itemIndex of context.getInputData().keys()) {
		const resource = context.getNodeParameter('resource', itemIndex);
		const value = context.getNodeParameter('operation', itemIndex);
		const operation = resources
			.find((candidate) => candidate.value === resource)
			?.operations.find((candidate) => candidate.value === value);
		if (operation === undefined) {
			const message = `There is no operation '${String(value)}' of the resource '${String(resource)}'`;
			settle(itemIndex, new NodeOperationError(context.getNode(), message, { itemIndex }));
			continue;
		}
		const group = groups.get(operation);
		if (group) group.push(itemIndex);
		else groups.set(operation, [itemIndex]);
	}
	return groups;
}

/** Handles items side by side, as many as the operation allows. After a failure that ends the run no item is started. */
async function runSideBySide(
	context: IExecuteFunctions,
	operation: ItemOperation,
	itemIndexes: number[],
	settle: Settle,
): Promise<void> {
	const { itemsAtOnce, pauseMs }: Concurrency = operation.concurrency?.(context) ?? {
		itemsAtOnce: 1,
	};
	const signal = context.getExecutionCancelSignal();
	const failures = new Map<number, unknown>();

	const runQueue = async (queue: Iterator<number>) => {
		for (let next = queue.next(); !next.done; next = queue.next()) {
			if (failures.size > 0) return;
			const itemIndex = next.value;
			try {
				settle(itemIndex, await operation.execute(context, itemIndex).catch(asError));
			} catch (error) {
				failures.set(itemIndex, error);
			}
		}
	};
	const batchSize = pauseMs === undefined ? itemIndexes.length : itemsAtOnce;
	for (let start = 0; start < itemIndexes.length && failures.size === 0; start += batchSize) {
		if (start > 0) await pause(pauseMs ?? 0, signal);
		const queue = itemIndexes.slice(start, start + batchSize)[Symbol.iterator]();
		await Promise.all(
			Array.from({ length: Math.min(itemsAtOnce, batchSize) }, async () => await runQueue(queue)),
		);
	}
	if (failures.size > 0) throw failures.get(Math.min(...failures.keys()));
}

/**
 * Whether an item may hold more than its error. Before 2.36, n8n takes an item with details for a result, and keeps it from
 * the error output. What tells such an n8n is that its errors lack a field that came with 2.37.
 */
function mayHoldDetails(context: IExecuteFunctions, error: Error): boolean {
	return context.getNode().onError !== 'continueErrorOutput' || 'failure' in error;
}

function asNodeError(
	context: IExecuteFunctions,
	error: Error,
	itemIndex: number,
): NodeApiError | NodeOperationError {
	if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
	return new NodeOperationError(context.getNode(), error, { itemIndex });
}
