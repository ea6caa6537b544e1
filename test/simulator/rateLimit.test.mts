import { describe, expect, it } from 'vitest';
import {
	type Answer,
	call,
	expectAlimailError,
	INBOX,
	simulator,
	useSimulator,
} from '../support/simulatorClient.mts';
import { RateLimiter } from './rateLimit.mts';

useSimulator();

describe('calling faster than the domain allows', () => {
	it('lets 40 requests a second through and answers 429 to the others', async () => {
		const answers = await Promise.all(
			Array.from({ length: 60 }, () => call('/v2/organization/$current')),
		);
		expect(answers.filter(({ status }) => status === 200)).toHaveLength(40);
		const refused = answers.filter(({ status }) => status === 429);
		expect(refused).toHaveLength(20);
		expectAlimailError(refused[0] as Answer, 429);
		expect(refused[0]?.headers).not.toHaveProperty('retry-after');
	});

	it('never allows more than the limit within any second', async () => {
		simulator.settings.rateLimit = 10;
		const allowedAt: number[] = [];
		const end = performance.now() + 2200;
		while (performance.now() < end) {
			const sentAt = performance.now();
			if ((await call('/v2/organization/$current')).status === 200) allowedAt.push(sentAt);
		}
		expect(allowedAt.length).toBeGreaterThanOrEqual(20);
		allowedAt.forEach((at, i) => {
			const eleventh = allowedAt[i + 10];
			// The server takes the time a moment later than the client.
			if (eleventh !== undefined) expect(eleventh - at).toBeGreaterThan(950);
		});
	});

	it('says when to come back, in seconds or as a date, when set so', async () => {
		simulator.settings.rateLimit = 0;
		simulator.settings.retryAfterHeader = 'seconds';
		expect((await call(INBOX)).headers['retry-after']).toBe('1');
		simulator.settings.retryAfterHeader = 'date';
		const date = String((await call(INBOX)).headers['retry-after']);
		expect(date).toMatch(/GMT$/);
		expect(Date.parse(date)).toBeGreaterThanOrEqual(Date.now());
	});

	it.each(['0', '0.5', 'soon', ''])('says "%s" when set so', async (text) => {
		simulator.settings.rateLimit = 0;
		simulator.settings.retryAfterHeader = text;
		expect((await call(INBOX)).headers['retry-after']).toBe(text);
	});

	it('counts by a bucket when set so', async () => {
		// A window takes a first request, but there is no whole one in such a bucket.
		simulator.settings.rateLimit = 0.5;
		simulator.settings.rateLimiter = 'tokenBucket';
		expect((await call('/v2/organization/$current')).status).toBe(429);
		simulator.settings.rateLimiter = 'slidingWindow';
		expect((await call('/v2/organization/$current')).status).toBe(200);
	});

	it('fills a bucket all the time, and a window a second later', () => {
		const limiter = new RateLimiter();
		const allowed = (kind: 'slidingWindow' | 'tokenBucket', now: number) => {
			let count = 0;
			while (limiter.take(20, kind, now)) count += 1;
			return count;
		};
		const times = [0, 49, 51, 480, 990, 1001, 9000];
		expect(times.map((now) => allowed('tokenBucket', now))).toEqual([20, 0, 1, 8, 10, 1, 20]);
		expect(times.map((now) => allowed('slidingWindow', now))).toEqual([20, 0, 0, 0, 0, 20, 20]);
	});

	it('has no limit when set so', async () => {
		simulator.settings.rateLimit = Infinity;
		const answers = await Promise.all(Array.from({ length: 100 }, () => call(INBOX)));
		expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
	});
});
