import type { RecordedRequest } from '../../simulator/index.mts';
import {
	deploy,
	httpRequestBatched,
	httpRequestOAuth2,
	httpRequestOurs,
	ours,
	runOnce,
	withoutTokens,
	type Bench,
	type Contender,
	type Lab,
} from '../lab.mts';
import type { Section } from '../report.mts';

const limit = 40;
const items = 1000;
const processes = 3;

/** 1,000 requests against the limit of the service, from one process and from three at once. */
export async function limitTable(lab: Lab): Promise<Section> {
	const { simulator } = lab;
	const first = await lab.bench();
	const rows: string[][] = [];
	for (const contender of [ours, httpRequestOurs, httpRequestOAuth2, httpRequestBatched]) {
		simulator.reset();
		simulator.settings.rateLimit = limit;
		const bench = await withoutTokens(first);
		const run = await runOnce(bench, await deploy(bench, contender.node(bench)), items);
		rows.push(row(contender.name, run.answers, items, run.requests, run.exchanges));
	}
	const benches: Bench[] = [];
	for (let number = 0; number < processes; number++) benches.push(await lab.bench(number));
	for (const contender of [ours, httpRequestBatched]) {
		rows.push(await together(contender, benches));
	}
	return {
		number: 1,
		title: `${items.toLocaleString('en')} requests against a limit of ${limit} a second`,
		columns: [
			'',
			'answers brought home',
			'calls',
			'of them 429',
			'rate, of the limit',
			'exchanges',
		],
		rows,
		text: `The limit is a sliding window over the whole domain, as the simulator counts it. "Answers brought home" are items that came out with data; "rate" is answered requests a second between the first and the last, compared with the limit. The Alimail node starts at most 40 requests in a little more than a second, sends again what was refused with 429, and goes on with as many a second as the server has accepted from it. The HTTP Request node sends all items at once unless *Batching* is set, and gives up on every 429. Three processes share the limit without knowing of each other. On a computer that is busy with other things requests bunch up on their way, so that some are refused all the same, and timers fire late; both cost rate.`,
	};

	async function together(contender: Contender, all: Bench[]): Promise<string[]> {
		simulator.reset();
		simulator.settings.rateLimit = limit;
		const workflows = await Promise.all(
			all.map(async (one) => {
				const bench = await withoutTokens(one);
				return { bench, workflow: await deploy(bench, contender.node(bench)) };
			}),
		);
		const each = Math.ceil(items / processes);
		const runs = await Promise.all(
			workflows.map(({ bench, workflow }) => runOnce(bench, workflow, each)),
		);
		const answers = runs.reduce((sum, run) => sum + run.answers, 0);
		return row(
			`${contender.name}; ${processes} processes at once`,
			answers,
			each * processes,
			[...simulator.apiRequests],
			simulator.tokenRequests.length,
		);
	}
}

function row(
	name: string,
	answers: number,
	wanted: number,
	requests: RecordedRequest[],
	exchanges: number,
): string[] {
	const refused = requests.filter(({ status }) => status === 429).length;
	const answered = requests.filter(({ status }) => status === 200).map(({ at }) => at);
	const seconds = (Math.max(...answered) - Math.min(...answered)) / 1000;
	const rate = (answered.length - 1) / seconds;
	const ofLimit = answered.length > 2 * limit ? `${Math.round((rate / limit) * 100)} %` : '–';
	return [
		name,
		`${answers} of ${wanted}`,
		String(requests.length),
		`${((refused / requests.length) * 100).toFixed(1)} %`,
		ofLimit,
		String(exchanges),
	];
}
