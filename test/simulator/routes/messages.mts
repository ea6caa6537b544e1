import type { FastifyInstance } from 'fastify';
import { emptyAnswer, type Context } from '../context.mts';
import { invalidId, invalidParameter } from '../errors.mts';
import { LISTED_MESSAGE_FIELDS, counted, presentMessage, selectedFields } from '../fields.mts';
import {
	batchIds,
	objectFrom,
	optionalBoolean,
	optionalString,
	optionalStrings,
	parseInstant,
	queryBoolean,
	queryString,
	requiredString,
} from '../input.mts';
import { draftFrom } from '../draft.mts';
import type { Message } from '../model.mts';
import { cursorPage, pageSize, type CursorPage } from '../pagination.mts';
import { permissions } from '../permissions.mts';
import { compileQuery } from '../query.mts';
import { systemFolders } from '../state.mts';

interface MailboxParams {
	Params: { email: string };
}
interface FolderParams {
	Params: { email: string; folderId: string };
}
interface MessageParams {
	Params: { email: string; id: string };
}

/** What `nextCursor` says at the end of a search if the settings say `dollar` [VEND, 3P]. */
const SEARCH_END_MARK = '$';

/** Adds the message operations. */
export function messageRoutes(app: FastifyInstance, { state, settings }: Context): void {
	const read = { config: { permissions: permissions.readMail } };
	const write = { config: { permissions: permissions.writeMail } };
	const draft = { config: { permissions: permissions.draftMail } };
	const send = { config: { permissions: permissions.sendMail } };

	const wrap = (message: Record<string, unknown>) =>
		settings.messageShape === 'wrapped' ? { message } : message;

	// OData's `filter` is ignored here [3P].
	app.get<FolderParams>(
		'/v2/users/:email/mailFolders/:folderId/messages',
		read,
		({ params, query }) => {
			const mailbox = state.mailbox(params.email);
			const folder = state.folder(mailbox, params.folderId);
			const ascending = isAscending(query);
			const found = state.messagesIn(mailbox, folder.id).filter(withinTimes(query));
			if (ascending) found.reverse();
			const page = messagePage(found, {
				cursor: queryString(query, 'cursor'),
				size: pageSize(queryString(query, 'size')),
				ascending,
			});
			return {
				messages: presentList(page.entries, query),
				nextCursor: page.next ?? '',
				hasMore: page.next !== undefined,
			};
		},
	);

	app.post<MailboxParams>('/v2/users/:email/messages/query', read, ({ params, query, body }) => {
		const mailbox = state.mailbox(params.email);
		const input = objectFrom(body, 'body');
		const cursor = optionalString(input, 'cursor');
		if (cursor === undefined && settings.searchNeedsCursor) throw invalidParameter('cursor');
		// An empty query is as good as none to a server that speaks protobuf [INF].
		const matches = compileQuery(requiredString(input, 'query'));
		const indexedUntil = Date.now() - settings.searchDelayMs;
		const found = state
			.messagesIn(mailbox)
			.filter((message) => message.addedAt <= indexedUntil && matches(message));
		const page: CursorPage<Message> =
			cursor === SEARCH_END_MARK
				? { entries: [], next: undefined }
				: messagePage(found, { cursor, size: pageSize(input.size), ascending: false });
		return {
			messages: presentList(page.entries, query),
			...nextSearchCursor(page.next),
			total: counted(found.length, settings),
		};
	});

	app.get<MessageParams>('/v2/users/:email/messages/:id', read, ({ params, query }) => {
		const message = state.message(state.mailbox(params.email), params.id);
		return wrap(presentMessage(message, settings, selectedFields(query)));
	});

	app.post<MailboxParams>('/v2/users/:email/messages', draft, ({ params, query, body }) => {
		const mailbox = state.mailbox(params.email);
		const input = draftFrom(objectFrom(body, 'body'), mailbox, state, settings);
		const message = state.addMessage(mailbox, input);
		return wrap(presentMessage(message, settings, selectedFields(query)));
	});

	app.post<MessageParams>('/v2/users/:email/messages/:id/send', send, ({ params, body }) => {
		const mailbox = state.mailbox(params.email);
		const message = state.message(mailbox, params.id);
		// What the service says to a message that is no draft, or to one without recipients, is unknown.
		if (message.folderId !== systemFolders.drafts) throw invalidId('draft');
		const recipients = [message.toRecipients, message.ccRecipients, message.bccRecipients].flat();
		if (recipients.length === 0) throw invalidParameter('recipients');
		const input = body === undefined ? {} : objectFrom(body, 'body');
		state.sendDraft(mailbox, message, {
			// Missing counts as true, says a description [3P].
			saveToSentItems: optionalBoolean(input, 'saveToSentItems') ?? true,
			copyDelayMs: settings.sentCopyDelayMs,
		});
		return emptyAnswer(settings);
	});

	app.post<MailboxParams>('/v2/users/:email/messages/move', write, ({ params, body }) => {
		const { mailbox, messages, input } = batch(params.email, body);
		const folder = state.folder(mailbox, requiredString(input, 'destinationFolderId'));
		for (const { id } of messages) state.moveMessage(mailbox, id, folder.id);
		return emptyAnswer(settings);
	});

	app.post<MailboxParams>('/v2/users/:email/messages/batchUpdate', write, ({ params, body }) => {
		const { messages, input } = batch(params.email, body);
		const change = changeFrom(
			requiredString(input, 'action'),
			optionalStrings(input, 'tags') ?? [],
		);
		for (const message of messages) change(message);
		return emptyAnswer(settings);
	});

	app.post<MailboxParams>('/v2/users/:email/messages/batchDelete', write, ({ params, body }) => {
		const { mailbox, messages, input } = batch(params.email, body);
		if (input.deleteType !== 'USER_DELETED') throw invalidParameter('deleteType');
		for (const { id, folderId } of messages) {
			if (folderId === systemFolders.deleted) state.removeMessage(mailbox, id);
			else state.moveMessage(mailbox, id, systemFolders.deleted);
		}
		return emptyAnswer(settings);
	});

	/** Whether a batch with unknown ids fails as a whole is unknown; here it does, and changes nothing. */
	function batch(email: string, body: unknown) {
		const mailbox = state.mailbox(email);
		const input = objectFrom(body, 'body');
		const messages = [...new Set(batchIds(input))].map((id) => state.message(mailbox, id));
		return { mailbox, messages, input };
	}

	function presentList(messages: readonly Message[], query: unknown) {
		const fields = selectedFields(query) ?? LISTED_MESSAGE_FIELDS;
		return messages.map((message) => presentMessage(message, settings, fields));
	}

	function nextSearchCursor(next: string | undefined): { nextCursor?: string } {
		if (next !== undefined) return { nextCursor: next };
		switch (settings.searchEnd) {
			case 'dollar':
				return { nextCursor: SEARCH_END_MARK };
			case 'empty':
				return { nextCursor: '' };
			case 'missing':
				return {};
		}
	}
}

