import type { IPollFunctions } from 'n8n-workflow';

import { restatedError } from '../errors/nodeErrors';
import { passes, type MessageFilters } from './filters';
import { isServerWide, NO_ITEM, searched, type FolderMessage } from './folder';

/** A message, and what is to judge it; undefined for one that has passed before. */
export interface Candidate {
	message: FolderMessage;
	filters: MessageFilters | undefined;
}

export interface Judgement {
	passed: Set<FolderMessage>;
	/** Messages that have passed the other filters and that the search does not know yet, with the query that is left. */
	unknown: Map<FolderMessage, MessageFilters>;
}

/**
 * Judges messages by their filters.
 *
 * @param current - the filters that are set now. They judge in place of former ones whose search query the server refuses,
 * since by those nothing can be judged, ever
 * @throws NodeApiError when the search fails
 */
export async function judge(
	context: IPollFunctions,
	mailbox: string,
	candidates: Candidate[],
	current: MessageFilters,
): Promise<Judgement> {
	const judgement: Judgement = { passed: new Set(), unknown: new Map() };
	const groups = new Map<string, { filters: MessageFilters; messages: FolderMessage[] }>();
	for (const { message, filters } of candidates) {
		if (filters === undefined) {
			judgement.passed.add(message);
			continue;
		}
		const key = keyOf(filters);
		const group = groups.get(key);
		if (group) group.messages.push(message);
		else groups.set(key, { filters, messages: [message] });
	}
	for (const [key, { filters, messages }] of groups) {
		const isCurrent = key === keyOf(current);
		const judged = judgeBy(context, mailbox, filters, messages, judgement);
		await (isCurrent
			? judged
			: judged.catch(async (error: unknown) => {
					if (isServerWide(error)) throw restatedError(context.getNode(), error, NO_ITEM);
					await judgeBy(context, mailbox, current, messages, judgement);
				}));
	}
	return judgement;
}

function keyOf(filters: MessageFilters): string {
	return JSON.stringify(filters, Object.keys(filters).sort());
}

async function judgeBy(
	context: IPollFunctions,
	mailbox: string,
	filters: MessageFilters,
	messages: FolderMessage[],
	{ passed, unknown }: Judgement,
): Promise<void> {
	const passing = messages.filter(({ data }) => passes(data, filters));
	if (filters.query === undefined) {
		for (const message of passing) passed.add(message);
		return;
	}
	const result = await searched(context, mailbox, filters.query, passing);
	for (const message of result.found) passed.add(message);
	for (const message of result.unknown) unknown.set(message, { query: filters.query });
}
