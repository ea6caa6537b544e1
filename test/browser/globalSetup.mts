import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TestProject } from 'vitest/node';
import { findChromium } from '../support/browserChromium.mts';
import type { EditorParts } from '../support/browserEditor.mts';
import { installN8n } from '../support/n8nInstallation.mts';
import { packPackage } from '../support/packageTarball.mts';

declare module 'vitest' {
	interface ProvidedContext {
		editorParts: EditorParts;
	}
}

/** Sees to n8n and Chromium and packs the package, once per run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const [chromium, installation] = [await findChromium(), await installN8n('2.41.1')];
	const tarball = await packPackage();
	project.provide('editorParts', { chromium, installation, tarball });
	return async () => await rm(dirname(tarball), { recursive: true, force: true });
}
