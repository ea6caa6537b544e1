import { parseArgs } from 'node:util';
import { startSimulator, type Settings } from './index.mts';

const USAGE = `Alimail simulator: an Alimail-compatible server on this computer, for trying things without an account.

Usage: npm run simulator -- [options]

  --port <number>            port to listen on (default 8025; 0 takes a free one)
  --rate-limit <number>      requests per second, 0 for no limit (default 40)
  --token-lifetime <number>  seconds that an access token lives (default 3600)
  --help                     show this text`;

const DEFAULT_PORT = 8025;

function wholeNumber(name: string, value: string): number {
	if (/^\d+$/.test(value)) return Number(value);
	throw new TypeError(`Option '--${name}' takes a whole number, not '${value}'`);
}

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			port: { type: 'string' },
			'rate-limit': { type: 'string' },
			'token-lifetime': { type: 'string' },
			help: { type: 'boolean', short: 'h' },
		},
	});
	if (values.help) {
		console.log(USAGE);
		return;
	}
	const settings: Partial<Settings> = {};
	const rateLimit = values['rate-limit'];
	const lifetime = values['token-lifetime'];
	if (rateLimit !== undefined) {
		settings.rateLimit = wholeNumber('rate-limit', rateLimit) || Infinity;
	}
	if (lifetime !== undefined) {
		settings.tokenLifetimeSeconds = wholeNumber('token-lifetime', lifetime);
	}
	const port = values.port === undefined ? DEFAULT_PORT : wholeNumber('port', values.port);
	const simulator = await startSimulator({ port, settings });
	console.log(`Alimail simulator

  Base URL            ${simulator.url}
  Application ID      ${simulator.clientId}
  Application Secret  ${simulator.clientSecret}

Enter these in the Alimail credential (Region: Custom) and try the mailbox ${[...simulator.state.mailboxes.keys()][0]}.
What has arrived is at ${simulator.url}/_simulator/requests. Nothing is kept; stop with Ctrl+C.`);

	const stop = () => void simulator.close().then(() => process.exit(0));
	process.once('SIGINT', stop);
	process.once('SIGTERM', stop);
}

try {
	await main();
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}
