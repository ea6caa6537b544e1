import { describe, expect, it } from 'vitest';
import { mail } from '../../support/mail.mts';
import { byAddress } from '../../support/operations.mts';
import { apiRequest, simulated } from '../../support/simulated.mts';

const USER = '/v2/users/alice@example.com';
const items = (count: number) => Array.from({ length: count }, (_, index) => ({ index }));

describe('many requests against the limit of the service', () => {
	it('all succeed, with few refused', async () => {
		const { simulator, alimail } = await simulated({ rateLimit: 40, latencyMs: 30 });
		const { json, error } = await alimail.run({
			parameters: apiRequest('GET', USER),
			items: items(200),
		});
		expect(error).toBeUndefined();
		expect(json).toHaveLength(200);
		const refused = simulator.apiRequests.filter(({ status }) => status === 429);
		expect(refused.length).toBeLessThanOrEqual(10);
	});

	it('all succeed although somebody else uses half of it', async () => {
		const { simulator, alimail } = await simulated({ rateLimit: 20 });
		const { json, error } = await alimail.run({
			parameters: apiRequest('GET', USER),
			items: items(120),
		});
		expect(error).toBeUndefined();
		expect(json).toHaveLength(120);
		// 36 a second from the start would have most of them refused.
		const refused = simulator.apiRequests.filter(({ status }) => status === 429);
		expect(refused.length).toBeLessThanOrEqual(40);
	});

	it('are spaced with the redirects that add to their number', async () => {
		const { simulator, alimail } = await simulated({ rateLimit: Infinity });
		const mailbox = 'alice@example.com';
		const { id, attachments } = simulator.state.addMessage(mailbox, {
			attachments: [{ name: 'a.txt', content: 'a' }],
		});
		const begin = performance.now();
		const { items: files, error } = await alimail.run({
			parameters: mail('attachment', 'download', {
				mailbox: byAddress(mailbox),
				messageId: id,
				attachmentId: attachments[0]!.id,
				binaryPropertyName: 'data',
			}),
			items: items(40),
		});
		const seconds = (performance.now() - begin) / 1000;
		expect(error).toBeUndefined();
		// The list of the files, the download, and where it is redirected to.
		expect(simulator.apiRequests).toHaveLength(3 * files.length);
		// However full the first second was. A slow machine only makes it fewer.
		expect((3 * files.length - 40) / seconds).toBeLessThanOrEqual(40);
	});
});

describe('a server that says when to come again', () => {
	it.each([0, 0.5])('with Retry-After: %f for seconds is not asked in vain', async (retryAfter) => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: apiRequest('GET', USER) });
		simulator.clearRequests();
		const refusal = simulator.fault({ path: USER, retryAfter, times: Infinity });
		setTimeout(() => refusal.clear(), 2500);
		const { error } = await alimail.run({ parameters: apiRequest('GET', USER) });
		expect(error).toBeUndefined();
		expect(simulator.apiRequests.length).toBeLessThanOrEqual(6);
	});
});

describe('a node with a limit of its own', () => {
	const slowly = (requestsPerSecond: number) =>
		apiRequest('GET', USER, { options: { requestsPerSecond } });

	it('keeps it, also over several executions', async () => {
		const { simulator, alimail } = await simulated();
		await Promise.all(
			[1, 2].map(async () => await alimail.run({ parameters: slowly(4), items: items(4) })),
		);
		const times = simulator.apiRequests.map(({ at }) => at).toSorted((a, b) => a - b);
		expect(times).toHaveLength(8);
		// On its way here, a request may have waited for the machine.
		expect(times.at(-1)! - times[0]!).toBeGreaterThanOrEqual(900);
	});

	it('leaves the others theirs, also after it was refused', async () => {
		const { simulator, alimail } = await simulated();
		await alimail.run({ parameters: apiRequest('GET', USER) });
		simulator.fault({ path: USER, status: 429 });
		const slow = alimail.run({ parameters: slowly(0.5), items: items(2) });
		const refused = () => simulator.apiRequests.some(({ status }) => status === 429);
		await expect.poll(refused, { timeout: 10_000 }).toBe(true);
		simulator.clearRequests();
		await alimail.run({
			parameters: apiRequest('GET', `${USER}/mailFolders`),
			items: items(60),
		});
		const own = simulator.apiRequests.filter(({ path }) => path.endsWith('/mailFolders'));
		await slow;
		// At two a second, or at half of one, it would have been a handful by the time that the other came again.
		const slowAgain = simulator.apiRequests.find(({ path }) => path === USER)?.at ?? Infinity;
		expect(own.filter(({ at }) => at <= slowAgain + 2000).length).toBeGreaterThan(10);
	});
});
