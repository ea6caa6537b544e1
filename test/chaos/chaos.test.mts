import './support/capture.mts';
import { setTimeout as delay } from 'node:timers/promises';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Alimail } from '../../nodes/Alimail/Alimail.node.ts';
import { AlimailTrigger } from '../../nodes/Alimail/AlimailTrigger.node.ts';
import { SecretScanner } from '../support/secrets.mts';
import { Witness } from '../security/support/witness.mts';
import {
	startSimulator,
	type RecordedRequest,
	type Simulator,
	type Storage,
} from '../simulator/index.mts';
import { NodeRunner, type NodeRun } from '../support/nodeRunner.mts';
import { byAddress, byId } from '../support/operations.mts';
import { LogCapture, TroubleCapture, openHandles } from './support/capture.mts';
import { API_FAULTS, NO_FAULT, STALLS, TOKEN_FAULTS, prepareFaults } from './support/faults.mts';
import {
	repeatedChanges,
	repeatedMessages,
	wrongFailure,
	wrongOutcomes,
	type Violation,
} from './support/invariants.mts';
import { boxAddress, drawWave, fillMailboxes, type Wave } from './support/operations.mts';
import { Random } from './support/random.mts';

/**
 * The seed draws what is asked for and what goes wrong, in order of arrival. Which of the requests under way arrives first
 * is not in its hands, so a seed repeats a run nearly, not wholly.
 */
const SEED = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 32));
const REQUESTS = Number(
	process.env.CHAOS_REQUESTS ?? (process.env.npm_lifecycle_event === 'test' ? 500 : 5_000),
);

/** Simulators side by side: each is paced on its own, and none may see another's token. */
const TENANTS = 6;

/**
 * Every third simulator keeps its files on another origin, every third gives tokens that expire during the run; two have a
 * limit, each counted in its own way.
 */
const settingsOf = (tenant: number) => ({
	rateLimit: tenant < 4 ? Infinity : 100,
	rateLimiter: tenant === 4 ? ('tokenBucket' as const) : ('slidingWindow' as const),
	retryAfterHeader: ['none', '0', '0.5'][tenant % 3]!,
	tokenLength: [12_000, 36, 4000, 1200][tenant % 4]!,
	newTokenEndsOlder: tenant === 1,
	...(tenant % 3 === 1 && { tokenLifetimeSeconds: 3 }),
	emptyBodies: tenant % 2 === 1,
	downloadShape: (['redirect', 'location', 'relativeLocation', 'bytes'] as const)[tenant % 4],
	uploadUrlShape: tenant % 2 === 0 ? ('absolute' as const) : ('relative' as const),
});

const REVOKED_BEFORE = 0.15;
const REVOKED_DURING = 0.15;
const STOPS_AT_ERROR = 0.1;
const POLLED = 0.15;

/** Asked again whenever a token is needed and there is none. */
const TOKEN_PATH = '/oauth2/v2.0/token';

/** A wave that takes longer hangs. */
const PATIENCE_MS = 180_000;

interface Tenant {
	simulator: Simulator;
	storage: Storage | undefined;
	alimail: NodeRunner;
	trigger: NodeRunner;
	staticData: IDataObject;
	tokens: Set<string>;
}

const counts = new Map<string, number>();
const VIOLATIONS: Array<Violation & { tenant: number; wave: number; kind: string }> = [];
let tenants: Tenant[] = [];
let waves = 0;
let arrived = 0;
let items = 0;
let failedItems = 0;

const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);

