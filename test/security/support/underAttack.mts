import type { INodeParameters } from 'n8n-workflow';
import { expect, onTestFinished } from 'vitest';
import type { Simulator } from '../../simulator/index.mts';
import type { NodeRun, NodeRunner } from '../../support/nodeRunner.mts';
import { simulated } from '../../support/simulated.mts';
import { evilServer, type RecordingServer } from './evil.mts';
import { SecretScanner } from '../../support/secrets.mts';
import { Witness } from './witness.mts';

/** Nothing waits: neither for a rate nor for another try. */
export const AT_ONCE = { requestsPerSecond: 0, maxRetries: 0 };

/** A simulator, the node with a credential for it, and a second server that must never see the token or the secret. */
export interface Scene {
	simulator: Simulator;
	alimail: NodeRunner;
	evil: RecordingServer;
	/** The secret, and every token that was seen anywhere. */
	secrets(): string[];
	/** Fails if the token or the secret went, or was about to go, anywhere but to the credential's own origin. */
	expectTokenAtHome(home?: string): void;
	/** Runs the node over items that bring the parameters of theirs, and goes on when one fails. */
	runItems(parameters: Record<string, unknown>, items: object[]): Promise<NodeRun>;
}

/** Sets the scene for one test. A token is already held. */
export async function underAttack(settings: Parameters<typeof simulated>[0] = {}): Promise<Scene> {
	const { simulator, alimail } = await simulated({ rateLimit: Infinity, ...settings });
	const evil = await evilServer();
	const { error } = await alimail.run({
		parameters: { resource: 'apiRequest', operation: 'send', method: 'GET', path: '/v2/users' },
	});
	if (error !== undefined) throw error;
	const tokens = new Set<string>();
	const secrets = () => {
		const { accessToken } = alimail.credentials.stored;
		if (typeof accessToken === 'string' && accessToken !== '') tokens.add(accessToken);
		for (const { authorization } of simulator.requests) {
			const token = /^bearer (.+)$/.exec(authorization ?? '')?.[1];
			if (token !== undefined) tokens.add(token);
		}
		return [simulator.clientSecret, ...tokens];
	};
	secrets();
	simulator.clearRequests();
	const witness = new Witness();
	onTestFinished(() => witness[Symbol.dispose]());
	return {
		simulator,
		alimail,
		evil,
		secrets,
		expectTokenAtHome(home = simulator.url) {
			const scanner = new SecretScanner(secrets());
			const strays = witness
				.take()
				.filter(({ origin }) => origin !== home)
				.filter(
					({ authorization, headers, path }) =>
						/^bearer/i.test(authorization ?? '') ||
						scanner.find(`${headers}\n${path}`) !== undefined,
				);
			expect(strays).toEqual([]);
			expect(scanner.findIn(evil.received)).toBeUndefined();
		},
		async runItems(parameters, items) {
			return await alimail.run({
				parameters: parameters as INodeParameters,
				items: items.map((json) => ({ json: json as never })),
				onError: 'continueRegularOutput',
			});
		},
	};
}

/** The own and the foreign server, as a list of tricks needs them. */
export interface Hosts {
	/** Host and port. */
	own: string;
	evil: string;
}

/** Addresses that one parser reads differently from another, and that people have been fooled with. */
export function trickyAddresses({ own, evil }: Hosts): string[] {
	const [ownName = '', ownPort = ''] = own.split(':');
	return [
		`//${evil}/v2/users`,
		`///${evil}/v2/users`,
		`////${evil}/v2/users`,
		`/\\${evil}/v2/users`,
		`\\\\${evil}/v2/users`,
		`\\/${evil}/v2/users`,
		`/\t/${evil}/v2/users`,
		`/\n/${evil}/v2/users`,
		`\t//${evil}/v2/users`,
		` http://${evil}/v2/users`,
		`\u0000http://${evil}/v2/users`,
		`\u00a0http://${evil}/v2/users`,
		`http://${evil}/v2/users`,
		`http:/${evil}/v2/users`,
		`http:${evil}/v2/users`,
		`http:\\\\${evil}/v2/users`,
		`ht\ntp://${evil}/v2/users`,
		`HTTP://${evil}/v2/users`,
		`https://${evil}/v2/users`,
		`https://${own}/v2/users`,
		`ftp://${own}/v2/users`,
		`ws://${own}/v2/users`,
		'file:///etc/passwd',
		'javascript:alert(1)',
		'data:text/plain,x',
		`blob:http://${own}/v2/users`,
		`http://${own}@${evil}/v2/users`,
		`http://${own}:x@${evil}/v2/users`,
		`http://${own}%40${evil}/v2/users`,
		`http://${own}%2f@${evil}/v2/users`,
		`http://${own}\\@${evil}/v2/users`,
		`http://${own}#@${evil}/v2/users`,
		`http://${own}?@${evil}/v2/users`,
		`http://${own};@${evil}/v2/users`,
		`http://evil:pw@${own}/v2/users`,
		`http://${own}.${evil}/v2/users`,
		`http://${ownName}.evil.example/v2/users`,
		`http://${ownName}:${Number(ownPort) + 1}/v2/users`,
		`http://${ownName}/v2/users`,
		`http://localhost:${ownPort}/v2/users`,
		`http://[::1]:${ownPort}/v2/users`,
		`http://[::ffff:127.0.0.1]:${ownPort}/v2/users`,
		`http://127。0。0。2:${ownPort}/v2/users`,
		`http://１２７.0.0.2:${ownPort}/v2/users`,
		`http://ⓔⓥⓘⓛ.example/v2/users`,
		`http://аlimail-cn.aliyuncs.com/v2/users`,
		'http://alimail-cn.aliyuncs.com.evil.example/v2/users',
		`@${evil}/v2/users`,
		`/@${evil}/v2/users`,
		`:@${evil}/v2/users`,
		`.${evil}/v2/users`,
		`?//${evil}`,
		`#//${evil}`,
		`/v2/users/../../..//${evil}`,
		`/v2/..%2f..%2f/${evil}`,
		`/v2/%2e%2e/oauth2/v2.0/token`,
		`/v2/.%2E/oauth2/v2.0/token`,
		`/v2/users/\r\nHost: ${evil}`,
		`/v2/users HTTP/1.1\r\nHost: ${evil}\r\n\r\nGET /`,
		`/v2/users%0d%0aHost:%20${evil}`,
		`//${evil}%2f%2e%2e@${own}/v2/users`,
		`http://${evil}\u2044@${own}/v2/users`,
	];
}

/** Pieces of addresses, to be put together at random. */
export function addressPieces({ own, evil }: Hosts): string[] {
	return [
		...['http:', 'https:', 'HTTP:', 'file:', '//', '/', '\\', '@', ':', '?', '#', '.', '..'],
		...['\t', '\n', '\r', ' ', '\0', '%2f', '%40', '%2e', '%0a', '。', '／', '＠', '[', ']', '{x}'],
		...[
			own,
			evil,
			'127.0.0.1',
			'localhost',
			'[::1]',
			'user',
			'v2',
			'/v2/users',
			'/oauth2/v2.0/token',
		],
	];
}
