// Lets plain Node load the node's own TypeScript, as vitest does: imports there name no extension, and n8n-core and the
// node must share one n8n-workflow, whose error classes are compared by identity.
import { existsSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const n8nWorkflow = pathToFileURL(createRequire(import.meta.url).resolve('n8n-workflow')).href;

registerHooks({
	resolve(specifier, context, nextResolve) {
		if (specifier === 'n8n-workflow') return { url: n8nWorkflow, shortCircuit: true };
		if (/^\.{1,2}\//.test(specifier) && context.parentURL !== undefined) {
			const found = ['', '.ts', '/index.ts']
				.map((ending) => new URL(specifier + ending, context.parentURL).href)
				.find((url) => url.endsWith('.ts') && existsSync(fileURLToPath(url)));
			if (found) return { url: found, format: 'module-typescript', shortCircuit: true };
		}
		return nextResolve(specifier, context);
	},
});
