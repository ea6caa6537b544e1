import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { secretsLeftBy } from '../../support/leftovers.mts';
import { N8nServer, type N8nServerOptions } from '../../support/n8nServer.mts';

const SHOWN_LOG_LENGTH = 4000;

/** How the n8n of a test file differs from an ordinary one. */
export interface DescribeN8nOptions extends Omit<N8nServerOptions, 'installation' | 'tarball'> {
	/** Leave our own package out. */
	withoutPackage?: boolean;
}

/** Of a workflow that puts the token into its own data: Get Token does that, and says so. */
const GETS_TOKEN = '"resource":"token"';

/**
 * A `describe` for each n8n version under test. One n8n, with the package installed, serves all tests of the block;
 * what it wrote is shown when a test fails, and searched for secrets after the last one.
 */
export function describeN8n(
	title: string,
	define: (n8n: N8nServer) => void,
	{ withoutPackage = false, ...options }: DescribeN8nOptions = {},
): void {
	const tarball = inject('tarball');
	describe.each(inject('n8nInstallations'))(`${title} (n8n $version)`, (installation) => {
		const n8n = new N8nServer({
			installation,
			...options,
			...(!withoutPackage && tarball !== null && { tarball }),
		});

		beforeAll(async () => {
			if (!withoutPackage && tarball === null) {
				throw new Error('The package has not been built: run "npm run build" first.');
			}
			await n8n.start();
		});

		afterAll(() => n8n.stop());

		let shown = 0;
		afterEach(({ task }) => {
			if (task.result?.state === 'fail') {
				console.error(`n8n wrote:\n${n8n.logs.slice(shown).slice(-SHOWN_LOG_LENGTH)}`);
			}
			shown = n8n.logs.length;
		});

		define(n8n);

		test('leaves no secret and no token behind', async () => {
			const leaks = await secretsLeftBy(n8n);
			expect(leaks.filter(({ workflow }) => !workflow?.includes(GETS_TOKEN))).toEqual([]);
		});
	});
}
