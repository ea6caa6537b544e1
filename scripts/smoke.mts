// `npm run smoke`: walks the node's operations against the real service, and prints what is other than expected.
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { realAccount } from './account.mts';
import { smoke, walkSimulator } from './smoke/liveCheck.mts';

/** What the exit code says. */
const FAILED = 1;
const CANNOT_BEGIN = 2;

function readCommandLine() {
	const { values } = parseArgs({
		options: {
			write: { type: 'boolean', default: false },
			wait: { type: 'string', default: '120' },
		},
	});
	if (!/^\d+$/.test(values.wait)) throw new Error('--wait takes a number of seconds.');
	return {
		account: realAccount(process.env),
		write: values.write,
		arrivalTimeoutMs: Number(values.wait) * 1000,
	};
}

async function main(): Promise<void> {
	const interruption = new AbortController();
	// The second time it ends at once.
	process.once('SIGINT', () => {
		console.log('  Interrupted: cleaning up. Press Ctrl+C again to leave everything as it is.');
		interruption.abort();
	});
	const { account, ...options } = readCommandLine();
	console.log(
		options.write
			? 'Reading, and sending a message from the mailbox to itself'
			: 'Reading only; with `-- --write` also a message is sent from the mailbox to itself',
	);
	const { signal } = interruption;
	const expected = await walkSimulator();
	const worked = await smoke(account, expected, { ...options, signal, print: console.log });
	console.log(
		worked
			? '\nEvery operation worked. Differences, if any, do not count as failures.'
			: '\nSomething failed or was left behind: see above.',
	);
	if (!worked) process.exitCode = FAILED;
}

try {
	await main();
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = CANNOT_BEGIN;
} finally {
	// n8n's engine keeps downloaded files there.
	await rm(process.env.N8N_USER_FOLDER!, { recursive: true, force: true });
}
