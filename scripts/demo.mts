// `npm run demo`: n8n with the package, a credential and the examples, against the simulator or the real service.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSimulator } from '../test/simulator/index.mts';
import { exampleNames, readExample } from '../test/support/examples.mts';
import { errorOf, outputOf } from '../test/support/execution.mts';
import { installN8n } from '../test/support/n8nInstallation.mts';
import { startN8n, type N8nServer } from '../test/support/n8nServer.mts';
import { packPackage } from '../test/support/packageTarball.mts';
import { realAccount, type RealAccount } from './account.mts';

const VERSION = '2.41.1';

const { values: options } = parseArgs({ options: { once: { type: 'boolean', default: false } } });

const step = (text: string) => console.log(`\n▸ ${text}`);
const detail = (text: string) => console.log(`  ${text}`);

interface Account extends RealAccount {
	close(): Promise<void>;
}

function namedAccount(): Account {
	const account = realAccount(process.env);
	detail(`The real service at ${account.origin}`);
	return { ...account, close: async () => {} };
}

async function simulatedAccount(): Promise<Account> {
	const simulator = await startSimulator();
	const { url, clientId, clientSecret, state } = simulator;
	// So that every example finds something to work on.
	state.addMessages('bob@example.com', 5);
	state.addMessage('alice@example.com', {
		subject: 'Invoice 2025-018',
		attachments: [
			{ name: 'Invoice 2025-018.pdf', content: '%PDF-1.4', contentType: 'application/pdf' },
		],
	});
	detail(`The simulator at ${url}`);
	return {
		fields: { region: 'custom', baseUrl: url, clientId, clientSecret },
		origin: url,
		mailbox: 'alice@example.com',
		close: () => simulator.close(),
	};
}

/** Runs the first example and prints what came back: the token's expiry, never the token. */
async function runFirstExample(n8n: N8nServer, workflow: Parameters<N8nServer['execute']>[0]) {
	const { executionId } = await n8n.execute(workflow, 'When clicking ‘Execute workflow’');
	const execution = await n8n.waitForExecution(executionId);
	if (execution.status !== 'success') {
		throw new Error(`The workflow failed: ${errorOf(execution)?.message ?? execution.status}`);
	}
	const [token] = outputOf(execution, 'Get Token');
	const messages = outputOf(execution, 'List the inbox');
	if (!token || messages.length === 0)
		throw new Error('The workflow gave no token or no messages.');
	detail(`Token     type ${token.json.token_type}, expires at ${token.json.expires_at}`);
	for (const { json } of messages) {
		const { email } = (json.from ?? {}) as { email?: string };
		detail(`Message   ${json.receivedDateTime}  ${email ?? ''}  ${json.subject}`);
	}
}

step(`n8n ${VERSION} (if it is not there yet, about eight minutes)`);
const installation = await installN8n(VERSION, detail);

step('Alimail');
const account =
	process.env.ALIMAIL_CLIENT_ID || process.env.ALIMAIL_CLIENT_SECRET
		? namedAccount()
		: await simulatedAccount();

step('Starting n8n with the package');
const tarball = await packPackage();
const userFolder = await mkdtemp(join(tmpdir(), 'n8n-alimail-demo-'));
const n8n = await startN8n({ installation, tarball, userFolder });

const stop = async () => {
	await n8n.stop();
	await account.close();
	await rm(userFolder, { recursive: true, force: true, maxRetries: 3 });
	await rm(dirname(tarball), { recursive: true, force: true });
};

try {
	const credential = await n8n.createCredential('alimailApi', account.fields, 'Alimail');
	// n8n 2 lets nodes write there.
	const folder = join(userFolder, '.n8n-files');
	await mkdir(folder);
	const values = { mailbox: account.mailbox, server: account.origin, folder };
	const workflows = new Map(
		await Promise.all(
			(await exampleNames()).map(
				async (name) =>
					[
						name,
						await n8n.createWorkflow(await readExample(name, { credential, values })),
					] as const,
			),
		),
	);
	for (const { name } of workflows.values()) detail(`Workflow “${name}”`);

	step('Running “Alimail: token and request”');
	await runFirstExample(n8n, workflows.get('token-and-request')!);
} catch (error) {
	console.error(`\n✖ ${error instanceof Error ? error.message : String(error)}`);
	process.exitCode = 1;
}

if (options.once || process.exitCode) {
	await stop();
} else {
	step('The editor is open. Stop it with Ctrl+C.');
	detail(`Address   ${n8n.url}`);
	detail(`Email     ${n8n.login.email}`);
	detail(`Password  ${n8n.login.password}`);
	await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
	await stop();
}
