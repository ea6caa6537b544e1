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
		// A slow machine only makes it fewer.
		expect((3 * files.length) / seconds).toBeLessThanOrEqual(40);
	});
});
