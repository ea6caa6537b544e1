import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCommand } from './runCommand.mts';

const projectRoot = dirname(dirname(import.meta.dirname));

/** A `package.json`. */
export interface PackageManifest {
	name: string;
	version: string;
	[field: string]: unknown;
}

/** Whether the package has been built, so that it can be packed. */
export function isPackageBuilt(): boolean {
	return existsSync(join(projectRoot, 'dist'));
}

/** Packs the built package as `npm publish` would, into a temporary folder, and returns the tarball's path. */
export async function packPackage(): Promise<string> {
	if (!isPackageBuilt()) throw new Error('There is no dist folder: run "npm run build" first.');
	const directory = await mkdtemp(join(tmpdir(), 'n8n-nodes-alimail-pack-'));
	const output = await runCommand('npm', ['pack', '--quiet', '--pack-destination', directory], {
		cwd: projectRoot,
	});
	return join(directory, output.trim());
}

/**
 * Installs a packed package into a user folder, step by step as n8n's own installer of community packages does
 * (`CommunityPackagesService.downloadPackage`), except that the tarball comes from disk. n8n loads it when it starts.
 */
export async function installPackage(userFolder: string, tarball: string): Promise<void> {
	const packed = await runCommand('tar', ['-xzOf', tarball, 'package/package.json'], {
		cwd: userFolder,
	});
	const { devDependencies, peerDependencies, optionalDependencies, ...manifest } =
		parseManifest(packed);

	const directory = packageDirectory(userFolder, manifest.name);
	await mkdir(directory, { recursive: true });
	await runCommand('tar', ['-xzf', tarball, '-C', directory, '--strip-components=1'], {
		cwd: userFolder,
	});
	await writeFile(join(directory, 'package.json'), JSON.stringify(manifest, null, 2));
	await runCommand(
		'npm',
		[
			'install',
			'--audit=false',
			'--fund=false',
			'--bin-links=false',
			'--install-strategy=shallow',
			'--ignore-scripts=true',
			'--package-lock=false',
		],
		{ cwd: directory },
	);
	await recordPackage(userFolder, manifest);
}

/** Packs a packed package again as another version of it, beside the first, and returns the new tarball's path. */
export async function repackAs(version: string, tarball: string): Promise<string> {
	const directory = await mkdtemp(join(dirname(tarball), 'repack-'));
	await runCommand('tar', ['-xzf', tarball, '-C', directory], { cwd: directory });
	const manifestFile = join(directory, 'package', 'package.json');
	const manifest = parseManifest(await readFile(manifestFile, 'utf8'));
	await writeFile(manifestFile, JSON.stringify({ ...manifest, version }));
	const repacked = join(directory, `${manifest.name}-${version}.tgz`);
	await runCommand('tar', ['-czf', repacked, 'package'], { cwd: directory });
	return repacked;
}

/** Lists what is in a packed package, paths relative to its root. */
export async function filesIn(tarball: string): Promise<string[]> {
	const list = await runCommand('tar', ['-tzf', tarball], { cwd: dirname(tarball) });
	return list
		.split('\n')
		.filter((line) => line !== '')
		.map((path) => path.replace(/^package\//, ''));
}

/** Reads the manifest of the package in a user folder. */
export async function installedManifest(userFolder: string, name: string) {
	const text = await readFile(join(packageDirectory(userFolder, name), 'package.json'), 'utf8');
	return parseManifest(text);
}

/**
 * Copies a hand-written community package (a folder with a package.json and plain JavaScript) into a user folder.
 * n8n loads it when it starts if its name begins with `n8n-nodes-`.
 */
export async function installFixturePackage(userFolder: string, source: string): Promise<void> {
	const manifest = parseManifest(await readFile(join(source, 'package.json'), 'utf8'));
	await cp(source, packageDirectory(userFolder, manifest.name), { recursive: true });
	await recordPackage(userFolder, manifest);
}

function nodesFolder(userFolder: string): string {
	return join(userFolder, '.n8n', 'nodes');
}

function packageDirectory(userFolder: string, name: string): string {
	return join(nodesFolder(userFolder), 'node_modules', name);
}

function parseManifest(text: string): PackageManifest {
	return JSON.parse(text) as PackageManifest;
}

async function recordPackage(userFolder: string, { name, version }: PackageManifest) {
	const file = join(nodesFolder(userFolder), 'package.json');
	const recorded = existsSync(file)
		? (JSON.parse(await readFile(file, 'utf8')) as { dependencies: Record<string, string> })
		: { name: 'installed-nodes', private: true, dependencies: {} };
	recorded.dependencies = { ...recorded.dependencies, [name]: version };
	await writeFile(file, JSON.stringify(recorded, null, 2));
}