/** `orderby=DES` [OFF] or `isAscending` [3P]; newest first if neither is given [3P]. */
function isAscending(query: unknown): boolean {
	const orderBy = queryString(query, 'orderby');
	if (orderBy !== undefined && orderBy !== '' && orderBy !== 'ASC' && orderBy !== 'DES') {
		throw invalidParameter('orderby');
	}
	return queryBoolean(query, 'isAscending') ?? orderBy === 'ASC';
}

/** From `startTime` on and before `endTime`; on which side the ends belong is unknown. */
function withinTimes(query: unknown): (message: Message) => boolean {
	const start = timeParameter(query, 'startTime') ?? -Infinity;
	const end = timeParameter(query, 'endTime') ?? Infinity;
	return ({ receivedAt }) => receivedAt >= start && receivedAt < end;
}

function timeParameter(query: unknown, key: string): number | undefined {
	const value = queryString(query, key);
	if (value === undefined || value === '') return undefined;
	const time = parseInstant(value);
	if (time === undefined) throw invalidParameter(key);
	return time;
}

function messagePage(
	sorted: readonly Message[],
	options: { cursor: string | undefined; size: number; ascending: boolean },
): CursorPage<Message> {
	const sign = options.ascending ? 1 : -1;
	return cursorPage(sorted, options, {
		key: ({ receivedAt, sequence }) => [String(receivedAt), String(sequence)],
		compare: ({ receivedAt, sequence }, [at, number]) =>
			sign * (receivedAt - Number(at) || sequence - Number(number)),
	});
}

function changeFrom(action: string, tags: readonly string[]): (message: Message) => void {
	switch (action) {
		case 'markRead':
		case 'markUnread':
			return (message) => {
				message.isRead = action === 'markRead';
			};
		case 'addTags':
			if (tags.length === 0) throw invalidParameter('tags');
			return (message) => {
				message.tags = [...new Set([...message.tags, ...tags])];
			};
		case 'removeTags':
			if (tags.length === 0) throw invalidParameter('tags');
			return (message) => {
				message.tags = message.tags.filter((tag) => !tags.includes(tag));
			};
		default:
			throw invalidParameter('action');
	}
}
