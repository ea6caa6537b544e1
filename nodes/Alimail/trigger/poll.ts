import {
	NodeOperationError,
	type IDataObject,
	type INodeExecutionData,
	type IPollFunctions,
} from 'n8n-workflow';

import { apiOrigin } from '../auth/credential';
import { sha256 } from '../errors/hash';
import { restatedError } from '../errors/nodeErrors';
import { date } from '../flow/clock';
import { searchQuery } from '../mail/searchQuery';
import { passes, type MessageFilters } from './filters';
import { folderPages, isNotFound, NO_ITEM, searchPages, type FolderMessage } from './folder';
import { handOn, type HandOver } from './handOn';
import { judge, type Judgement } from './judge';
import { forgetFile, keepFile } from './keptFiles';
import { readItem } from './reading';
import { listFields, readSettings, type Settings } from './settings';
import { readState, storedFilters, type Waiting } from './state';
import { takeTurn, type Turn } from './turns';
import { look, type Look } from './watch';

/** Pages that a test run goes through for a message that passes the filters. */
const TEST_RUN_PAGES = 10;

/** After so long a poll begins to read no further message, unless n8n gives it less. n8n's own measure, too. */
const POLL_BUDGET_MS = 5 * 60_000;

/** So long at least a message waits for the search to know it, in milliseconds: an index may have to be made anew. */
const LEAST_SEARCH_MS = 24 * 3_600_000;

/** n8n polls an active workflow with one and the same context; what is in here was polled since it was activated. */
const polledContexts = new WeakSet<IPollFunctions>();

/**
 * One poll of the trigger: the messages that arrived in the folder since the one before, as far as they can be read and time
 * allows. The others wait for the next poll, and stand in the way of none. The static data changes as the last thing before
 * messages are handed over.
 *
 * @returns null when there is nothing to hand on
 * @throws NodeApiError or NodeOperationError when the folder cannot be listed or searched, or the server as a whole fails to
 * let any message be read; the next poll then finds the same messages again
 */
export async function pollFolder(context: IPollFunctions): Promise<INodeExecutionData[][] | null> {
	const settings = readSettings(context);
	if (context.getMode() === 'manual') return [await testRun(context, settings)];

	// By its name, as n8n keeps the static data: two nodes of a workflow may have the same ID.
	const key = `${context.getWorkflow().id} ${context.getNode().name}`;
	const turn = takeTurn(key, context, pollBudgetMs(context));
	if (turn === undefined) return null;
	return await pollOnce(context, settings, turn)
		.catch((error: unknown) => {
			// The poll that has taken over says what is wrong, if it still is.
			if (turn.isOver) return null;
			throw error;
		})
		.finally(() => turn.end());
}

async function pollOnce(
	context: IPollFunctions,
	settings: Settings,
	turn: Turn,
): Promise<INodeExecutionData[][] | null> {
	const { filters } = settings;
	const staticData = context.getWorkflowStaticData('node');
	const found = await lookAround(context, settings, staticData, turn);
	const { passed, unknown } = await judgeFresh(context, settings, found);
	turn.progress();

	const { searching, unsearched } = waitForSearch(unknown, found, settings);
	const messages = found.fresh.filter((message) => passed.has(message) || unsearched.has(message));
	const waitingOf = (message: FolderMessage) => unsearched.get(message) ?? found.waitingOf(message);
	const over = await handOn(context, settings.output, messages, waitingOf, {
		now: found.lookedAt,
		turn,
	});
	settleFiles(over, turn);
	if (turn.isOver) return null;

	const waiting = new Map([...over.waiting, ...searching]);
	staticData.watch = found.next(waiting, filters);
	if (over.outage !== undefined) throw restatedError(context.getNode(), over.outage, NO_ITEM);
	polledContexts.add(context);
	return over.items.length > 0 ? [over.items] : null;
}

interface Found extends Look<FolderMessage> {
	/** What judges the messages of this poll. */
	filters: MessageFilters;
}

