import {
	deploy,
	httpRequestOAuth2,
	httpRequestOurs,
	median,
	ours,
	runOnce,
	type Lab,
} from '../lab.mts';
import type { Section } from '../report.mts';

/** How often what many items take is measured. */
const sizes = [
	{ items: 1000, rounds: 3 },
	{ items: 5000, rounds: 1 },
];

/** How fast the node is when no limit holds it back. */
export async function throughputTable(lab: Lab): Promise<Section> {
	const bench = await lab.bench();
	lab.simulator.reset();
	lab.simulator.settings.rateLimit = Infinity;
	const contenders = await Promise.all(
		[ours, httpRequestOurs, httpRequestOAuth2].map(async ({ name, node }) => ({
			name,
			workflow: await deploy(bench, node(bench, { requestsPerSecond: 0 })),
		})),
	);
	// Once without measuring: modules are loaded, tokens are had.
	for (const { workflow } of contenders) await runOnce(bench, workflow, 100);

	const rows: string[][] = [];
	for (const { items, rounds } of sizes) {
		const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
		for (let round = 0; round < rounds; round++) {
			for (const { name, workflow } of contenders) {
				const run = await runOnce(bench, workflow, items);
				if (run.answers !== items) throw new Error(`${name}: ${run.answers} of ${items} answers`);
				times.get(name)!.push(run.nodeMs);
				console.log(`  ${items} items, ${name}: ${run.nodeMs} ms`);
			}
		}
		const own = median(times.get(ours.name)!);
		for (const { name } of contenders) {
			const ms = median(times.get(name)!);
			rows.push([
				items.toLocaleString('en'),
				name,
				String(Math.round((items * 1000) / ms)),
				(ms / own).toFixed(2),
			]);
		}
	}
	return {
		number: 2,
		title: 'Throughput without a limit',
		columns: ['items', '', 'items a second', 'time, the Alimail node = 1'],
		rows,
		text: `Median of ${sizes[0]!.rounds} runs in turns for 1,000 items, one run for 5,000; the time is the node's own as n8n records it. *Requests per Second* is 0 in the Alimail node. For every request, n8n reads the credential from the database and decrypts it, which takes about as long as all else; the Alimail node has that done once a second. Both nodes open a connection for each request: n8n's helpers offer no way to keep one open, and connections of the node's own would go around n8n's proxy, certificates and SSRF protection. The Alimail node handles ten items at a time, where the HTTP Request node begins with all of them at once.`,
	};
}
