import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { runCommand } from './runCommand.mts';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** With Chinese letters, which the simulated mailboxes hold. */
const DEBIAN_PACKAGES = ['chromium', 'fonts-noto-cjk'];

/** Nothing of it is of use in a test, and most of it would look for the internet. */
const ARGS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
	'--no-first-run',
];

/**
 * Finds Chromium: `$CHROMIUM_PATH`, or else where systems put it. On Debian as root it is installed if it is missing.
 *
 * @throws when there is none
 */
export async function findChromium(): Promise<string> {
	const find = () =>
		[process.env.CHROMIUM_PATH ?? '', ...PLACES].find((place) => existsSync(place));
	const found = find();
	if (found !== undefined) return found;
	if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
		console.error('Installing Chromium (apt-get, about a minute) …');
		const options = { cwd: '/', env: { DEBIAN_FRONTEND: 'noninteractive' } };
		await runCommand('apt-get', ['update', '-qq'], options);
		await runCommand('apt-get', ['install', '-y', '-qq', ...DEBIAN_PACKAGES], options);
	}
	const installed = find();
	if (installed !== undefined) return installed;
	throw new Error('There is no Chromium. Install it, or name its path in CHROMIUM_PATH.');
}

/** Starts Chromium without a window. */
export async function launchChromium(executablePath: string): Promise<Browser> {
	return await chromium.launch({ executablePath, args: ARGS });
}
