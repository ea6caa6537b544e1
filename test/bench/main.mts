// `npm run bench`: measures the package on real n8n beside n8n's own nodes and writes docs/benchmarks.md.
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { Lab, N8N_VERSION } from './lab.mts';
import { writeReport, type Section } from './report.mts';
import { filesTable } from './tables/files.mts';
import { limitTable } from './tables/limit.mts';
import { loadingTable } from './tables/loading.mts';
import { returnAllTable } from './tables/returnAll.mts';
import { throughputTable } from './tables/throughput.mts';
import { tokenTable } from './tables/token.mts';

const tables: Array<(lab: Lab) => Promise<Section>> = [
	limitTable,
	throughputTable,
	filesTable,
	returnAllTable,
	tokenTable,
	loadingTable,
];

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
const wanted = values.only?.map(Number) ?? tables.map((_, index) => index + 1);
const unknown = wanted.find((number) => tables[number - 1] === undefined);
if (unknown !== undefined) {
	throw new RangeError(
		`--only takes a number from 1 to ${tables.length}, several times if need be`,
	);
}

// Ends n8n too: its processes end with this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const lab = await Lab.create();
try {
	for (const number of wanted) {
		console.log(`\n▸ Table ${number}`);
		const section = await tables[number - 1]!(lab);
		console.log(`  ${section.title}\n`);
		for (const row of section.rows) {
			console.log(
				`  ${section.columns.map((column, index) => `${column} ${row[index]}`.trim()).join(' · ')}`,
			);
		}
		// After each table, so that the others stand if one does not come to its end.
		await writeReport([section], N8N_VERSION);
	}
} finally {
	await lab.close();
	await rm(dirname(lab.tarball), { recursive: true, force: true });
}
