import { createHash } from 'crypto';
import type { IDataObject } from 'n8n-workflow';

import { isObject } from '../flow/isObject';
import { filtersFrom, type MessageFilters } from './filters';

/**
 * What a watched folder has shown so far, as it lies in the workflow's static data: plain JSON, whose size follows the number
 * of messages in the look-back window and not the time that the workflow has run.
 *
 * The invariant: every message that a scan came across and that was received at `since` or later is in `seen`, whether it was
 * handed on, filtered out or there from the start, or else in `waiting`, to be found again. So a message from `since` on that
 * is not in `seen` is to be handed on. What is older is none of the watch's business any more.
 */
export interface WatchState extends IDataObject {
	version: typeof STATE_VERSION;
	/** Tells what is watched; another server, mailbox or folder starts a new watch. */
	watching: string;
	/** Milliseconds since 1970 by the server's clock. Never goes back, and never passes a message that waits. */
	since: number;
	/** When the last scan was, in milliseconds since 1970 by the server's clock as far as it is known. Never goes back. */
	polledAt: number;
	/** Records of the messages by the hour of receipt (hours since 1970), each hour's in one text. */
	seen: Record<string, string>;
	/** Records of the messages whose time of receipt cannot be read, the ones seen last first. */
	undated: string;
	/** Messages that were found and are still to be handed on, by the hash of their ID. */
	waiting: Record<string, Waiting>;
	/** What judged the messages so far; undefined in a state of version 1. */
	filters?: IDataObject & MessageFilters;
}

/** Why a message that was found has not been handed on yet. */
export interface Waiting extends IDataObject {
	/** Milliseconds since 1970 by the server's clock; undefined where the message has no time. */
	receivedAt?: number;
	/** In how many polls it could not be read. */
	failures: number;
	/** In how many of them for a reason of its own. */
	tries: number;
	/** When it began to fail, or to be unknown to the search; undefined while it only waits for its turn. */
	from?: number;
	/** Whether the last look did not find it, though it may have slipped from one page to another. */
	isMissed?: true;
	/** Whether the search has never come to know it, so that it is handed on without having been judged by the query. */
	isUnsearched?: true;
	/** By what it has still to be judged; undefined once it has passed. */
	filters?: IDataObject & MessageFilters;
}

/** A message in the state: a short hash of its ID, and one of what stays the same should a move change the ID. */
export interface SeenRecord {
	id: string;
	twin: string;
	/** Hours since 1970; undefined where the message has no time. */
	hour: number | undefined;
}

/** What a record is made of. */
export interface RecordedMessage {
	/** What the server calls it. */
	id: string;
	/** `Message-ID` of the mail, if it has one; stays when the message moves to another folder. */
	internetMessageId?: string;
	/** Milliseconds since 1970; undefined where the server says none that can be read. */
	receivedAt?: number;
}

export const STATE_VERSION = 2;

/** Messages without a time cannot leave the window by age: so many of them are remembered. */
export const MAX_UNDATED = 2000;

const HOUR_MS = 3_600_000;

/** 60 bits: among 10,000 messages, a new one is taken for a known one once in 10^14 times. */
const ID_LENGTH = 10;
/** 48 bits: counts only where the other message has disappeared at the same time. */
const TWIN_LENGTH = 8;
const RECORD_LENGTH = ID_LENGTH + TWIN_LENGTH;
const NO_TWIN = '.'.repeat(TWIN_LENGTH);

/**
 * Reads a state from static data, whatever has come to lie there. A state of version 1 goes on where it was: what it knew as
 * the newest message stands in for the time of the last scan, as it did then.
 *
 * @returns undefined for what is no state, or is one about something else
 */
export function readState(value: unknown, watching: string): WatchState | undefined {
	if (!isObject(value) || value.watching !== watching) return undefined;
	const { version, since, seen, undated, waiting, filters } = value;
	const polledAt = version === 1 ? value.newest : value.polledAt;
	if (version !== 1 && version !== STATE_VERSION) return undefined;
	if (!isTime(since) || !isTime(polledAt) || !isRecords(undated) || !isObject(seen)) {
		return undefined;
	}
	// To hand on the messages of one hour again is better than to pass over what came since the last poll.
	const hours = Object.entries(seen).filter(
		(entry): entry is [string, string] => /^-?\d+$/.test(entry[0]) && isRecords(entry[1]),
	);
	// A copy: what n8n hands out notes every change that is made to it.
	return {
		version: STATE_VERSION,
		watching,
		since,
		polledAt,
		seen: Object.fromEntries(hours),
		undated,
		waiting: waitingFrom(waiting),
		...(isObject(filters) && { filters: storedFilters(filtersFrom(filters)) }),
	};
}

/** Filters as they lie in the state: what is not set is left out, as JSON does. */
export function storedFilters(filters: MessageFilters): IDataObject & MessageFilters {
	return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
}

/** The record of a message. */
export function recordOf({ id, internetMessageId, receivedAt }: RecordedMessage): SeenRecord {
	return {
		id: shortId(id),
		twin: internetMessageId
			? shortHash(`${internetMessageId}\n${receivedAt ?? ''}`, TWIN_LENGTH)
			: NO_TWIN,
		hour: receivedAt === undefined ? undefined : Math.floor(receivedAt / HOUR_MS),
	};
}

/** Whether a record says what stays the same in a move. */
export function hasTwin({ twin }: SeenRecord): boolean {
	return twin !== NO_TWIN;
}

/** Packs records into a state, without those from before the window. */
export function pack(records: SeenRecord[], since: number): Pick<WatchState, 'seen' | 'undated'> {
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

/** The records of a state, by the hash of the message's ID. */
export function recordsOf(state: WatchState | undefined): Map<string, SeenRecord> {
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

/** The hash of a message's ID. */
export function shortId(id: string): string {
	return shortHash(id, ID_LENGTH);
}

function waitingFrom(value: unknown): Record<string, Waiting> {
	const entries = Object.entries(isObject(value) ? value : {});
	return Object.fromEntries(
		entries.flatMap(([id, entry]): Array<[string, Waiting]> => {
			if (id.length !== ID_LENGTH || !isObject(entry)) return [];
			const { receivedAt, failures, tries, from, isMissed, isUnsearched, filters } = entry;
			const waiting: Waiting = {
				...(isTime(receivedAt) && { receivedAt }),
				failures: isTime(failures) && failures > 0 ? failures : 0,
				tries: isTime(tries) && tries > 0 ? tries : 0,
				...(isTime(from) && { from }),
				...(isMissed === true && { isMissed }),
				...(isUnsearched === true && { isUnsearched }),
				...(isObject(filters) && { filters: storedFilters(filtersFrom(filters)) }),
			};
			return [[id, waiting]];
		}),
	);
}

function isTime(value: unknown): value is number {
	return Number.isFinite(value);
}

function isRecords(value: unknown): value is string {
	return typeof value === 'string' && value.length % RECORD_LENGTH === 0;
}

/** The beginning of a SHA-256, 6 bits per character. */
function shortHash(text: string, length: number): string {
	return createHash('sha256').update(text).digest('base64url').slice(0, length);
}
