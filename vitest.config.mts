import { defineConfig } from 'vitest/config';

const project = (name: string, test: object) => ({
	test: { name, include: [`test/${name}/**/*.test.mts`], ...test },
});

export default defineConfig({
	test: {
		projects: [
			project('unit', {}),
			project('integration', { testTimeout: 30_000 }),
			project('e2e', {
				// Each file starts its own n8n: on a small machine one after another is faster.
				fileParallelism: false,
				testTimeout: 120_000,
				hookTimeout: 900_000,
				globalSetup: 'test/e2e/globalSetup.mts',
			}),
		],
	},
});
