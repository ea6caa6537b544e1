import { API_FAULTS, TOKEN_FAULTS, type Fault } from '../chaos/support/faults.mts';
import type { Random } from '../chaos/support/random.mts';
import type { FaultRule, Simulator } from '../simulator/index.mts';

/** Of all requests: what goes wrong more often hides how well things go when they go. */
const API_SHARE = 0.1;
const TOKEN_SHARE = 0.1;

/** Beside those of the chaos run: answers that stop, that come drop by drop, and odd ideas of when to come again. */
const FURTHER_FAULTS: readonly Fault[] = [
	{ name: '429, Retry-After 0.5', probability: 0.005, rule: { retryAfter: 0.5 } },
	{ name: '429, Retry-After in words', probability: 0.005, rule: { retryAfter: 'in a while' } },
	{
		name: '429, Retry-After long ago',
		probability: 0.005,
		rule: { retryAfter: 'Thu, 01 Jan 1970 00:00:00 GMT' },
	},
	{ name: 'drip', probability: 0.02, rule: { drip: { bytes: 500, everyMs: 20 } } },
];

const STALLS: readonly Fault[] = [
	{ name: 'stall: request', probability: 0.003, rule: { stall: 'request' } },
	{ name: 'stall: headers', probability: 0.003, rule: { stall: 'headers' } },
	{ name: 'stall: body', probability: 0.003, rule: { stall: 'body' } },
];

/** An empty answer says that there is nothing, or that it was done: nobody can tell that it is not so. */
const isEmpty = ({ rule }: Fault) => rule.body === 'empty' && rule.status === undefined;

const faults: Record<'api' | 'token', readonly Fault[]> = {
	api: [...API_FAULTS, ...FURTHER_FAULTS, ...STALLS].filter((fault) => !isEmpty(fault)),
	token: TOKEN_FAULTS,
};

/** Bytes of a file are what they are: nobody can tell that they should have been others. */
const NOT_BYTES = /^\/(?!oauth2\/|v2\/stream\/)(?!.*\/(?:\$|%24)value$)/;

/** Draws what happens to each of the next requests, in order of arrival, in place of what was drawn before. */
export function drawFaults(simulator: Simulator, random: Random, requests: number): void {
	simulator.clearFaults();
	for (let count = 0; count < requests; count++) {
		add(simulator, drawn(faults.api, API_SHARE, random), isForApi);
		if (count % 4 === 0) add(simulator, drawn(faults.token, TOKEN_SHARE, random), isForToken);
	}
}

const isForToken = () => /^\/oauth2\//;

function isForApi({ body, status }: FaultRule): RegExp {
	return body === undefined || status !== undefined ? /^\/(?!oauth2\/)/ : NOT_BYTES;
}

function add(simulator: Simulator, fault: Fault | undefined, pathOf: (rule: FaultRule) => RegExp) {
	const rule = fault?.rule ?? {};
	simulator.fault({ name: fault?.name ?? NO_FAULT, ...rule, path: pathOf(rule) });
}

function drawn(table: readonly Fault[], share: number, random: Random): Fault | undefined {
	if (!random.chance(share)) return undefined;
	let left = random.next() * table.reduce((sum, { probability }) => sum + probability, 0);
	return table.find(({ probability }) => (left -= probability) < 0);
}

/** The name in the record for a request to which nothing happens. */
export const NO_FAULT = 'none';
