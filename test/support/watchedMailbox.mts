import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { onTestFinished, vi } from 'vitest';
import { AlimailTrigger } from '../../nodes/Alimail/AlimailTrigger.node.ts';
import { type MessageInput } from '../simulator/index.mts';
import { freshSimulator } from './freshSimulator.mts';
import { NodeRunner } from './nodeRunner.mts';

const ALICE = 'alice@example.com';
const LIST_PATH = `/v2/users/${encodeURIComponent(ALICE)}/mailFolders/2/messages`;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/**
 * Alice's inbox, a trigger that watches it, and a clock that both go by and that the test moves ahead. The server tells its
 * time, as HTTP servers do.
 */
export async function watchedMailbox() {
	const clock = movedClock();
	const simulator = await freshSimulator({ rateLimit: Infinity });
	onTestFinished(() => simulator.close());
	const trigger = NodeRunner.forServer(new AlimailTrigger(), simulator);
	const serverTime = { date: '' };
	simulator.fault({ path: LIST_PATH, headers: serverTime, times: Infinity });

	let serverAheadMs = 0;
	const tellTime = () => {
		serverTime.date = new Date(Date.now() + serverAheadMs).toUTCString();
	};
	const pass = (ms: number) => {
		clock.pass(ms);
		tellTime();
	};
	tellTime();

	const iso = (ageMs: number) =>
		new Date(Date.now() + serverAheadMs - ageMs).toISOString().replace(/\.\d+/, '');
	const countOf = (path: RegExp) =>
		simulator.requests.filter((request) => path.test(decodeURIComponent(request.path))).length;
	return {
		simulator,
		trigger,
		/** Lets time pass. */
		pass,
		/** Puts the server's clock ahead of the one of this computer. */
		setServerAhead(ms: number) {
			serverAheadMs = ms;
			tellTime();
		},
		/** A message in the inbox, received just now or some time ago. */
		arrives(subject: string, more: MessageInput = {}, ageMs = 0) {
			return simulator.state.addMessage(ALICE, {
				subject,
				receivedDateTime: iso(ageMs),
				...more,
			});
		},
		/** How many requests had a path like this one. */
		countOf,
		/** The trigger in an active workflow; see {@link NodeRunner.poller}. */
		watch(more: INodeParameters = {}, staticData?: IDataObject, name?: string) {
			const parameters: INodeParameters = {
				mailbox: { __rl: true, mode: 'address', value: ALICE },
				folder: { __rl: true, mode: 'id', value: '2' },
				...more,
			};
			const poller = trigger.poller(parameters, staticData, name);
			/** Polls again and again with the same time in between; the subjects that each poll found. */
			const pollFor = async (ms: number, everyMs: number) => {
				const found: string[] = [];
				for (let passed = 0; passed < ms; passed += everyMs) {
					pass(everyMs);
					found.push(...subjectsOf(await poller.poll()));
				}
				return found;
			};
			return { ...poller, pollFor };
		},
	};
}

/** Clocks that go on as they do, and jump ahead when told to. */
function movedClock() {
	let passedMs = 0;
	for (const clock of [Date, performance]) {
		const now = clock.now.bind(clock);
		const spy = vi.spyOn(clock, 'now').mockImplementation(() => now() + passedMs);
		onTestFinished(() => spy.mockRestore());
	}
	return {
		pass(ms: number) {
			passedMs += ms;
		},
	};
}

/** The subjects of what a poll found. */
export function subjectsOf(items: INodeExecutionData[] | null): string[] {
	return (items ?? []).map(({ json }) => String(json.subject));
}
