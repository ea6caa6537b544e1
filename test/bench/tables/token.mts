import { alimailNode, deploy, runOnce, withoutTokens, type Lab } from '../lab.mts';
import type { Section } from '../report.mts';

const ITEMS = 10_000;

/** Many items, one token. */
export async function tokenTable(lab: Lab): Promise<Section> {
	lab.simulator.reset();
	const bench = await withoutTokens(await lab.bench());
	const rows: string[][] = [];
	for (const forceNewToken of [false, true]) {
		const node = alimailNode(bench, {
			resource: 'token',
			operation: 'get',
			options: { forceNewToken },
		});
		const run = await runOnce(bench, await deploy(bench, node), ITEMS);
		rows.push([
			forceNewToken ? 'Force New Token' : 'no token yet',
			String(run.answers),
			String(run.exchanges),
		]);
	}
	return {
		number: 5,
		title: `Token: Get for ${ITEMS.toLocaleString('en')} items`,
		columns: ['', 'items with a token', 'exchanges'],
		rows,
		text: 'However many items come in, the token endpoint is asked once per execution at most.',
	};
}
