import type { FaultRule, Simulator } from '../../simulator/index.mts';
import type { Random } from './random.mts';

/** Longer than {@link TIMEOUT_MS}, which the requests of a run set themselves. */
const SLOW_ANSWER_MS = 700;

/** What requests that can say so wait for an answer. */
export const TIMEOUT_MS = 400;

export interface Fault {
	name: string;
	/** Of a request to be hit by it. */
	probability: number;
	rule: FaultRule;
}

/** What goes wrong with requests to the API. Together 30 %. */
export const API_FAULTS: readonly Fault[] = [
	{ name: '401', probability: 0.02, rule: { status: 401 } },
	{ name: '403', probability: 0.02, rule: { status: 403 } },
	{ name: '404', probability: 0.01, rule: { status: 404 } },
	{ name: '429', probability: 0.01, rule: { status: 429 } },
	{ name: '429, Retry-After 0', probability: 0.01, rule: { retryAfter: 0 } },
	{ name: '429, Retry-After 1', probability: 0.005, rule: { retryAfter: 1 } },
	{ name: '429, half', probability: 0.005, rule: { status: 429, half: true } },
	{ name: '500', probability: 0.025, rule: { status: 500 } },
	{ name: '502 with a page', probability: 0.015, rule: { status: 502, body: 'html' } },
	{ name: '503, Retry-After 0', probability: 0.015, rule: { status: 503, retryAfter: 0 } },
	{ name: '504, empty', probability: 0.01, rule: { status: 504, body: 'empty' } },
	{ name: 'reset before', probability: 0.025, rule: { reset: 'before' } },
	{ name: 'reset after', probability: 0.025, rule: { reset: 'after' } },
	{ name: 'half', probability: 0.03, rule: { half: true } },
	{ name: 'garbage', probability: 0.02, rule: { body: 'garbage-json' } },
	{ name: 'page', probability: 0.015, rule: { body: 'html' } },
	{ name: 'empty', probability: 0.015, rule: { body: 'empty' } },
	{ name: 'error in 200', probability: 0.01, rule: { body: { detailErrorCode: '209' } } },
	{ name: 'slow', probability: 0.01, rule: { delayMs: SLOW_ANSWER_MS } },
	{ name: 'drip', probability: 0.005, rule: { drip: { bytes: 200, everyMs: 10 } } },
];

/** What goes wrong as well with requests that set {@link TIMEOUT_MS} themselves: others would wait for minutes. */
export const STALLS: readonly Fault[] = [
	{ name: 'silent before it answers', probability: 0.01, rule: { stall: 'request' } },
	{ name: 'silent after the headers', probability: 0.01, rule: { stall: 'headers' } },
	{ name: 'silent in the body', probability: 0.01, rule: { stall: 'body' } },
];

/** What goes wrong with requests to the token endpoint. Together 30 %. */
export const TOKEN_FAULTS: readonly Fault[] = [
	{ name: 'token: 400', probability: 0.05, rule: { status: 400 } },
	{ name: 'token: 429', probability: 0.03, rule: { retryAfter: 0 } },
	{ name: 'token: 500', probability: 0.05, rule: { status: 500 } },
	{ name: 'token: reset before', probability: 0.04, rule: { reset: 'before' } },
	{ name: 'token: reset after', probability: 0.03, rule: { reset: 'after' } },
	{ name: 'token: half', probability: 0.03, rule: { half: true } },
	{ name: 'token: page', probability: 0.03, rule: { body: 'html' } },
	{ name: 'token: garbage', probability: 0.02, rule: { body: 'garbage-json' } },
	{ name: 'token: error in 200', probability: 0.02, rule: { body: { code: '1003' } } },
];

const TOKEN_PATH = /^\/oauth2\//;
const OTHER_PATHS = /^\/(?!oauth2\/)/;

/**
 * Draws what happens to each of the next requests, in order of arrival.
 *
 * @param mayStall - whether the requests set a timeout themselves
 */
export function prepareFaults(
	simulator: Simulator,
	random: Random,
	requests: number,
	mayStall: boolean,
): void {
	simulator.clearFaults();
	const faults = mayStall ? [...API_FAULTS, ...STALLS] : API_FAULTS;
	for (let count = 0; count < requests; count++) {
		addDrawn(simulator, random, faults, OTHER_PATHS);
	}
	for (let count = 0; count < requests / 4; count++) {
		addDrawn(simulator, random, TOKEN_FAULTS, TOKEN_PATH);
	}
}

function addDrawn(
	simulator: Simulator,
	random: Random,
	faults: readonly Fault[],
	path: RegExp,
): void {
	let left = random.next();
	const drawn = faults.find(({ probability }) => (left -= probability) < 0);
	simulator.fault({ name: drawn?.name ?? NO_FAULT, ...drawn?.rule, path });
}

/** The name in the record for a request to which nothing happens. */
export const NO_FAULT = 'none';
