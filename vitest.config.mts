import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { installationDirectory } from './test/support/n8nInstallation.mts';

// The node and n8n-core must share one n8n-workflow, as in n8n: its error classes are compared by identity.
const n8nWorkflowIn = (directory: string) =>
	join(directory, 'node_modules/n8n-workflow/dist/cjs/index.js');

const project = (name: string, test: object, directory = import.meta.dirname) => ({
	resolve: { alias: { 'n8n-workflow': n8nWorkflowIn(directory) } },
	// As in n8n, one process loads everything once.
	test: { name, isolate: false, include: [`test/${name}/**/*.test.mts`], ...test },
});

const legacyN8n = installationDirectory('1.123.50');

export default defineConfig({
	test: {
		// Most tests wait most of their time, for timeouts and for the pace: more of them than there are cores pass side by side.
		maxWorkers: 6,
		projects: [
			project('unit', { testTimeout: 60_000 }),
			project('integration', {
				include: ['test/integration/**/*.test.mts', 'test/simulator/**/*.test.mts'],
				testTimeout: 60_000,
			}),
			// Not once more: another try draws other input, and would hide what was found.
			project('security', { testTimeout: 120_000 }),
			// Measures: after everything else, one file at a time.
			project('growth', {
				fileParallelism: false,
				sequence: { groupOrder: 1 },
				testTimeout: 60_000,
			}),
			// The same in the engine of n8n 1.x.
			project(
				'security-1.x',
				{
					include: ['test/security/**/*.test.mts'],
					env: { N8N_DIRECTORY: join(legacyN8n, 'package.json') },
					sequence: { groupOrder: 1 },
					testTimeout: 120_000,
					hookTimeout: 900_000,
					globalSetup: 'test/security/globalSetup.mts',
				},
				legacyN8n,
			),
			project('chaos', { testTimeout: 1_800_000 }),
			project('e2e', {
				exclude: [...configDefaults.exclude, 'test/e2e/queue.test.mts'],
				// Each file starts its own n8n, which is work for one core.
				maxWorkers: 2,
				retry: 1,
				testTimeout: 120_000,
				hookTimeout: 900_000,
				globalSetup: 'test/e2e/globalSetup.mts',
			}),
			project('queue', {
				include: ['test/e2e/queue.test.mts'],
				sequence: { groupOrder: 1 },
				retry: 1,
				testTimeout: 240_000,
				hookTimeout: 900_000,
				globalSetup: 'test/e2e/globalSetup.mts',
			}),
			project('browser', {
				fileParallelism: false,
				expect: { poll: { timeout: 60_000 } },
				retry: 1,
				testTimeout: 180_000,
				hookTimeout: 900_000,
				globalSetup: 'test/browser/globalSetup.mts',
			}),
		],
	},
});