/** Looks through the folder for what the static data does not know. */
async function lookAround(
	context: IPollFunctions,
	settings: Settings,
	staticData: IDataObject,
	turn: Turn,
): Promise<Found> {
	const { folder, filters, lookBackMs } = settings;
	const watching = sha256(
		JSON.stringify([await apiOrigin(context), folder.mailbox.toLowerCase(), folder.folderId]),
	).slice(0, 16);
	const state = startsFromNow(context, settings)
		? undefined
		: readState(staticData.watch, watching);
	let serverTime: number | undefined;
	const pages = folderPages(context, folder, listFields(settings), (time) => {
		serverTime = time;
		turn.progress();
	});
	const found = await look<FolderMessage>(state, pages, {
		watching,
		now: date(),
		serverTime: () => serverTime,
		lookBackMs,
	});
	// What is in the folder when changed filters are seen first came before the change: the former ones judge it.
	return { ...found, filters: state?.filters ?? filters };
}

async function judgeFresh(
	context: IPollFunctions,
	{ folder, filters: current }: Settings,
	{ fresh, filters, waitingOf }: Found,
): Promise<Judgement> {
	const candidates = fresh.map((message) => {
		const waiting = waitingOf(message);
		return { message, filters: waiting === undefined ? filters : waiting.filters };
	});
	return await judge(context, folder.mailbox, candidates, current);
}

/**
 * Messages that the search does not know wait for it. One that it does not come to know may match or not, and is handed on
 * unsearched: to lose it without a word would be worse.
 */
function waitForSearch(
	unknown: Judgement['unknown'],
	{ waitingOf, lookedAt }: Found,
	{ lookBackMs }: Settings,
): Record<'searching' | 'unsearched', Map<FolderMessage, Waiting>> {
	const searching = new Map<FolderMessage, Waiting>();
	const unsearched = new Map<FolderMessage, Waiting>();
	for (const [message, filters] of unknown) {
		const { from = lookedAt } = waitingOf(message) ?? {};
		const unread = { failures: 0, tries: 0 };
		if (lookedAt - from >= Math.max(lookBackMs, LEAST_SEARCH_MS)) {
			unsearched.set(message, { ...unread, isUnsearched: true });
		} else searching.set(message, { ...unread, from, filters: storedFilters(filters) });
	}
	return { searching, unsearched };
}

/** Keeps the files of messages that wait, and of a poll that has been taken over; forgets those that are handed on. */
function settleFiles({ reads }: HandOver, { isOver }: Turn): void {
	for (const { read, isHandedOn } of reads) {
		for (const [key, file] of read.files) {
			if (isHandedOn && !isOver) forgetFile(key);
			else keepFile(key, file);
		}
	}
}

/** Older versions of n8n give a poll no measure. */
function pollBudgetMs(context: IPollFunctions): number {
	const { getPollBudgetMs } = context as Partial<IPollFunctions>;
	return Math.min(getPollBudgetMs?.call(context) ?? POLL_BUDGET_MS, POLL_BUDGET_MS);
}

/**
 * Whether the workflow has just been activated by somebody who wants no mail from before. n8n says `activate` then; after its
 * own restart, or when an active workflow is changed, it says something else.
 */
function startsFromNow(context: IPollFunctions, { catchUp }: Settings): boolean {
	return !catchUp && context.getActivationMode() === 'activate' && !polledContexts.has(context);
}

/** The newest message that passes the filters, for a test in the editor. Static data stays as it is. */
async function testRun(context: IPollFunctions, settings: Settings): Promise<INodeExecutionData[]> {
	const { folder, filters, output } = settings;
	const { query } = filters;
	const pages =
		query === undefined
			? folderPages(context, folder, listFields(settings))
			: searchPages(
					context,
					folder.mailbox,
					`(${query}) AND ${searchQuery({ folderId: folder.folderId })}`,
					listFields(settings),
				);
	let count = 0;
	for await (const page of pages) {
		const matching = page
			.filter(({ data }) => passes(data, filters))
			.sort((left, right) => (right.receivedAt ?? 0) - (left.receivedAt ?? 0));
		for (const message of matching) {
			const { item, problems } = await readItem(context, output, message, {
				readAll: false,
				onAnswer: () => {},
			});
			const [problem] = problems;
			if (problem === undefined) return [item];
			// It has been deleted meanwhile.
			if (!isNotFound(problem.error))
				throw restatedError(context.getNode(), problem.error, NO_ITEM);
		}
		if (++count === TEST_RUN_PAGES) break;
	}
	throw new NodeOperationError(context.getNode(), 'No message to test with', {
		description:
			'No message in this folder passes the filters. Send one to the mailbox or change the filters, then try again.',
	});
}
