import {
	NodeOperationError,
	type IDataObject,
	type INodeExecutionData,
	type IPollFunctions,
} from 'n8n-workflow';

import { isObject, pickFields, READING } from '../actions/answer';
import { attachmentsPrefix, downloadAll } from '../actions/attachment/binaries';
import { idParameter, mailboxParameter } from '../actions/locators';
import { selectedFields } from '../actions/message/fields';
import { searchQuery } from '../actions/message/searchQuery';
import { simplifiedMessage } from '../actions/message/simplify';
import { sha256 } from '../transport/application';
import { parameterError } from '../transport/errors';
import { apiOrigin } from '../transport/request';
import { FILTERED_FIELDS, filtersFrom, passes, type MessageFilters } from './filters';
import {
	folderPages,
	LISTED_FIELDS,
	NO_ITEM,
	readMessage,
	searched,
	searchPages,
	type FolderMessage,
	type WatchedFolder,
} from './mailbox';
import { DEFAULT_LOOK_BACK_HOURS } from './properties';
import { look, readState, type WatchState } from './watch';

const HOUR_MS = 3_600_000;

/** Pages that a test run goes through for a message that passes the filters. */
const TEST_RUN_PAGES = 10;

/** Fields that a list of messages gives; only the body and the headers take a request for each message. */
const LIST_FIELDS = selectedFields({}, { simplify: false, detailed: false });

/** What the node's parameters ask for. */
interface Settings {
	folder: WatchedFolder;
	filters: MessageFilters;
	simplify: boolean;
	/** Of the output, for `$select`. */
	fields: string[];
	/** Of the binary fields; undefined when no files are wanted. */
	attachmentsPrefix: string | undefined;
	lookBackMs: number;
	catchUp: boolean;
}

/** Messages as items; `unread` are those that could not be judged or read, to be found again by the next poll. */
interface Delivery {
	items: INodeExecutionData[];
	unread: Set<FolderMessage>;
}

/** Nodes with a poll under way, by workflow and node. */
const polling = new Set<string>();

/** n8n polls an active workflow with one and the same context; what is in here was polled since it was activated. */
const polledContexts = new WeakSet<IPollFunctions>();

/**
 * One poll of the trigger: the messages that arrived in the folder since the one before. The static data changes only when
 * everything has been read, as the last thing before the messages are handed over.
 *
 * @returns null when there is nothing new
 * @throws NodeApiError or NodeOperationError when something cannot be read; the next poll then finds the same messages again
 */
export async function pollFolder(context: IPollFunctions): Promise<INodeExecutionData[][] | null> {
	const settings = readSettings(context);
	if (context.getMode() === 'manual') return [await testRun(context, settings)];

	// n8n starts a poll also while the one before is not done. The two would hand over the same messages.
	const key = `${context.getWorkflow().id} ${context.getNode().id}`;
	if (polling.has(key)) return null;
	polling.add(key);
	try {
		return await pollOnce(context, settings);
	} finally {
		polling.delete(key);
	}
}

async function pollOnce(
	context: IPollFunctions,
	settings: Settings,
): Promise<INodeExecutionData[][] | null> {
	const { folder, lookBackMs } = settings;
	const staticData = context.getWorkflowStaticData('node');
	const watching = sha256(
		JSON.stringify([await apiOrigin(context), folder.email.toLowerCase(), folder.folderId]),
	).slice(0, 16);
	const state = startsFromNow(context, settings)
		? undefined
		: readState(staticData.watch, watching);

	const { fresh, next } = await look<FolderMessage>(
		state,
		folderPages(context, folder, listFields(settings)),
		{ watching, now: Date.now(), lookBackMs },
	);
	const { items, unread } = await deliver(context, settings, fresh);

	keep(staticData, next(unread));
	polledContexts.add(context);
	return items.length > 0 ? [items] : null;
}

/**
 * Whether the workflow has just been activated by somebody who wants no mail from before. n8n says `activate` then; after its
 * own restart, or when an active workflow is changed, it says something else.
 */
function startsFromNow(context: IPollFunctions, { catchUp }: Settings): boolean {
	return !catchUp && context.getActivationMode() === 'activate' && !polledContexts.has(context);
}

/** Changes the static data only if there is a change: n8n writes it to its database each time. */
function keep(staticData: IDataObject, state: WatchState): void {
	if (JSON.stringify(staticData.watch) !== JSON.stringify(state)) staticData.watch = state;
}

