import { createHash } from 'crypto';
import type { IDataObject } from 'n8n-workflow';

/**
 * What a watched folder has shown so far, as it lies in the workflow's static data: plain JSON, whose size follows the number
 * of messages in the look-back window and not the time that the workflow has run.
 *
 * The invariant: every message that a scan came across and that was received at `since` or later is in `seen`, whether it was
 * handed on, filtered out or there from the start; only those that could not be read yet are left out, to be found again. So
 * a message from `since` on that is not in `seen` is new. What is older is none of the watch's business any more.
 */
export interface WatchState extends IDataObject {
	version: typeof STATE_VERSION;
	/** Tells what is watched; another mailbox or folder starts a new watch. */
	watching: string;
	/** Milliseconds since 1970 by the server's clock. Never goes back. */
	since: number;
	/** The latest receipt of all messages that the last scan saw, in milliseconds since 1970 by the server's clock. */
	newest: number;
	/** Records of the messages by the hour of receipt (hours since 1970), each hour's in one text. */
	seen: Record<string, string>;
	/** Records of the messages whose time of receipt cannot be read, the ones seen last first. */
	undated: string;
}

/** A message as a scan finds it in the folder. */
export interface ListedMessage {
	/** What the server calls it. */
	id: string;
	/** `Message-ID` of the mail, if it has one; stays when the message moves to another folder. */
	internetMessageId?: string;
	/** Milliseconds since 1970; undefined where the server says none that can be read. */
	receivedAt?: number;
}

export interface LookOptions {
	/** See {@link WatchState.watching}. */
	watching: string;
	/** Local time in milliseconds since 1970. Keeps mail from the future from moving the window, else only a stand-in. */
	now: number;
	/** How far a message may be older than the newest one when it turns up, in milliseconds. */
	lookBackMs: number;
}

export interface Look<Message> {
	/** Messages that were not there before, the oldest first. None on the first look. */
	fresh: Message[];
	/**
	 * The state that counts once the fresh messages were handed on.
	 *
	 * @param unread - messages to stay unknown, so that the next look finds them again
	 */
	next(unread?: ReadonlySet<Message>): WatchState;
}

const STATE_VERSION = 1;

const HOUR_MS = 3_600_000;

/** 60 bits: among 10,000 messages, a new one is taken for a known one once in 10^14 times. */
const ID_LENGTH = 10;
/** 48 bits: counts only where the other message has disappeared at the same time. */
const TWIN_LENGTH = 8;
const RECORD_LENGTH = ID_LENGTH + TWIN_LENGTH;
const NO_TWIN = '.'.repeat(TWIN_LENGTH);

/** Messages without a time cannot leave the window by age: so many of them are remembered. */
const MAX_UNDATED = 2000;

/** A message in the state: a short hash of its ID, and one of what stays the same should a move change the ID. */
interface SeenRecord {
	id: string;
	twin: string;
	/** Hours since 1970; undefined where the message has no time. */
	hour: number | undefined;
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
 * Reads a state from static data, whatever has come to lie there.
 *
 * @returns undefined for what is no state of this version, or is one about something else
 */
export function readState(value: unknown, watching: string): WatchState | undefined {
	if (typeof value !== 'object' || value === null) return undefined;
	const { version, watching: watched, since, newest, seen, undated } = value as IDataObject;
	if (version !== STATE_VERSION || watched !== watching) return undefined;
	if (!Number.isFinite(since) || !Number.isFinite(newest) || !isRecords(undated)) return undefined;
	if (typeof seen !== 'object' || seen === null) return undefined;
	const hours = Object.entries(seen);
	if (!hours.every(([hour, records]) => /^-?\d+$/.test(hour) && isRecords(records))) {
		return undefined;
	}
	// A copy: what n8n hands out notes every change that is made to it.
	return {
		version,
		watching,
		since: since as number,
		newest: newest as number,
		seen: Object.fromEntries(hours) as Record<string, string>,
		undated,
	};
}

/**
 * Looks through a folder for messages that are not in the state. Reads as many pages as the window covers, and no more.
 *
 * Nothing is lost: the whole window is read, however many pages that takes. It begins `lookBackMs` before the newest message
 * of the look before the last, so that what the last one missed while the folder changed under it is found now. Nothing
 * comes twice: what was seen stays in the state until the window has passed it.
 *
 * @param state - of the look before; undefined on the first, which takes all that is there for known
 * @param pages - of the folder, the newest messages first. Another order costs more pages, and nothing else
 */
export async function look<Message extends ListedMessage>(
	state: WatchState | undefined,
	pages: AsyncIterable<Message[]>,
	{ watching, now, lookBackMs }: LookOptions,
): Promise<Look<Message>> {
	const known = recordsOf(state);
	const scan = new Scan<Message>();
	const since = () => state?.since ?? (scan.newestUntil(now) ?? now) - lookBackMs;

	for await (const page of pages) {
		const added = scan.add(page);
		const mayGoOn = state
			? added.some(({ id }) => !known.has(shortId(id)))
			: scan.messages.length < MAX_UNDATED;
		if (scan.isBehind(since(), mayGoOn)) break;
	}

	const placed = place(scan.messages, since());
	const present = new Set(placed.map(({ record }) => record.id));
	const gone = goneByTwin(known, present);
	const renamed = new Set<string>();
	const fresh: Message[] = [];
	for (const { message, record, isWithin } of oldestFirst(placed)) {
		if (state === undefined || known.has(record.id) || !isWithin) continue;
		// The same mail, received at the same time, in place of one that has disappeared: moved away and back, with a new ID.
		const formerId = gone.get(record.twin)?.pop();
		if (formerId === undefined) fresh.push(message);
		else renamed.add(formerId);
	}

	return {
		fresh,
		next: (unread = new Set()) => {
			const kept = state ? Math.max(state.since, state.newest - lookBackMs) : since();
			const records = placed
				.filter(({ message }) => !unread.has(message))
				.map(({ record }) => record);
			for (const [id, record] of known) {
				if (!present.has(id) && !renamed.has(id)) records.push(record);
			}
			return {
				version: STATE_VERSION,
				watching,
				since: kept,
				newest: Math.max(scan.newestUntil(now) ?? -Infinity, state?.newest ?? since()),
				...pack(records, kept),
			};
		},
	};
}

/** The pages of one look, and what their order says about how far it has come. */
class Scan<Message extends ListedMessage> {
	/** In the order of the folder, each once. */
	readonly messages: Message[] = [];

