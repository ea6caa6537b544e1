// `npm run endurance`: a year's renewals, thousands of polls and every kind of error through one n8n process.
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { Endurance } from './endurance.mts';
import { writeYear } from './report.mts';

const { values } = parseArgs({
	options: {
		/** Of load. */
		minutes: { type: 'string' },
		short: { type: 'boolean' },
		seed: { type: 'string' },
		/** Servers, each with a trigger of its own; with many more than the default, two cores have no time for polls. */
		applications: { type: 'string' },
	},
});
const minutes = Number(values.minutes ?? (values.short ? 1.25 : 10));
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
const applications = Number(values.applications ?? (minutes < 5 ? 4 : 8));
if (!(minutes > 0) || !Number.isInteger(seed) || !(applications > 0)) {
	throw new RangeError(
		'--minutes takes a number above 0, --seed a whole number, --applications one above 0',
	);
}

// Ends n8n too: its processes end with this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

console.log(`${minutes} minutes of load, --seed ${seed}`);
const endurance = await Endurance.start(seed);
try {
	const rows = await endurance.run(minutes * 60_000, applications);
	const demands = endurance.demands(rows);
	console.log();
	for (const { what, holds, found } of demands) {
		console.log(`${holds ? '✓' : '✗'} ${what}: ${found}`);
	}
	for (const trouble of endurance.troubles) console.log(`    ${trouble}`);
	console.log('Why items failed, as they may:');
	for (const reason of endurance.reasons()) console.log(`    ${reason}`);
	if (demands.some(({ holds }) => !holds)) process.exitCode = 1;
	else if (!values.short && values.minutes === undefined) await writeYear(rows, demands, seed);
} finally {
	await endurance.stop();
	await rm(dirname(endurance.tarball), { recursive: true, force: true });
}
