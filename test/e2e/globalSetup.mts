import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TestProject } from 'vitest/node';
import {
	installN8n,
	isN8nVersion,
	type N8nInstallation,
	type N8nVersion,
	N8N_VERSIONS,
} from '../support/n8nInstallation.mts';
import { isPackageBuilt, packPackage } from '../support/packageTarball.mts';

declare module 'vitest' {
	interface ProvidedContext {
		n8nInstallations: N8nInstallation[];
		/** The packed package, or null if it has not been built. */
		tarball: string | null;
	}
}

/** Installs the n8n versions under test (`N8N_VERSION` names one; by default all) and packs the package, once per run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const installations: N8nInstallation[] = [];
	for (const version of chosenVersions()) installations.push(await installN8n(version));
	project.provide('n8nInstallations', installations);

	const tarball = isPackageBuilt() ? await packPackage() : null;
	project.provide('tarball', tarball);
	return async () => {
		if (tarball) await rm(dirname(tarball), { recursive: true, force: true });
	};
}

function chosenVersions(): readonly N8nVersion[] {
	const chosen = process.env.N8N_VERSION;
	if (!chosen) return N8N_VERSIONS;
	if (isN8nVersion(chosen)) return [chosen];
	throw new Error(`N8N_VERSION is "${chosen}", but must be one of ${N8N_VERSIONS.join(', ')}`);
}
