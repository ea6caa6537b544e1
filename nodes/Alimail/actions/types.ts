import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

interface OperationDescription {
	/** Value of the `operation` parameter. */
	value: string;
	name: string;
	/** As n8n lists it among all actions, e.g. `Get token`. */
	action: string;
	description: string;
	/** What the user sees when this operation is chosen; display conditions for that are added by the registry. */
	properties: INodeProperties[];
	/** Not for AI agents. */
	hiddenFromAgents?: true;
}

/** What an operation gives for an item. The pairing with the item is added by the caller. */
export type OperationResult = INodeExecutionData[];

/** An operation that handles one item and never sees the others. */
export interface ItemOperation extends OperationDescription {
	/** How many items may be handled at once. Default: one, so that what changes something happens in order. */
	concurrency?: (context: IExecuteFunctions) => Concurrency;
	execute(context: IExecuteFunctions, itemIndex: number): Promise<OperationResult>;
}

/** An operation that handles all its items in one go, because it makes fewer calls than there are items. */
export interface BatchOperation extends OperationDescription {
	/** @returns for every item index its result or the error that it met */
	executeBatch(
		context: IExecuteFunctions,
		itemIndexes: number[],
	): Promise<Map<number, OperationResult | Error>>;
}

export type Operation = ItemOperation | BatchOperation;

export interface Concurrency {
	itemsAtOnce: number;
	/** Wait after every `itemsAtOnce` items; without it, the next item starts as soon as one is done. */
	pauseMs?: number;
}

export interface Resource {
	/** Value of the `resource` parameter. */
	value: string;
	name: string;
	/** The first is chosen until the user chooses another; n8n lists them by name. */
	operations: Operation[];
}