describe(`${REQUESTS} requests, of which a third goes wrong, with seed ${SEED}`, () => {
	let handlesBefore: Map<string, number>;
	let logs: LogCapture;
	let trouble: TroubleCapture;
	let witness: Witness;

	beforeAll(async () => {
		handlesBefore = openHandles();
		logs = new LogCapture();
		trouble = new TroubleCapture();
		witness = new Witness();
		tenants = await Promise.all(Array.from({ length: TENANTS }, (_, index) => startTenant(index)));
	});
	afterAll(async () => {
		await stopAll();
		for (const capture of [logs, trouble, witness]) capture[Symbol.dispose]();
	});

	it('do nothing twice, mix nothing up and give nothing away', async () => {
		const startedAt = Date.now();
		await Promise.all(tenants.map(async (tenant, index) => await keepAsking(tenant, index)));
		report(Date.now() - startedAt);
		expect(VIOLATIONS.map(described)).toEqual([]);
	});

	it('leave no token and no secret in what is logged', () => {
		expect(logs.entries.length).toBeGreaterThan(0);
		expect(scanner().findIn(logs.entries)).toBeUndefined();
	});

	it('take every token to the origin that gave it, and to no other', () => {
		const secrets = scanner();
		const strays = witness.take().filter(({ origin, authorization, headers, path }) => {
			const home = tenants.find(({ simulator }) => simulator.url === origin);
			if (authorization === undefined) return secrets.find(`${headers}\n${path}`) !== undefined;
			return !home?.tokens.has(authorization.replace(/^bearer /, ''));
		});
		expect(strays).toEqual([]);
	});

	it('leave nothing stuck: all is well once the servers are', async () => {
		for (const { simulator, alimail } of tenants) {
			simulator.clearFaults();
			const { error, items: results } = await alimail.run({
				parameters: {
					resource: 'user',
					operation: 'get',
					user: byAddress('={{ $json.box }}'),
				} as INodeParameters,
				items: Array.from({ length: 25 }, (_, index) => ({ box: boxAddress(index) })),
			});
			expect(error).toBeUndefined();
			expect(results).toHaveLength(25);
		}
	});

	it('leave no connection, no timer and no rejection behind', async () => {
		await stopAll();
		const left = () =>
			[...openHandles()].filter(([name, number]) => number > (handlesBefore.get(name) ?? 0));
		for (let wait = 0; wait < 50 && left().length > 0; wait++) await delay(100);
		expect(left()).toEqual([]);
		expect(trouble.found).toEqual([]);
	});
});

async function startTenant(index: number): Promise<Tenant> {
	const simulator = await startSimulator({
		clientSecret: `secret-${index}+/=& %中-${Math.random().toString(36)}`,
		settings: settingsOf(index),
	});
	const storage = index % 3 === 2 ? await simulator.startStorage() : undefined;
	simulator.settings.storageOrigin = storage?.url;
	fillMailboxes(simulator);
	return {
		simulator,
		storage,
		alimail: NodeRunner.forServer(new Alimail(), simulator),
		trigger: NodeRunner.forServer(new AlimailTrigger(), simulator),
		staticData: {},
		tokens: new Set(),
	};
}

async function stopAll(): Promise<void> {
	const servers = tenants;
	tenants = [];
	for (const { simulator } of servers) await simulator.close();
}

function scanner(): SecretScanner {
	return new SecretScanner(
		tenants.flatMap(({ simulator, tokens }) => [simulator.clientSecret, ...tokens]),
	);
}

/** One wave after another, until enough requests have arrived anywhere. */
async function keepAsking(tenant: Tenant, index: number): Promise<void> {
	while (arrived < REQUESTS) {
		const number = ++waves;
		const own = new Random(SEED + number);
		const { simulator } = tenant;
		const wave = drawWave(own, simulator, number);
		simulator.clearRequests();
		const { options } = wave.parameters as { options?: { timeout?: number } };
		prepareFaults(simulator, own, wave.inputs.length * 6, options?.timeout !== undefined);
		if (own.chance(REVOKED_BEFORE)) simulator.revokeTokens();
		const revoking = own.chance(REVOKED_DURING)
			? delay(own.below(100)).then(() => simulator.revokeTokens())
			: undefined;
		const stops = own.chance(STOPS_AT_ERROR);
		const run = await withinPatience(
			tenant.alimail.run({
				parameters: wave.parameters as INodeParameters,
				items: wave.items,
				...(!stops && { onError: 'continueRegularOutput' }),
			}),
		);
		await revoking;
		const found = check(tenant, wave, run, stops);
		if (own.chance(POLLED)) found.push(...(await pollTwice(tenant)));
		VIOLATIONS.push(
			...found.map((one) => ({ ...one, tenant: index, wave: number, kind: wave.kind.name })),
		);
	}
}

