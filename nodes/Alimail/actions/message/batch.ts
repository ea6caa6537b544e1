import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { callApi } from '../../transport/call';
import { restatedError } from '../../transport/errors';
import { mailboxParameter } from '../locators';
import { requiredTextParameter } from '../parameters';
import type { OperationResult } from '../types';

/** The most IDs that one call takes (third-party: yaerp; vendor code: dws). */
const MAX_IDS = 100;

/** What to do to messages: one call does it to many. */
export interface BatchCall {
	/** After `/v2/users/{mailbox}/messages/`. */
	action: 'batchDelete' | 'batchUpdate' | 'move';
	/** Beside `ids`. Messages share a call only if it is the same for them. */
	body: IDataObject;
	/** What comes out for each message, beside its ID. */
	result: IDataObject;
}

interface Group {
	mailbox: string;
	call: BatchCall;
	/** The items of each message: the same may come in more than once, and is sent once. */
	itemsById: Map<string, number[]>;
}

/**
 * Does something to the messages of all items, with as few calls as possible. The parameters of all items are read before
 * the first call; unless the node continues on fail, one that is unusable means that nothing is sent, and a call that fails
 * that no further one is.
 *
 * @param readCall - reads what is to be done to the message of an item
 * @returns a result or an error for every item. Whether a call can work for some of its messages and not for others is not
 * known: if it fails, all its items get the error
 */
export async function runBatch(
	context: IExecuteFunctions,
	itemIndexes: number[],
	readCall: (itemIndex: number) => BatchCall,
): Promise<Map<number, OperationResult | Error>> {
	const outcomes = new Map<number, OperationResult | Error>();
	const groups = new Map<string, Group>();
	const stopAtError = !context.continueOnFail();
	for (const itemIndex of itemIndexes) {
		try {
			const mailbox = mailboxParameter(context, itemIndex);
			const id = requiredTextParameter(context, 'messageId', 'Message ID', itemIndex);
			const call = readCall(itemIndex);
			const key = JSON.stringify([mailbox.toLowerCase(), call.action, call.body]);
			const group = groups.get(key) ?? { mailbox, call, itemsById: new Map<string, number[]>() };
			groups.set(key, group);
			group.itemsById.set(id, [...(group.itemsById.get(id) ?? []), itemIndex]);
		} catch (error) {
			outcomes.set(itemIndex, asError(error));
			if (stopAtError) return outcomes;
		}
	}
	for (const { mailbox, call, itemsById } of groups.values()) {
		const messages = [...itemsById];
		for (let start = 0; start < messages.length; start += MAX_IDS) {
			const chunk = messages.slice(start, start + MAX_IDS);
			const failure = await callFor(context, mailbox, call, chunk);
			for (const [id, indexes] of chunk) {
				for (const itemIndex of indexes) {
					outcomes.set(
						itemIndex,
						failure === undefined
							? [{ json: { ...call.result, id } }]
							: restatedError(context.getNode(), failure, itemIndex),
					);
				}
			}
			if (failure !== undefined && stopAtError) return outcomes;
		}
	}
	return outcomes;
}

/** One call; gives the error that it met. */
async function callFor(
	context: IExecuteFunctions,
	mailbox: string,
	{ action, body }: BatchCall,
	messages: Array<[string, number[]]>,
): Promise<Error | undefined> {
	try {
		await callApi(context, {
			method: 'POST',
			path: '/v2/users/{mailbox}/messages/{action}',
			values: { mailbox, action },
			body: { ids: messages.map(([id]) => id), ...body },
			itemIndex: messages[0]?.[1][0] ?? 0,
		});
		return undefined;
	} catch (error) {
		return asError(error);
	}
}

function asError(thrown: unknown): Error {
	return thrown instanceof Error ? thrown : new Error(String(thrown));
}