/** The newest message that passes the filters, for a test in the editor. Static data stays as it is. */
async function testRun(context: IPollFunctions, settings: Settings): Promise<INodeExecutionData[]> {
	const { folder, filters } = settings;
	const { query } = filters;
	const pages =
		query === undefined
			? folderPages(context, folder, listFields(settings))
			: searchPages(
					context,
					folder.email,
					`(${query}) AND ${searchQuery({ folderId: folder.folderId })}`,
					listFields(settings),
				);
	let count = 0;
	for await (const page of pages) {
		const matching = page
			.filter(({ data }) => passes(data, filters))
			.sort((left, right) => (right.receivedAt ?? 0) - (left.receivedAt ?? 0));
		for (const message of matching) {
			const item = await itemFor(context, settings, message);
			if (item) return [item];
		}
		if (++count === TEST_RUN_PAGES) break;
	}
	throw new NodeOperationError(context.getNode(), 'No message to test with', {
		description:
			'No message in this folder passes the filters. Send one to the mailbox or change the filters, then try again.',
	});
}

async function deliver(
	context: IPollFunctions,
	settings: Settings,
	fresh: FolderMessage[],
): Promise<Delivery> {
	const { filters, folder } = settings;
	const passing = fresh.filter(({ data }) => passes(data, filters));
	if (filters.query === undefined) return await asItems(context, settings, passing);

	const { found, unknown } = await searched(context, folder.email, filters.query, passing);
	const { items, unread } = await asItems(
		context,
		settings,
		passing.filter((message) => found.has(message)),
	);
	return { items, unread: new Set([...unread, ...unknown]) };
}

async function asItems(
	context: IPollFunctions,
	settings: Settings,
	messages: FolderMessage[],
): Promise<Delivery> {
	const delivery: Delivery = { items: [], unread: new Set() };
	for (let at = 0; at < messages.length; at += READING.itemsAtOnce) {
		const some = messages.slice(at, at + READING.itemsAtOnce);
		const items = await Promise.all(
			some.map(async (message) => await itemFor(context, settings, message)),
		);
		for (const [index, message] of some.entries()) {
			const item = items[index];
			if (item) delivery.items.push(item);
			else delivery.unread.add(message);
		}
	}
	return delivery;
}

/** @returns undefined when the message has been deleted meanwhile */
async function itemFor(
	context: IPollFunctions,
	{ folder, simplify, fields, attachmentsPrefix: prefix }: Settings,
	{ id, data }: FolderMessage,
): Promise<INodeExecutionData | undefined> {
	const isComplete = fields.every((name) => LIST_FIELDS.includes(name));
	const message = isComplete
		? pickFields(data, fields)
		: await readMessage(context, folder.email, id, fields);
	if (message === undefined) return undefined;
	const json = simplify ? simplifiedMessage(message, fields) : message;
	if (prefix === undefined) return { json };
	const place = { mailbox: folder.email, messageId: id };
	const { binary, attachments } = await downloadAll(context, place, prefix, NO_ITEM);
	return { json: { ...json, attachments }, binary };
}

function listFields({ fields }: Settings): string[] {
	const output = fields.filter((name) => LIST_FIELDS.includes(name));
	return [...new Set([...LISTED_FIELDS, ...FILTERED_FIELDS, ...output])];
}

function readSettings(context: IPollFunctions): Settings {
	const options = collection(context, 'options');
	const simplify = context.getNodeParameter('simplify', true) !== false;
	const hours = options.lookBackHours ?? DEFAULT_LOOK_BACK_HOURS;
	if (typeof hours !== 'number' || !(hours >= 1)) {
		throw parameterError(
			context.getNode(),
			'Look Back (Hours)',
			'must be a number from 1',
			NO_ITEM,
		);
	}
	return {
		folder: {
			email: mailboxParameter(context, NO_ITEM),
			folderId: idParameter(context, 'folder', 'Folder', NO_ITEM),
		},
		filters: filtersFrom(collection(context, 'filters')),
		simplify,
		fields: selectedFields(options, { simplify, detailed: !simplify }),
		attachmentsPrefix: attachmentsPrefix(context, options, NO_ITEM),
		lookBackMs: hours * HOUR_MS,
		catchUp: options.whenActivatedAgain !== 'startFromNow',
	};
}

function collection(context: IPollFunctions, name: string): IDataObject {
	const value = context.getNodeParameter(name, {});
	return isObject(value) ? value : {};
}
