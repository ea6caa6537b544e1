import type { IPollFunctions, INodeExecutionData } from 'n8n-workflow';

import { READING } from '../flow/pacing';
import type { FolderMessage } from './folder';
import { readItem, withError, type MessageRead, type Output } from './reading';
import type { Waiting } from './state';
import type { Turn } from './turns';

/** After so many polls in which it could not be read, a message is handed on with what there is of it. */
const MAX_TRIES = 5;

/**
 * So long a message waits for a server that fails as a whole, in milliseconds. A message that alone makes the server fail
 * looks the same as long as no other mail comes, and must not wait for ever either.
 */
const LONGEST_OUTAGE_MS = 24 * 3_600_000;

type Failures = Pick<Waiting, 'failures' | 'tries' | 'from' | 'isUnsearched'>;

export interface HandOver {
	/** In the order of the messages. */
	items: INodeExecutionData[];
	/** Messages that are left for the next poll. */
	waiting: Map<FolderMessage, Waiting>;
	/** What was read, for the files in it. */
	reads: Array<{ read: MessageRead; isHandedOn: boolean }>;
	/** Why nothing at all could be read, when that is the server's fault and not that of a message. */
	outage: unknown;
}

/**
 * Reads messages and makes items of them. A message of which something cannot be read waits for the next poll, and holds
 * back no other.
 *
 * A try counts if the server refused something of this very message, or failed in a way that says nothing about it (no answer,
 * 401, 429, 5xx) while it did answer another question of the same kind in the same poll. While it answers none, no try counts, so
 * that no mail is handed on without its files because the server was down for some minutes.
 *
 * @param messages - the oldest first
 * @param waitingOf - what is known of a message from earlier polls
 * @param poll.now - in milliseconds since 1970, by the server's clock
 */
export async function handOn(
	context: IPollFunctions,
	output: Output,
	messages: FolderMessage[],
	waitingOf: (message: FolderMessage) => Waiting | undefined,
	poll: { now: number; turn: Turn },
): Promise<HandOver> {
	const { now, turn } = poll;
	const before = (message: FolderMessage): Failures => {
		const waiting = waitingOf(message);
		// One that waited to be judged has not been read yet.
		if (waiting === undefined || waiting.filters !== undefined) return { failures: 0, tries: 0 };
		const { failures, tries, from, isUnsearched } = waiting;
		return {
			failures,
			tries,
			...(from !== undefined && { from }),
			...(isUnsearched && { isUnsearched }),
		};
	};
	const after = (failed: Failures, counts: boolean): Failures => ({
		...failed,
		failures: failed.failures + 1,
		tries: counts ? failed.tries + 1 : failed.tries,
		from: failed.from ?? now,
	});
	const isLast = ({ failures, tries, from = now }: Failures) =>
		tries >= MAX_TRIES || (failures >= MAX_TRIES && now - from >= LONGEST_OUTAGE_MS);
	const readAtOnce = async (some: FolderMessage[]) =>
		await Promise.all(
			some.map(async (message) => {
				const readAll = isLast(after(before(message), true));
				return await readItem(context, output, message, {
					readAll,
					onAnswer: () => turn.progress(),
				});
			}),
		);

	// Those that failed before come last, so that they take no time from the others.
	const queue = messages.toSorted((left, right) => before(left).failures - before(right).failures);
	const reads = new Map<FolderMessage, MessageRead>();
	for (let at = 0; at < queue.length; at += READING.itemsAtOnce) {
		if (turn.isOver || (at > 0 && turn.isTimeUp)) break;
		const some = queue.slice(at, at + READING.itemsAtOnce);
		const results = await readAtOnce(some);
		// As many results as messages.
		for (const [index, message] of some.entries()) reads.set(message, results[index]!);
		// The server is down: to ask for more would only take time.
		if (results.every(hasServerWideProblem)) break;
	}

	const answered = new Set([...reads.values()].flatMap((read) => [...read.answered]));
	const isToBlame = ({ problems }: MessageRead) =>
		problems.every(({ isServerWide, part }) => !isServerWide || answered.has(part));
	const over: HandOver = { items: [], waiting: new Map(), reads: [], outage: undefined };
	for (const message of messages) {
		const read = reads.get(message);
		if (read === undefined) {
			over.waiting.set(message, before(message));
			continue;
		}
		const isComplete = read.problems.length === 0;
		const failures = after(before(message), isToBlame(read));
		const isHandedOn = isComplete || isLast(failures);
		over.reads.push({ read, isHandedOn });
		if (isHandedOn) over.items.push(withError(read, { isUnsearched: failures.isUnsearched }));
		else over.waiting.set(message, failures);
	}
	if (over.items.length === 0) {
		const problems = [...reads.values()].flatMap((read) => read.problems);
		over.outage = problems.find(({ isServerWide }) => isServerWide)?.error;
	}
	return over;
}

function hasServerWideProblem({ problems }: MessageRead): boolean {
	return problems.some(({ isServerWide }) => isServerWide);
}
