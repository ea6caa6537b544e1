import { NodeApiError, type IDataObject, type IExecuteFunctions } from 'n8n-workflow';

import { asError, changedNothing, restatedError } from '../../errors/nodeErrors';
import { mailboxParameter } from '../../parameters/locators';
import { requiredTextParameter } from '../../parameters/values';
import { callApi } from '../../transport/call';
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
	/** Of a call that must not be made twice for a message: what to do about it when only a part was done. */
	onceOnly?: string;
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
 * known: if it fails, all its items get the error. Where that ends the run, it says what the calls before have done
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
			const sharing = group.itemsById.get(id);
			if (sharing) sharing.push(itemIndex);
			else group.itemsById.set(id, [itemIndex]);
		} catch (error) {
			outcomes.set(itemIndex, asError(error));
			if (stopAtError) return outcomes;
		}
	}
	const total = [...groups.values()].reduce((sum, { itemsById }) => sum + itemsById.size, 0);
	const doneIds: string[] = [];
	for (const { mailbox, call, itemsById } of groups.values()) {
		const messages = [...itemsById];
		for (let start = 0; start < messages.length; start += MAX_IDS) {
			const chunk = messages.slice(start, start + MAX_IDS);
			const failure = await callFor(context, mailbox, call, chunk);
			const ids = chunk.map(([id]) => id);
			const end = stopAtError && failure ? partlyDone(call, failure, { doneIds, ids, total }) : {};
			for (const [id, indexes] of chunk) {
				const more = stopAtError || !failure ? end : perhapsDone(call, failure, id);
				for (const itemIndex of indexes) {
					outcomes.set(
						itemIndex,
						failure === undefined
							? [{ json: { ...call.result, id } }]
							: restatedError(context.getNode(), failure, itemIndex, more),
					);
				}
			}
			if (failure === undefined) doneIds.push(...ids);
			else if (stopAtError) return outcomes;
		}
	}
	return outcomes;
}

/**
 * What the error that ends the run says about all calls.
 *
 * @param progress.doneIds - of the messages of the calls before
 * @param progress.ids - of the messages of the call that failed
 * @param progress.total - how many messages there are
 */
function partlyDone(
	{ onceOnly }: BatchCall,
	failure: Error,
	{ doneIds, ids, total }: { doneIds: string[]; ids: string[]; total: number },
): { description?: string; data: IDataObject } {
	const isUncertain = onceOnly !== undefined && !changedNothing(failure);
	const data = { doneIds: [...doneIds], uncertainIds: isUncertain ? ids : [] };
	const to = [
		doneIds.length > 0 && `It was done to ${doneIds.length} of ${total} messages before`,
		isUncertain && `perhaps to the ${ids.length} of this call`,
	].filter((part) => part !== false);
	if (to.length === 0) return { data };
	const known = failure instanceof NodeApiError ? failure.description : undefined;
	const done = `${doneIds.length > 0 ? '' : 'It was done '}${to.join(', and ')}.`;
	return { description: [done, onceOnly, known].filter(Boolean).join(' '), data };
}

/**
 * What an item's own error says when the run goes on: what was done to the other items, these show by themselves. It stands
 * in the message, since an item has no description.
 *
 * @param id - of the item's message
 */
function perhapsDone(
	{ onceOnly }: BatchCall,
	failure: Error,
	id: string,
): { message?: (said: string) => string; data?: IDataObject } {
	if (onceOnly === undefined || changedNothing(failure)) return {};
	return {
		message: (said) =>
			`It is not known whether this was done to the messages of the call. ${onceOnly} ${said}`,
		data: { uncertainIds: [id] },
	};
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
