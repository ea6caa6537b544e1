import { writeReport } from '../bench/report.mts';
import { N8N_VERSION, type Demand, type Row } from './endurance.mts';

/** Lines of the table: one can read no more of them. */
const MOST_ROWS = 12;

/** Writes the table of a long run into docs/benchmarks.md, where `npm run bench` leaves it alone. */
export async function writeYear(rows: Row[], demands: Demand[], seed: number): Promise<void> {
	const step = Math.ceil(rows.length / MOST_ROWS);
	const shown = rows.filter((_, index) => (rows.length - 1 - index) % step === 0);
	const section = {
		number: 7,
		title: 'A year in ten minutes',
		columns: columns.map(([name]) => name),
		rows: shown.map((row) => columns.map(([, cell]) => String(cell(row)))),
		text: [
			`\`npm run endurance\` writes this table (here with \`--seed ${seed}\`): one n8n process with this package, whose tokens live two seconds, while triggers poll every other second and workflows send, download, list and call the API. A tenth of all requests goes wrong, in every way that the simulator knows: statuses, broken and silent connections, halves of answers, answers that are no JSON or come in drops, odd \`Retry-After\`, revoked tokens. All columns but the first five count from the start.`,
			'Memory is measured after a collection of garbage; "heap" holds JavaScript objects and the buffers that belong to them. "Delay" is the longest delay of the event loop, measured inside n8n by `perf_hooks.monitorEventLoopDelay`; n8n\'s own work and other programs on the computer count too. Whose a pause was says a profiler that runs all the time: a pause is this package\'s when n8n computed for more than 100 ms in it, with a function of this package on the stack most of the time. "Renewals" are exchanges that gave a token, "polls" looks at a watched folder that were answered.',
			...demands.map(({ what, found }) => `- ${what}: ${found}`),
		].join('\n\n'),
	};
	await writeReport([section], N8N_VERSION);
}

const columns: Array<[string, (row: Row) => string | number]> = [
	['time', ({ seconds }) => `${Math.round(seconds)} s`],
	['heap', ({ heapMiB }) => `${heapMiB.toFixed(1)} MiB`],
	['resident', ({ residentMiB }) => `${Math.round(residentMiB)} MiB`],
	['delay', ({ delayMs }) => `${Math.round(delayMs.max)} ms`],
	['open handles', ({ handles }) => Object.values(handles).reduce((sum, count) => sum + count, 0)],
	['renewals', ({ renewals }) => renewals],
	['polls', ({ looks }) => looks],
	['executions', ({ executions }) => executions],
	['requests', ({ requests }) => requests],
	['of them hit by a fault', ({ faults }) => faults],
	['messages handed on', ({ mail }) => mail],
	['lost', ({ lost }) => lost],
	['twice', ({ twice }) => twice],
];