	private readonly ids = new Set<string>();

	/** Of the last page, in its order. */
	private dates: number[] = [];

	private first: number | undefined;

	private last = Infinity;

	private newestBefore = -Infinity;

	private isNewestFirst = true;

	/** @returns the messages of the page that no earlier page had: new mail pushes others down from one page to the next */
	add(page: Message[]): Message[] {
		this.newestBefore = latest(this.dates, this.newestBefore);
		this.dates = page.flatMap(({ receivedAt }) => receivedAt ?? []);
		for (const date of this.dates) {
			this.first ??= date;
			if (date > this.last) this.isNewestFirst = false;
			this.last = date;
		}
		const added = page.filter(({ id }) => !this.ids.has(id) && this.ids.add(id));
		for (const message of added) this.messages.push(message);
		return added;
	}

	/** The latest time of receipt that is not in the future. */
	newestUntil(now: number): number | undefined {
		const newest = latest(
			this.messages.flatMap(({ receivedAt = Infinity }) => (receivedAt <= now ? receivedAt : [])),
			-Infinity,
		);
		return newest === -Infinity ? undefined : newest;
	}

	/**
	 * Whether further pages hold nothing from the window. That takes evidence that the newest come first: behind the first
	 * page of a list in another order all new mail would stay unseen.
	 *
	 * @param mayGoOn - decides on a page without any time
	 */
	isBehind(since: number, mayGoOn: boolean): boolean {
		if (this.dates.length === 0) return !mayGoOn;
		if (this.isNewestFirst && this.first! > this.last) return this.last < since;
		const newest = latest(this.dates, -Infinity);
		return newest < since && newest < this.newestBefore;
	}
}

function place<Message extends ListedMessage>(
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
	for (const { id, twin } of known.values()) {
		if (twin === NO_TWIN || present.has(id)) continue;
		const others = gone.get(twin);
		if (others) others.push(id);
		else gone.set(twin, [id]);
	}
	return gone;
}

function recordOf({ id, internetMessageId, receivedAt }: ListedMessage): SeenRecord {
	return {
		id: shortId(id),
		twin: internetMessageId
			? shortHash(`${internetMessageId}\n${receivedAt ?? ''}`, TWIN_LENGTH)
			: NO_TWIN,
		hour: receivedAt === undefined ? undefined : Math.floor(receivedAt / HOUR_MS),
	};
}

function pack(records: SeenRecord[], since: number): Pick<WatchState, 'seen' | 'undated'> {
	const hours = new Map<number, string[]>();
	const undated: string[] = [];
	for (const { id, twin, hour } of records) {
		if (hour === undefined) {
			if (undated.length < MAX_UNDATED) undated.push(id + twin);
		} else if ((hour + 1) * HOUR_MS > since) {
			const others = hours.get(hour);
			if (others) others.push(id + twin);
			else hours.set(hour, [id + twin]);
		}
	}
	const seen = Object.fromEntries([...hours].map(([hour, texts]) => [hour, texts.join('')]));
	return { seen, undated: undated.join('') };
}

function recordsOf(state: WatchState | undefined): Map<string, SeenRecord> {
	const records = new Map<string, SeenRecord>();
	const unpack = (text: string, hour: number | undefined) => {
		for (let at = 0; at < text.length; at += RECORD_LENGTH) {
			const id = text.slice(at, at + ID_LENGTH);
			records.set(id, { id, twin: text.slice(at + ID_LENGTH, at + RECORD_LENGTH), hour });
		}
	};
	for (const [hour, text] of Object.entries(state?.seen ?? {})) unpack(text, Number(hour));
	unpack(state?.undated ?? '', undefined);
	return records;
}

function isRecords(value: unknown): value is string {
	return typeof value === 'string' && value.length % RECORD_LENGTH === 0;
}

function shortId(id: string): string {
	return shortHash(id, ID_LENGTH);
}

/** The beginning of a SHA-256, 6 bits per character. */
function shortHash(text: string, length: number): string {
	return createHash('sha256').update(text).digest('base64url').slice(0, length);
}

/** As Math.max, for lists of any length. */
function latest(dates: number[], start: number): number {
	return dates.reduce((newest, date) => Math.max(newest, date), start);
}
