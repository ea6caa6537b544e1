import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

const file = join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md');

/** One table of the report. */
export interface Section {
	number: number;
	title: string;
	columns: string[];
	rows: string[][];
	/** What the table shows. */
	text: string;
}

/** Writes sections into docs/benchmarks.md, and leaves those that were not measured this time as they are. */
export async function writeReport(sections: Section[], n8nVersion: string): Promise<void> {
	const earlier = existsSync(file) ? sectionsIn(await readFile(file, 'utf8')) : new Map();
	const all = new Map<number, string>(earlier);
	for (const section of sections) all.set(section.number, markdownOf(section, n8nVersion));
	const ordered = [...all].sort(([one], [other]) => one - other).map(([, text]) => text);
	const text = [INTRODUCTION, ...ordered].join('\n\n');
	await writeFile(file, await format(text, { ...(await resolveConfig(file)), parser: 'markdown' }));
}

const INTRODUCTION = `# Benchmarks

\`npm run bench\` writes this page (\`npm run bench -- --only 2\` measures one table anew), save for the table of the long
run, which \`npm run endurance\` writes. It runs real n8n, each contender beside the others in one run, against the Alimail simulator on the same computer: no network, no latency unless a table
says so. So ratios within a table mean something, and milliseconds mean little. No test depends on any of these numbers.

"OAuth2 credential" is n8n's own generic *OAuth2 API* credential with the grant *Client Credentials*, in the HTTP Request
node: what one has without this package.`;

function sectionsIn(text: string): Map<number, string> {
	const sections = text.split(/^(?=## \d+\. )/m).slice(1);
	return new Map(
		sections.map((section) => [Number(/^## (\d+)/.exec(section)?.[1]), section.trim()]),
	);
}

function markdownOf(section: Section, n8nVersion: string): string {
	const { number, title, columns, rows, text } = section;
	const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
	const gib = Math.round(totalmem() / 2 ** 30);
	const day = new Date().toISOString().slice(0, 10);
	return [
		`## ${number}. ${title}`,
		'',
		line(columns),
		line(columns.map((_, index) => (index === 0 ? '---' : '--:'))),
		...rows.map(line),
		'',
		text,
		'',
		`_${day}; n8n ${n8nVersion}, Node.js ${process.versions.node}; ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${gib} GiB._`,
	].join('\n');
}
