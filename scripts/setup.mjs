// Runs on whatever Node a fresh machine has, before anything is installed: plain JavaScript, no imports but Node's.
// Installs the development dependencies when they are missing or older than the lockfile; they bring Node 24, which the
// npm scripts then use. For that it has to be a script that npm runs before: a shell remembers where it found `node`.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.installed-lockfile');
const lockfile = createHash('sha256')
	.update(readFileSync(join(root, 'package-lock.json')))
	.digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lockfile) {
	console.error('Installing the development dependencies (npm ci, about two minutes) …');
	execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
		cwd: root,
		stdio: ['ignore', 'inherit', 'inherit'],
		shell: process.platform === 'win32',
	});
	writeFileSync(stamp, lockfile);
}
