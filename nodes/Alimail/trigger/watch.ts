import type { MessageFilters } from './filters';
import { Scan } from './scan';
import {
	hasTwin,
	MAX_UNDATED,
	pack,
	recordOf,
	recordsOf,
	shortId,
	STATE_VERSION,
	storedFilters,
	type RecordedMessage,
	type SeenRecord,
	type Waiting,
	type WatchState,
} from './state';

export interface LookOptions {
	/** See {@link WatchState.watching}. */
	watching: string;
	/** Local time in milliseconds since 1970. */
	now: number;
	/** The server's time in milliseconds since 1970, asked for once a page has come; undefined where the server tells none. */
	serverTime?: () => number | undefined;
	/** A message that turns up is new if it was received at most so long before the last look, in milliseconds. */
	lookBackMs: number;
}

export interface Look<Message> {
	/** Messages to hand on or to judge, the oldest first. The first look has none. */
	fresh: Message[];
	/** The time of the look in milliseconds since 1970, by the server's clock as far as it is known. */
	lookedAt: number;
	/** Why a fresh message is still there from a look before; undefined for one that is new. */
	waitingOf(message: Message): Waiting | undefined;
	/**
	 * The state that counts once the fresh messages were handed on.
	 *
	 * @param waiting - those that were not, so that the next look finds them again
	 * @param filters - for the messages from now on
	 */
	next(waiting?: ReadonlyMap<Message, Waiting>, filters?: MessageFilters): WatchState;
}

/** A message with what its place in the folder says about it. */
interface Placed<Message> {
	message: Message;
	record: SeenRecord;
	/** When it was received. For a message without a time: when the next older one was. */
	order: number;
	/** Whether it was received within the window. Without a time it was, unless the messages above and below it are both older. */
	isWithin: boolean;
}

/**
 * Finds the messages of a folder that the state does not know yet. It reads as many pages as the window covers, and no more.
 *
 * The window begins `lookBackMs` before the last look. It begins earlier in two cases. If the last look read several pages,
 * the folder may have changed meanwhile, so that a message was missed between two of them: then the window begins
 * `lookBackMs` before the look before that one. And if an older message waits, it begins with that message.
 *
 * Nothing is lost, because the whole window is read, however many pages that takes. Nothing comes twice, because the state
 * keeps what was seen until the window has passed it. A message that waits is forgotten once two looks in a row do not find
 * it: it has left the folder.
 *
 * The time of a look is the earlier of the server's clock and the local clock. A wrong clock can make the window longer, but
 * never shorter, even after it was set right. If the server tells no time, the time of the newest message takes its place.
 *
 * @param state - of the look before; undefined on the first look, for which everything is known already
 * @param pages - of the folder, the newest messages first. Another order costs more pages, and nothing else
 */
export async function look<Message extends RecordedMessage>(
	state: WatchState | undefined,
	pages: AsyncIterable<Message[]>,
	{ watching, now, serverTime, lookBackMs }: LookOptions,
): Promise<Look<Message>> {
	const known = recordsOf(state);
	const scan = new Scan<Message>();
	const time = () => {
		const told = serverTime?.();
		if (told !== undefined) return Math.min(told, now);
		// Mail from the future does not move the window.
		return scan.newestUntil(now) ?? state?.polledAt ?? now;
	};
	const since = () => state?.since ?? time() - lookBackMs;

	for await (const page of pages) {
		const added = scan.add(page);
		const mayGoOn = state
			? added.some(({ id }) => !known.has(shortId(id)))
			: scan.messages.length < MAX_UNDATED;
		if (scan.isBehind(since(), mayGoOn)) break;
	}

	const lookedAt = Math.max(time(), state?.polledAt ?? -Infinity);
	const placed = place(scan.messages, since());
	const present = new Set(placed.map(({ record }) => record.id));
	const gone = goneByTwin(known, present);
	const renamed = new Set<string>();
	const fresh: Message[] = [];
	const waitingOf = ({ id }: Message) => state?.waiting[shortId(id)];
	for (const { message, record, isWithin } of oldestFirst(placed)) {
		if (state === undefined || known.has(record.id)) continue;
		if (!isWithin && waitingOf(message) === undefined) continue;
		// It was moved away and back, and has a new ID: the same mail, received at the same time, has disappeared.
		const formerId = gone.get(record.twin)?.pop();
		if (formerId === undefined) fresh.push(message);
		else renamed.add(formerId);
	}

	return {
		fresh,
		lookedAt,
		waitingOf,
		next: (waiting = new Map<Message, Waiting>(), filters = {}) => {
			const records = placed
				.filter(({ message }) => !waiting.has(message))
				.map(({ record }) => record);
			for (const [id, record] of known) {
				if (!present.has(id) && !renamed.has(id)) records.push(record);
			}
			const held: Record<string, Waiting> = {};
			for (const [{ id, receivedAt }, entry] of waiting) {
				held[shortId(id)] = { ...entry, ...(receivedAt !== undefined && { receivedAt }) };
			}
			const mayHaveMissed = state !== undefined && scan.pages > 1;
			if (mayHaveMissed) {
				for (const [id, entry] of Object.entries(state.waiting)) {
					if (!present.has(id) && !entry.isMissed) held[id] = { ...entry, isMissed: true };
				}
			}
			const window = (mayHaveMissed ? state.polledAt : lookedAt) - lookBackMs;
			const start = Object.values(held).reduce(
				(earliest, { receivedAt = earliest }) => Math.min(earliest, receivedAt),
				window,
			);
			const kept = Math.max(start, state?.since ?? -Infinity);
			return {
				version: STATE_VERSION,
				watching,
				since: kept,
				polledAt: lookedAt,
				...pack(records, kept),
				waiting: held,
				filters: storedFilters(filters),
			};
		},
	};
}

function place<Message extends RecordedMessage>(
	messages: Message[],
	since: number,
): Array<Placed<Message>> {
	const nextOlder: Array<number | undefined> = [];
	let below: number | undefined;
	for (const { receivedAt } of messages.toReversed()) {
		nextOlder.push(below);
		below = receivedAt ?? below;
	}
	let above: number | undefined;
	return messages.map((message, index) => {
		const { receivedAt } = message;
		const older = nextOlder[messages.length - 1 - index];
		const isWithin =
			receivedAt === undefined
				? (above ?? since) >= since || (older ?? since) >= since
				: receivedAt >= since;
		const order = receivedAt ?? older ?? -Infinity;
		above = receivedAt ?? above;
		return { message, record: recordOf(message), order, isWithin };
	});
}

/** Messages of the same time stay as the folder has them, from its end to its beginning. */
function oldestFirst<T extends { order: number }>(placed: T[]): T[] {
	return placed
		.toReversed()
		.sort((left, right) => (left.order === right.order ? 0 : left.order - right.order));
}

/** The IDs of known messages that are no longer in the folder, by what stays the same in a move. */
function goneByTwin(
	known: Map<string, SeenRecord>,
	present: ReadonlySet<string>,
): Map<string, string[]> {
	const gone = new Map<string, string[]>();
	for (const record of known.values()) {
		const { id, twin } = record;
		if (!hasTwin(record) || present.has(id)) continue;
		const others = gone.get(twin);
		if (others) others.push(id);
		else gone.set(twin, [id]);
	}
	return gone;
}
