import { expect, test } from 'vitest';
import { describeN8n } from './support.mts';

interface TypeDescription {
	name: string;
}

describeN8n('the packed package', (n8n) => {
	test('offers its node and its credential', async () => {
		const nodes = await n8n.restRaw('GET', '/types/nodes.json');
		const credentials = await n8n.restRaw('GET', '/types/credentials.json');

		expect(namesIn(nodes.body)).toContain('n8n-nodes-alimail.alimail');
		expect(namesIn(credentials.body)).toContain('alimailApi');
	});
});

function namesIn(body: unknown): string[] {
	return (body as TypeDescription[]).map(({ name }) => name);
}
