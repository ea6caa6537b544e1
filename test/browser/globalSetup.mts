import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TestProject } from 'vitest/node';
import { findChromium } from '../support/browserChromium.mts';
import type { EditorParts } from '../support/browserEditor.mts';
import { installN8n } from '../support/n8nInstallation.mts';
import { startN8n } from '../support/n8nServer.mts';
import { packPackage } from '../support/packageTarball.mts';

declare module 'vitest' {
	interface ProvidedContext {
		editorParts: EditorParts;
	}
}

/** Sees to Chromium, and to one n8n with the package for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const chromium = await findChromium();
	const installation = await installN8n('2.41.1');
	const tarball = await packPackage();
	const n8n = await startN8n({ installation, tarball });
	project.provide('editorParts', { chromium, installation, url: n8n.url, login: n8n.login });
	return async () => {
		await n8n.stop();
		await rm(dirname(tarball), { recursive: true, force: true });
	};
}
