import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { withProcessLock } from './processLock.mts';
import { runCommand } from './runCommand.mts';

/** The n8n versions that the package is tested with: the newest installable one and one of the 1.x line. */
export const N8N_VERSIONS = ['2.41.1', '1.123.50'] as const;

/** One of the n8n versions under test. */
export type N8nVersion = (typeof N8N_VERSIONS)[number];

/** A complete n8n on disk, with the Node.js that it runs on. */
export interface N8nInstallation {
	version: N8nVersion;
	directory: string;
	nodeBinary: string;
	n8nBinary: string;
}

/** Receives one line of progress. */
export type Log = (line: string) => void;

const HEARTBEAT_MS = 30_000;
const STAMP_FILE = '.n8n-installation';

/** What a directory already holds, so that an interrupted installation goes on where it stopped. */
type Stage = 'nothing' | 'packages' | 'complete';

/** Tells whether a version is one of those under test. */
export function isN8nVersion(version: string): version is N8nVersion {
	return N8N_VERSIONS.some((known) => known === version);
}

/**
 * Returns an n8n that is ready to start, installing it first if this machine doesn't have it yet.
 *
 * It comes from npm with a lockfile of its own and is kept outside the project: in `$N8N_TEST_CACHE`, or else in
 * the user's cache directory. Safe to call from several processes at once.
 */
export async function installN8n(
	version: N8nVersion,
	log: Log = console.error,
): Promise<N8nInstallation> {
	const directory = installationDirectory(version);
	const manifest = join(import.meta.dirname, 'n8n', version);
	const fingerprint = await fingerprintOf(manifest);
	const stage = () => readStage(directory, fingerprint);

	if ((await stage()) !== 'complete') {
		await mkdir(directory, { recursive: true });
		await withProcessLock(
			`${directory}.lock`,
			() => log(`Waiting for another process that is installing n8n ${version} …`),
			async () => {
				if ((await stage()) === 'nothing') {
					await installPackages(version, manifest, directory, log);
					await writeStage(directory, fingerprint, 'packages');
				}
				if ((await stage()) === 'packages') {
					await buildBinaries(version, directory, log);
					await writeStage(directory, fingerprint, 'complete');
					log(`n8n ${version} is installed in ${directory}`);
				}
			},
		);
	}
	return {
		version,
		directory,
		nodeBinary: nodeBinaryOf(directory),
		n8nBinary: join(directory, 'node_modules', 'n8n', 'bin', 'n8n'),
	};
}

/** Where an n8n is, or comes to be. */
export function installationDirectory(version: N8nVersion): string {
	const cache =
		process.env.N8N_TEST_CACHE ??
		join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'n8n-nodes-alimail');
	return join(cache, `n8n-${version}`);
}

async function fingerprintOf(manifest: string): Promise<string> {
	const hash = createHash('sha256');
	for (const file of ['package.json', 'package-lock.json']) {
		hash.update(await readFile(join(manifest, file)));
	}
	return hash.digest('hex');
}

async function readStage(directory: string, fingerprint: string): Promise<Stage> {
	const stamp = await readFile(join(directory, STAMP_FILE), 'utf8').catch(() => '');
	if (stamp === `${fingerprint} packages`) return 'packages';
	if (stamp === `${fingerprint} complete`) return 'complete';
	return 'nothing';
}

async function writeStage(directory: string, fingerprint: string, stage: Stage): Promise<void> {
	await writeFile(join(directory, STAMP_FILE), `${fingerprint} ${stage}`);
}

async function installPackages(
	version: N8nVersion,
	manifest: string,
	directory: string,
	log: Log,
): Promise<void> {
	for (const file of ['package.json', 'package-lock.json']) {
		await copyFile(join(manifest, file), join(directory, file));
	}
	// Install scripts stay off: one of them wants a prebuilt Kafka client that isn't on npm and isn't needed.
	await step(`Downloading n8n ${version} (once; a few minutes, up to 3 GB)`, log, () =>
		runCommand('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: directory }),
	);
}

/** Makes up for the two install scripts that n8n does need: its Node.js and its SQLite driver. */
async function buildBinaries(version: N8nVersion, directory: string, log: Log): Promise<void> {
	await step(`Fetching the Node.js of n8n ${version}`, log, () =>
		runCommand('npm', ['rebuild', 'node'], { cwd: directory }),
	);
	await step(`Building the SQLite driver of n8n ${version} (once; a minute or two)`, log, () =>
		runCommand('npm', ['rebuild', 'sqlite3'], {
			cwd: directory,
			env: { npm_config_nodedir: nodeHeadersOf(directory) },
		}),
	);
	await runCommand(nodeBinaryOf(directory), ['--eval', 'require("sqlite3")'], { cwd: directory });
}

function nodeBinaryOf(directory: string): string {
	return join(directory, 'node_modules', 'node', 'bin', 'node');
}

/** The platform's own Node.js package, which brings the headers that native modules are built with. */
function nodeHeadersOf(directory: string): string {
	const { platform, arch } = process;
	const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node';
	const require = createRequire(join(directory, 'node_modules', 'node', 'package.json'));
	return dirname(require.resolve(`${prefix}-${platform}-${arch}/package.json`));
}

/** Says what is being done, and while it takes long, that it still is. */
async function step(title: string, log: Log, work: () => Promise<unknown>): Promise<void> {
	const startedAt = Date.now();
	const seconds = () => Math.round((Date.now() - startedAt) / 1000);
	log(`${title} …`);
	const heartbeat = setInterval(() => log(`  … ${seconds()} s`), HEARTBEAT_MS);
	try {
		await work();
	} finally {
		clearInterval(heartbeat);
	}
	log(`  done in ${seconds()} s`);
}
