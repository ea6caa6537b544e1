import type { FaultHandle, FaultRule } from './faults.mts';
import type { RecordedRequest } from './record.mts';
import type { Settings } from './settings.mts';
import type { State } from './state.mts';

/** A running simulator. */
export interface Simulator {
	/** Without a final slash. */
	readonly url: string;
	readonly clientId: string;
	readonly clientSecret: string;
	/** What arrived so far, in order of arrival. */
	readonly requests: RecordedRequest[];
	/** Those to the token endpoint. */
	readonly tokenRequests: RecordedRequest[];
	/** All others. */
	readonly apiRequests: RecordedRequest[];
	/** Live: a change counts from the next request on. */
	readonly settings: Settings;
	readonly state: State;
	clearRequests(): void;
	/** Back to the start: data, settings, faults, tokens, record. */
	reset(): void;
	/** Answers 401 to every token issued so far. */
	revokeTokens(): void;
	fault(rule: FaultRule): FaultHandle;
	clearFaults(): void;
	/** Starts a second server for the bytes of uploads and downloads; see {@link Storage}. */
	startStorage(): Promise<Storage>;
	close(): Promise<void>;
}

/**
 * A second origin for uploads and downloads. It needs no token and records what arrives. URLs point at it once
 * `settings.storageOrigin` is set to its `url`; faults of the simulator hit it as well.
 */
export interface Storage {
	readonly url: string;
	readonly requests: RecordedRequest[];
	close(): Promise<void>;
}

/** How to start a simulator. */
export interface SimulatorOptions {
	/** A free one if missing or 0. */
	port?: number;
	host?: string;
	settings?: Partial<Settings>;
	clientId?: string;
	clientSecret?: string;
}
