import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { apiRequest } from '../../support/simulated.mts';
import {
	answeringServer,
	drip,
	giveToken,
	json,
	TOKEN_PATH,
} from '../../support/answeringServer.mts';

const GET = apiRequest('GET', '/v2/x', { options: { timeout: 1000, maxRetries: 0 } });

describe('the token endpoint', () => {
	it('that drips for ever is given up', { timeout: 75_000, retry: 0 }, async () => {
		const { runner } = await answeringServer((_request, response) => drip(response));
		const { error } = await runner().run({ parameters: GET });
		expect(error?.message).toContain('No answer from the Alimail token endpoint');
	});

	it(
		'that drips for one application holds up no other',
		{ timeout: 45_000, retry: 0 },
		async () => {
			const { runner, seen } = await answeringServer(({ url }, response, body) => {
				if (url !== TOKEN_PATH) json(response, {});
				else if (body.includes('client_id=slow')) drip(response);
				else giveToken(response, 'token-of-the-other');
			});
			const slow = runner('slow').run({ parameters: GET });
			slow.catch(() => {});
			await expect.poll(() => seen).toContain(`POST ${TOKEN_PATH}`);
			const { error } = await runner('other').run({ parameters: GET });
			expect(error).toBeUndefined();
		},
	);

	it('that drips: cancelling frees the slot', { timeout: 45_000, retry: 0 }, async () => {
		const { runner, seen } = await answeringServer(({ url }, response, body) => {
			if (url !== TOKEN_PATH) json(response, {});
			else if (body.includes('client_id=slow')) drip(response);
			else giveToken(response, 'token-of-the-other');
		});
		const cancel = new AbortController();
		const slow = runner('slow').run({ parameters: GET, signal: cancel.signal });
		slow.catch(() => {});
		await expect.poll(() => seen).toContain(`POST ${TOKEN_PATH}`);
		cancel.abort();
		const { error } = await runner('other').run({ parameters: GET });
		expect(error).toBeUndefined();
	});

	it('cancelling ends the wait for another try', { timeout: 45_000, retry: 0 }, async () => {
		const { runner, seen } = await answeringServer(({ url }, response) => {
			if (url !== TOKEN_PATH) return json(response, {});
			response.writeHead(503, { 'retry-after': '8' }).end();
		});
		const cancel = new AbortController();
		const running = runner().run({ parameters: GET, signal: cancel.signal });
		await expect.poll(() => seen).toContain(`POST ${TOKEN_PATH}`);
		cancel.abort();
		await running;
		expect(seen).toEqual([`POST ${TOKEN_PATH}`]);
	});
});

describe('a token that is ended by another process', () => {
	it('while n8n stores it is renewed once more', { retry: 0 }, async () => {
		let issued = 0;
		let good = '';
		const { runner } = await answeringServer(({ url, headers }, response) => {
			if (url === TOKEN_PATH) return giveToken(response, (good = `token-number-${++issued}`));
			const isGood = headers.authorization === `bearer ${good}`;
			json(response, isGood ? {} : { code: 'x' }, isGood ? 200 : 401);
		});
		const a = runner();
		const b = runner();
		expect((await a.run({ parameters: GET })).error).toBeUndefined();
		good = 'of another process';

		// n8n writes to its database before it comes back to `authenticate`: here that takes as long as B's execution.
		const { credentials } = a;
		const preAuthenticate = credentials.preAuthentication.bind(credentials);
		let writes = 0;
		credentials.preAuthentication = async (...args) => {
			const output = await preAuthenticate(...args);
			if (output !== undefined && ++writes === 1) {
				good = 'of another process again';
				b.credentials.stored = { ...credentials.stored };
				expect((await b.run({ parameters: GET })).error).toBeUndefined();
			}
			return output;
		};
		const { error } = await a.run({ parameters: GET });
		expect(writes).toBeGreaterThan(0);
		expect(error).toBeUndefined();
	});

	it('is not exchanged by each who still holds the old one', { retry: 0 }, async () => {
		let issued = 0;
		let good = '';
		const { runner, seen } = await answeringServer(({ url, headers }, response) => {
			if (url === TOKEN_PATH) {
				issued++;
				// As seen after the clock was set back too: the newer token ends sooner.
				return giveToken(response, (good = `token-number-${issued}`), 7200 - 600 * issued);
			}
			const isGood = headers.authorization === `bearer ${good}`;
			json(response, isGood ? {} : { code: 'x' }, isGood ? 200 : 401);
		});
		const first = runner();
		await first.run({ parameters: GET });
		const others = Array.from({ length: 5 }, () => runner());
		for (const other of others) other.credentials.stored = { ...first.credentials.stored };
		good = 'of another process';
		for (const other of others) {
			expect((await other.run({ parameters: GET })).error).toBeUndefined();
		}
		expect(seen.filter((line) => line.startsWith('POST'))).toHaveLength(2);
	});
});

describe('a server that gives the same token until it ends', () => {
	it('and once takes it for dead, by mistake, is forgiven', { retry: 0 }, async () => {
		let isOutOfOrder = false;
		const { runner } = await answeringServer(({ url }, response) => {
			// As DingTalk, of the same house, does it: asked again, it repeats the token that still counts.
			if (url === TOKEN_PATH) {
				isOutOfOrder = false;
				return giveToken(response, 'the-one-token-of-this-hour');
			}
			json(response, {}, isOutOfOrder ? 401 : 200);
		});
		const alimail = runner();
		expect((await alimail.run({ parameters: GET })).error).toBeUndefined();
		isOutOfOrder = true;
		const outcomes: unknown[] = [];
		for (let count = 0; count < 4; count++) {
			const { error } = await alimail.run({ parameters: GET });
			outcomes.push(error?.message ?? 'done');
		}
		expect(outcomes).toEqual(['done', 'done', 'done', 'done']);
	});
});

describe('a token that lives for seconds', () => {
	it('is renewed once more if it ends while n8n stores it', { retry: 0 }, async () => {
		let issued = 0;
		const { runner } = await answeringServer(({ url }, response) => {
			if (url === TOKEN_PATH) return giveToken(response, `token-number-${++issued}`, 2);
			json(response, {});
		});
		const alimail = runner();
		expect((await alimail.run({ parameters: GET })).error).toBeUndefined();
		await delay(2000);
		const { credentials } = alimail;
		const preAuthenticate = credentials.preAuthentication.bind(credentials);
		let writes = 0;
		credentials.preAuthentication = async (...args) => {
			const output = await preAuthenticate(...args);
			// One slow write to the database.
			if (output !== undefined && ++writes === 1) await delay(2500);
			return output;
		};
		expect((await alimail.run({ parameters: GET })).error).toBeUndefined();
	});
});
