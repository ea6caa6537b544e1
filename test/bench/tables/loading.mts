import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../support/runCommand.mts';
import { median, type Lab } from '../lab.mts';
import type { Section } from '../report.mts';

const ROUNDS = 7;
/** Other community packages to compare with. */
const OTHERS = [
	'n8n-nodes-evolution-api@1.0.4',
	'@mendable/n8n-nodes-firecrawl@2.1.2',
	'@devlikeapro/n8n-nodes-chatwoot@1.0.2',
];

/** Requires what a package's manifest names, as n8n does when it starts, and says what that took. */
const PROBE = `
const { join } = require('node:path');
const folder = process.argv[1];
const { n8n } = require(join(folder, 'package.json'));
const files = [...(n8n.credentials ?? []), ...(n8n.nodes ?? [])];
require('n8n-workflow');
global.gc();
const memory = process.memoryUsage().heapUsed;
const start = performance.now();
for (const file of files) {
	for (const type of Object.values(require(join(folder, file)))) {
		try { new type(); } catch {}
	}
}
const ms = performance.now() - start;
global.gc();
console.log(JSON.stringify({ ms, kib: (process.memoryUsage().heapUsed - memory) / 1024, files: files.length }));
`;

/** What loading the package costs n8n, beside other packages. */
export async function loadingTable(lab: Lab): Promise<Section> {
	const folder = join(
		process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
		'n8n-nodes-alimail',
		'bench-packages',
	);
	await mkdir(folder, { recursive: true });
	const manifest = { private: true, name: 'bench-packages' };
	await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
	const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps', '--no-save'];
	await runCommand('npm', ['install', ...flags, ...OTHERS, lab.tarball], { cwd: folder });

	const names = ['n8n-nodes-alimail', ...OTHERS.map((name) => name.replace(/@[^@]*$/, ''))];
	const rows: string[][] = [];
	const results = new Map<string, Array<{ ms: number; kib: number; files: number }>>();
	for (let round = 0; round < ROUNDS; round++) {
		for (const name of names) {
			const output = await runCommand(
				lab.installation.nodeBinary,
				['--expose-gc', '--eval', PROBE, '--', join(folder, 'node_modules', name)],
				// Where the packages find n8n-workflow, as within n8n.
				{ cwd: folder, env: { NODE_PATH: join(lab.installation.directory, 'node_modules') } },
			);
			const list = results.get(name) ?? [];
			list.push(JSON.parse(output) as { ms: number; kib: number; files: number });
			results.set(name, list);
		}
	}
	const own = median(results.get(names[0]!)!.map(({ ms }) => ms));
	for (const name of names) {
		const list = results.get(name)!;
		const file = join(folder, 'node_modules', name, 'package.json');
		const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
		if (!existsSync(file)) continue;
		const ms = median(list.map((one) => one.ms));
		rows.push([
			`${name} ${version}`,
			String(list[0]!.files),
			`${ms.toFixed(1)} ms`,
			(ms / own).toFixed(2),
			`${Math.round(median(list.map((one) => one.kib)))} KiB`,
		]);
	}
	return {
		number: 6,
		title: 'Loading the package',
		columns: ['', 'nodes and credentials', 'time', 'our package = 1', 'heap'],
		rows,
		text: `A fresh Node.js process that has loaded \`n8n-workflow\` requires all node and credential files of the package and constructs them, as n8n does when it starts; median of ${ROUNDS}, in turns. This package has more operations than most, each in a file of its own; n8n pays for that once per start.`,
	};
}
