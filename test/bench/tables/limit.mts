import { setTimeout as sleep } from 'node:timers/promises';
import type { Simulator } from '../../simulator/index.mts';
import {
	deploy,
	httpRequestBatched,
	httpRequestOAuth2,
	httpRequestOurs,
	newToken,
	ours,
	runOnce,
	withoutTokens,
	type Bench,
	type Contender,
	type Lab,
	type NodeRunResult,
} from '../lab.mts';
import type { Section } from '../report.mts';

const LIMIT = 40;
const ITEMS = 1000;
const PROCESSES = 3;

/** What another application does meanwhile: half of the limit, for a minute. */
const others = { perSecond: LIMIT / 2, seconds: 60 };
const ITEMS_BESIDE_OTHERS = 2400;
const OTHERS_PATH = '/v2/users/bob@example.com';

/** How a service may count; which way Alimail does is not known. */
const limiters = { slidingWindow: 'sliding window', tokenBucket: 'token bucket' } as const;
type Limiter = keyof typeof limiters;

/** 1,000 requests against the limit of the service, from one process, from three at once, and beside another application. */
export async function limitTable(lab: Lab): Promise<Section> {
	const { simulator } = lab;
	const first = await lab.bench();
	const rows: string[][] = [];
	rows.push(await alone(ours, 'slidingWindow'));
	rows.push(await alone(ours, 'tokenBucket'));
	for (const contender of [httpRequestOurs, httpRequestOAuth2, httpRequestBatched]) {
		rows.push(await alone(contender, 'slidingWindow'));
	}
	const benches: Bench[] = [];
	for (let number = 0; number < PROCESSES; number++) benches.push(await lab.bench(number));
	rows.push(await together(ours, 'slidingWindow', benches));
	rows.push(await together(ours, 'tokenBucket', benches));
	rows.push(await together(httpRequestBatched, 'slidingWindow', benches));
	rows.push(await besideOthers('slidingWindow'));
	rows.push(await besideOthers('tokenBucket'));
	return {
		number: 1,
		title: `${ITEMS.toLocaleString('en')} requests against a limit of ${LIMIT} a second`,
		columns: [
			'',
			'answers brought home',
			'calls',
			'of them 429',
			'rate, of the limit',
			'exchanges',
		],
		rows,
		text: `"Answers brought home" are items that came out with data; "rate" is answered requests a second between the first and the last, everybody's together, compared with the limit, which counts for the whole domain. The Alimail node starts at most 40 requests in a little more than a second, sends again what was refused with 429, and goes on with as many a second as the server has accepted from it. The HTTP Request node sends all items at once unless *Batching* is set, and gives up on every 429. Three processes share the limit without knowing of each other. The other application sends ${others.perSecond} requests a second for ${others.seconds} seconds, whatever is answered; its requests are not counted among the calls. On a computer that is busy with other things requests bunch up on their way, so that some are refused all the same, and timers fire late; both cost rate.`,
	};

	/** Sets the service anew, with its limit. */
	function limitBy(limiter: Limiter): void {
		simulator.reset();
		simulator.settings.rateLimit = LIMIT;
		simulator.settings.rateLimiter = limiter;
	}

	async function alone(contender: Contender, limiter: Limiter): Promise<string[]> {
		limitBy(limiter);
		const bench = await withoutTokens(first);
		const run = await runOnce(bench, await deploy(bench, contender.node(bench)), ITEMS);
		return row(`${contender.name}; ${limiters[limiter]}`, run.answers, ITEMS, run);
	}

	async function besideOthers(limiter: Limiter): Promise<string[]> {
		limitBy(limiter);
		const bench = await withoutTokens(first);
		const workflow = await deploy(bench, ours.node(bench));
		const [run, refusedToOthers] = await Promise.all([
			runOnce(bench, workflow, ITEMS_BESIDE_OTHERS),
			takeHalf(simulator),
		]);
		const named = `${ours.name} beside another application, of whose requests ${refusedToOthers} are refused; ${limiters[limiter]}`;
		return row(named, run.answers, ITEMS_BESIDE_OTHERS, run);
	}

	async function together(contender: Contender, limiter: Limiter, all: Bench[]): Promise<string[]> {
		limitBy(limiter);
		const workflows = await Promise.all(
			all.map(async (one) => {
				const bench = await withoutTokens(one);
				return { bench, workflow: await deploy(bench, contender.node(bench)) };
			}),
		);
		const runs = await Promise.all(
			workflows.map(({ bench, workflow }) => runOnce(bench, workflow, ITEMS)),
		);
		const answers = runs.reduce((sum, run) => sum + run.answers, 0);
		return row(
			`${contender.name}; ${PROCESSES} processes at once, each with as many; ${limiters[limiter]}`,
			answers,
			ITEMS * PROCESSES,
			{ requests: simulator.apiRequests, exchanges: simulator.tokenRequests.length },
		);
	}
}

/**
 * Another application at work.
 *
 * @returns how many of its requests were refused
 */
async function takeHalf(simulator: Simulator): Promise<number> {
	const token = await newToken(simulator);
	const statuses: Array<Promise<number>> = [];
	const startedAt = performance.now();
	for (let count = 0; count < others.perSecond * others.seconds; count++) {
		const dueAt = startedAt + (count * 1000) / others.perSecond;
		await sleep(Math.max(0, dueAt - performance.now()));
		statuses.push(
			fetch(simulator.url + OTHERS_PATH, { headers: { authorization: `bearer ${token}` } }).then(
				({ status }) => status,
			),
		);
	}
	return (await Promise.all(statuses)).filter((status) => status === 429).length;
}

function row(
	name: string,
	answers: number,
	wanted: number,
	{ requests, exchanges }: Pick<NodeRunResult, 'requests' | 'exchanges'>,
): string[] {
	const own = requests.filter(({ path }) => path !== OTHERS_PATH);
	const refused = own.filter(({ status }) => status === 429).length;
	const answered = requests.filter(({ status }) => status === 200).map(({ at }) => at);
	const seconds = (Math.max(...answered) - Math.min(...answered)) / 1000;
	const rate = (answered.length - 1) / seconds;
	const ofLimit = answered.length > 2 * LIMIT ? `${Math.round((rate / LIMIT) * 100)} %` : '–';
	return [
		name,
		`${answers} of ${wanted}`,
		String(own.length),
		`${((refused / own.length) * 100).toFixed(1)} %`,
		ofLimit,
		String(exchanges),
	];
}
