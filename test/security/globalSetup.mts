import { installN8n } from '../support/n8nInstallation.mts';

/** Brings the n8n in whose engine these tests run a second time. */
export default async function setup(): Promise<void> {
	await installN8n('1.123.50');
}
