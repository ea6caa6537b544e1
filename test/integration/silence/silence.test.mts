import { describe, expect, it } from 'vitest';
import { Alimail } from '../../../nodes/Alimail/Alimail.node.ts';
import type { FaultRule } from '../../simulator/index.mts';
import { mail } from '../../support/mail.mts';
import { NodeRunner } from '../../support/nodeRunner.mts';
import { apiRequest, simulated } from '../../support/simulated.mts';

const USER = '/v2/users/alice@example.com';
const MAILBOX = 'alice@example.com';
const options = { timeout: 1000, maxRetries: 0 };
const items = (count: number) => Array.from({ length: count }, (_, index) => ({ index }));

describe('a server that falls silent', () => {
	it.each<FaultRule['stall']>(['request', 'headers', 'body'])(
		'at its %s ends the request with an error that says so',
		async (stall) => {
			const { simulator, alimail } = await simulated();
			simulator.fault({ path: USER, stall });
			const { error } = await alimail.run({ parameters: apiRequest('GET', USER, { options }) });
			expect(error?.message).toContain(`No answer to GET ${USER}: it took too long`);
			expect(simulator.apiRequests).toHaveLength(1);
		},
	);

	it('is asked again where that does no harm', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: USER, stall: 'body' });
		const { json, error } = await alimail.run({
			parameters: apiRequest('GET', USER, { options: { timeout: 1000 } }),
		});
		expect(error).toBeUndefined();
		expect(json).toMatchObject([{ email: MAILBOX }]);
	});

	it('with an answer that is no success is told from one that refuses', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: USER, status: 404, stall: 'headers' });
		const { error } = await alimail.run({ parameters: apiRequest('GET', USER, { options }) });
		expect(error?.message).toContain('nothing came or went for 1 seconds');
	});

	it('on all requests that may be under way leaves room for the next', async () => {
		const { simulator, alimail } = await simulated({ rateLimit: Infinity });
		await alimail.run({ parameters: apiRequest('GET', USER) });
		simulator.fault({ path: USER, stall: 'headers', times: 40 });
		const run = await alimail.run({
			parameters: apiRequest('GET', USER, {
				options: { ...options, batching: { batch: { batchSize: 40, batchInterval: 0 } } },
			}),
			items: items(40),
			onError: 'continueRegularOutput',
		});
		expect(run.json.filter(({ error }) => error !== undefined)).toHaveLength(40);
		const { error } = await alimail.run({ parameters: apiRequest('GET', USER, { options }) });
		expect(error).toBeUndefined();
	});

	it('in the middle of a file ends the download', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: '/v2/stream/*', stall: 'body', times: Infinity });
		const { id, attachments } = simulator.state.addMessage(MAILBOX, {
			attachments: [{ name: 'large.bin', content: Buffer.alloc(2 ** 20) }],
		});
		const path = `/v2/users/${MAILBOX}/messages/${encodeURIComponent(id)}/attachments/${encodeURIComponent(attachments[0]!.id)}/$value`;
		const { error } = await alimail.run({
			parameters: apiRequest('GET', path, { options: { ...options, responseFormat: 'file' } }),
		});
		expect(error?.message).toContain('nothing came or went for 1 seconds');
	});

	it.each<FaultRule['stall']>(['upload', 'request'])(
		'at the %s of a file ends the upload',
		async (stall) => {
			const { simulator, alimail } = await simulated();
			const binary = { data: await alimail.store(Buffer.alloc(32 * 2 ** 20), 'a.bin', 'x/y') };
			simulator.fault({ path: '/upload', stall });
			const { error } = await alimail.run({
				parameters: apiRequest('POST', '/upload', {
					sendBody: true,
					contentType: 'binaryData',
					inputDataFieldName: 'data',
					options,
				}),
				items: [{ json: {}, binary }],
			});
			expect(error?.message).toContain('nothing came or went for 1 seconds');
			expect(simulator.apiRequests).toHaveLength(1);
		},
	);
});

describe('a server that is slow and steady', () => {
	it('may take far longer than the timeout for an answer', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: USER, drip: { bytes: 40, everyMs: 300 } });
		const begin = performance.now();
		const { json, error } = await alimail.run({ parameters: apiRequest('GET', USER, { options }) });
		expect(error).toBeUndefined();
		expect(json).toMatchObject([{ email: MAILBOX }]);
		// Else this shows nothing.
		expect(performance.now() - begin).toBeGreaterThan(2 * options.timeout);
	});
});

describe('the token endpoint', () => {
	it.each<FaultRule['stall']>(['headers', 'body'])(
		'that falls silent at its %s is asked again',
		async (stall) => {
			const { simulator, alimail } = await simulated();
			simulator.fault({ path: '/oauth2/v2.0/token', stall });
			const { error } = await alimail.run({ parameters: apiRequest('GET', USER) });
			expect(error).toBeUndefined();
			expect(simulator.tokenRequests).toHaveLength(2);
		},
	);
});

describe('cancelling an execution', () => {
	it('ends requests in the middle of an answer, and those that wait, at once', async () => {
		const { simulator, alimail } = await simulated();
		simulator.fault({ path: USER, stall: 'body', times: Infinity });
		const cancel = new AbortController();
		const running = alimail.run({
			parameters: apiRequest('GET', USER),
			items: items(100),
			signal: cancel.signal,
		});
		await expect.poll(() => simulator.apiRequests.length).toBeGreaterThan(0);
		const before = simulator.apiRequests.length;
		cancel.abort();
		await running;
		expect(simulator.apiRequests.length).toBeLessThanOrEqual(before + 10);
		simulator.clearFaults();
		const next = NodeRunner.forServer(new Alimail(), simulator);
		expect((await next.run({ parameters: apiRequest('GET', USER) })).error).toBeUndefined();
	});

	it('of a draft with a large file stops the upload', async () => {
		const { simulator, alimail } = await simulated();
		const { id } = simulator.state.addMessage(MAILBOX, { folderId: '5' });
		const binary = { data: await alimail.store(Buffer.alloc(64 * 2 ** 20), 'a.bin', 'x/y') };
		simulator.fault({ path: '/v2/stream/*', stall: 'upload' });
		const cancel = new AbortController();
		const running = alimail.run({
			parameters: mail('draft', 'addAttachment', { draftId: id, inputDataFieldName: 'data' }),
			items: [{ json: {}, binary }],
			signal: cancel.signal,
		});
		await expect.poll(() => simulator.apiRequests.at(-1)?.path).toContain('/v2/stream/');
		cancel.abort();
		await running;
		expect(simulator.state.message(simulator.state.mailbox(MAILBOX), id).attachments).toEqual([]);
	});
});