function check(tenant: Tenant, wave: Wave, run: NodeRun | undefined, stops: boolean): Violation[] {
	const { simulator, storage } = tenant;
	const requests = [...simulator.requests, ...(storage?.requests ?? [])];
	requests.sort((one, other) => one.at - other.at);
	tally(requests);
	collectTokens(tenant, requests, run);
	if (run === undefined) return [{ what: 'does not come to an end', requests }];
	items += wave.inputs.length;
	failedItems += run.json.filter(({ error }) => typeof error === 'string').length;
	const resent = repeatedMessages(
		[...simulator.state.mailbox('bob@example.com').messages.values()].map(({ subject }) => subject),
	).filter((subject) => subject.startsWith('wave-'));
	const shown = wave.kind.token ? withoutTokenField(run) : run;
	const leak = new SecretScanner([simulator.clientSecret, ...tenant.tokens]).findIn(shown);
	return [
		...repeatedChanges(requests.filter(({ path }) => path !== TOKEN_PATH)),
		...resent.map((subject) => ({ what: `sent twice: ${subject}`, requests })),
		...(stops ? wrongFailure(wave, run) : wrongOutcomes(wave, run, requests)),
		...(leak === undefined ? [] : [{ what: `shows a secret, ${leak}`, requests: [] }]),
	];
}

/** Polls with the trigger, whose error or static data must not hold a secret either. */
async function pollTwice(tenant: Tenant): Promise<Violation[]> {
	const { simulator, trigger, staticData } = tenant;
	const parameters = { mailbox: byAddress(boxAddress(0)), folder: byId('2') };
	const { poll } = trigger.poller(parameters as INodeParameters, staticData);
	const outcomes: unknown[] = [];
	simulator.clearRequests();
	for (let round = 0; round < 2; round++) {
		outcomes.push(await poll().catch((error: unknown) => error));
		simulator.state.addMessage(boxAddress(0), { subject: 'New' });
	}
	tally(simulator.requests);
	collectTokens(tenant, simulator.requests, undefined);
	const { accessToken } = trigger.credentials.stored;
	if (typeof accessToken === 'string' && accessToken !== '') tenant.tokens.add(accessToken);
	const leak = new SecretScanner([simulator.clientSecret, ...tenant.tokens]).findIn([
		outcomes,
		staticData,
	]);
	return leak === undefined ? [] : [{ what: `a poll shows a secret, ${leak}`, requests: [] }];
}

async function withinPatience(running: Promise<NodeRun>): Promise<NodeRun | undefined> {
	const over = new AbortController();
	const run = await Promise.race([
		running,
		delay(PATIENCE_MS, undefined, { signal: over.signal }).catch(() => undefined),
	]);
	over.abort();
	return run;
}

function collectTokens(
	{ tokens, alimail }: Tenant,
	requests: RecordedRequest[],
	run: NodeRun | undefined,
): void {
	const { accessToken } = alimail.credentials.stored;
	for (const token of [accessToken, ...(run?.json ?? []).map((json) => json.access_token)]) {
		if (typeof token === 'string' && token !== '') tokens.add(token);
	}
	for (const { authorization } of requests) {
		if (authorization !== undefined) tokens.add(authorization.replace(/^bearer /, ''));
	}
}

/** What Get Token gives, without the field that it is for. */
function withoutTokenField(run: NodeRun): unknown {
	return JSON.parse(
		JSON.stringify(run, (name, value: unknown) => (name === 'access_token' ? undefined : value)),
	);
}

function tally(requests: RecordedRequest[]): void {
	arrived += requests.length;
	for (const { fault, status, method } of requests) {
		count(`fault ${fault ?? NO_FAULT}`);
		count(`status ${status ?? 'no answer'}`);
		count(`method ${method}`);
	}
}

function described({ what, requests, ...where }: (typeof VIOLATIONS)[number]): string {
	const lines = requests.map(
		({ method, url, status, fault, at, bodyText }) =>
			`${at} ${method} ${url} → ${status ?? 'no answer'} (${fault}) ${bodyText.slice(0, 120)}`,
	);
	return [`seed ${SEED}, ${JSON.stringify(where)}: ${what}`, ...lines].join('\n    ');
}

function report(durationMs: number): void {
	const percent = (name: string) =>
		[...API_FAULTS, ...STALLS, ...TOKEN_FAULTS].find((fault) => `fault ${fault.name}` === name)
			?.probability;
	const lines = [...counts]
		.sort(([one], [other]) => one.localeCompare(other))
		.map(([name, number]) => {
			const share = percent(name);
			return `${name}: ${number}${share === undefined ? '' : ` (drawn with ${(share * 100).toFixed(1)} %)`}`;
		});
	console.info(
		[
			`CHAOS_SEED=${SEED}: ${arrived} requests, ${waves} executions, ${items} items (${failedItems} with an error), ${(durationMs / 1000).toFixed(0)} s`,
			...lines,
		].join('\n  '),
	);
}
