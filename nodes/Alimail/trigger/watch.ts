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
	/** How far a message may have been received before the last look when it turns up, in milliseconds. */
	lookBackMs: number;
}

export interface Look<Message> {
	/** Messages that are to be handed on or judged, the oldest first. None on the first look. */
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
	/** When it was received; for a message without a time, when the next older one was. */
	order: number;
	/** Whether it belongs to the window: by its time, else unless those above and below are both older. */
	isWithin: boolean;
}

/**
 * Looks through a folder for messages that are not in the state. Reads as many pages as the window covers, and no more.
 *
 * Nothing is lost: the whole window is read, however many pages that takes. It begins `lookBackMs` before the last look; if
 * that one read several pages, before the look before it, so that what it missed while the folder changed under it is found
 * now; and at the oldest message that waits, if that is older. A message that waits and is missed by two looks one after the
 * other has left the folder, and is forgotten. Nothing comes twice: what was seen stays in the state until the
 * window has passed it.
 *
 * The time of a look is the earlier of the server's clock and the local one. So a clock that is wrong makes the window longer
 * than asked for, and never shorter, also once it is set right. Where the server tells no time, the newest message stands in
 * for it.
 *
 * @param state - of the look before; undefined on the first, which takes all that is there for known
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
		// The same mail, received at the same time, in place of one that has disappeared: moved away and back, with a new ID.
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
