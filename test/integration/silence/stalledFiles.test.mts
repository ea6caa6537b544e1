import { expect, it } from 'vitest';
import { mail } from '../../support/mail.mts';
import { apiRequest, simulated } from '../../support/simulated.mts';

// Two executions of ten downloads each (the node runs ten items side by side): 20 slots.
it(
	'downloads that stall leave room for the next request',
	{ timeout: 45_000, retry: 0 },
	async () => {
		const { simulator, alimail } = await simulated({ rateLimit: Infinity });
		const get = apiRequest('GET', '/v2/users/alice@example.com', { options: { maxRetries: 0 } });
		expect((await alimail.run({ parameters: get })).error).toBeUndefined();
		const message = simulator.state.addMessage('alice@example.com', {
			attachments: [{ name: 'a.bin', content: Buffer.alloc(2 ** 16) }],
		});
		simulator.fault({ path: '/v2/stream/*', stall: 'headers', times: Infinity });
		const cancel = new AbortController();
		const downloads = [1, 2].map(
			async () =>
				await alimail.run({
					parameters: mail('attachment', 'download', {
						messageId: message.id,
						attachmentId: message.attachments[0]!.id,
					}),
					items: Array.from({ length: 10 }, () => ({})),
					signal: cancel.signal,
				}),
		);
		await expect
			.poll(
				() => simulator.apiRequests.filter(({ path }) => path.startsWith('/v2/stream/')).length,
				{ timeout: 15_000 },
			)
			.toBe(20);
		try {
			const next = alimail.run({ parameters: get, signal: AbortSignal.timeout(20_000) });
			const { error, json } = await next;
			expect(error).toBeUndefined();
			expect(json).toHaveLength(1);
		} finally {
			cancel.abort();
			await Promise.allSettled(downloads);
		}
	},
);
