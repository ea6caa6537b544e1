import { describe, expect, it } from 'vitest';
import {
	DAY_MS,
	HOUR_MS,
	MINUTE_MS,
	subjectsOf,
	watchedMailbox,
} from '../../support/watchedMailbox.mts';

const options = { downloadAttachments: true };
const files = (...names: string[]) =>
	names.map((name) => ({ name, content: `content of ${name}` }));
const escaped = (text: string) => text.replace(/[^\w]/g, '\\$&');
const exactly = (text: string) => new RegExp(`${escaped(text)}$`);

/** The path of a file as it is sent. */
const valueOf = (id: string, attachmentId: string) =>
	new RegExp(
		`${escaped(`/messages/${encodeURIComponent(id)}/attachments/${encodeURIComponent(attachmentId)}/`)}`,
	);

describe('a file of one message is refused for good', () => {
	it('holds back no other message, and comes without that file after five polls', async () => {
		const { simulator, trigger, pass, arrives, watch, countOf } = await watchedMailbox();
		const { poll, pollFor } = watch({ options });
		await poll();
		arrives('Before', { attachments: files('a.txt') });
		const infected = arrives('Infected', { attachments: files('b.txt', 'virus.exe', 'c.txt') });
		const [first, virus, last] = infected.attachments;
		simulator.fault({
			path: valueOf(infected.id, virus!.id),
			status: 403,
			body: { detailErrorCode: 'INFECTED', message: 'This file is infected' },
			times: Infinity,
		});
		for (const name of ['One', 'Two', 'Three', 'Four']) {
			arrives(name, { attachments: files(`${name}.txt`) });
			pass(MINUTE_MS);
			const expected = name === 'One' ? ['Before', 'One'] : [name];
			expect(subjectsOf(await poll())).toEqual(expected);
		}
		pass(MINUTE_MS);
		const items = await poll();
		expect(subjectsOf(items)).toEqual(['Infected']);
		const [{ json, binary }] = items as [NonNullable<typeof items>[0]];
		expect(json.error).toMatch(
			/^Missing: virus\.exe\. 'virus\.exe' could not be downloaded\..*403/,
		);
		expect(json.error).toContain('This file is infected');
		expect(Object.keys(binary!)).toEqual(['attachment_0', 'attachment_2']);
		expect(json.attachments).toMatchObject([
			{ name: 'b.txt', binaryField: 'attachment_0' },
			{ name: 'virus.exe' },
			{ name: 'c.txt', binaryField: 'attachment_2' },
		]);
		expect((await trigger.read(binary!.attachment_0!)).toString()).toBe('content of b.txt');
		expect((await trigger.read(binary!.attachment_2!)).toString()).toBe('content of c.txt');

		expect(await pollFor(3 * DAY_MS, HOUR_MS)).toEqual([]);
		const downloads = (id: string) => countOf(exactly(`/${id}/$value`));
		expect([first, virus, last].map((file) => downloads(file!.id))).toEqual([1, 5, 1]);
		expect(countOf(/\$value$/)).toBe(1 + 7 + 4);
	});

	it('comes whole as soon as it can, with no file downloaded twice', async () => {
		const { simulator, pass, arrives, watch, countOf } = await watchedMailbox();
		const { poll } = watch({ options });
		await poll();
		const { id, attachments } = arrives('Slow', { attachments: files('a.txt', 'b.txt') });
		simulator.fault({ path: valueOf(id, attachments[1]!.id), status: 403, times: 3 });
		for (let minute = 0; minute < 3; minute++) {
			pass(MINUTE_MS);
			expect(await poll()).toBeNull();
		}
		pass(MINUTE_MS);
		const items = await poll();
		expect(subjectsOf(items)).toEqual(['Slow']);
		expect(items![0]!.json).not.toHaveProperty('error');
		expect(Object.keys(items![0]!.binary!)).toEqual(['attachment_0', 'attachment_1']);
		expect(countOf(exactly(`/${attachments[0]!.id}/$value`))).toBe(1);
	});

	it('is remembered across a restart, whose polls count on', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const { poll, staticData } = watch({ options });
		await poll();
		const { id } = arrives('Infected', { attachments: files('virus.exe') });
		simulator.fault({ path: /\$value$/, status: 403, times: Infinity });
		for (let minute = 0; minute < 3; minute++) {
			arrives(`Mail ${minute}`);
			pass(MINUTE_MS);
			expect(subjectsOf(await poll())).toEqual([`Mail ${minute}`]);
		}
		const restarted = watch({ options }, staticData);
		expect(await restarted.activate('init')).toBeNull();
		pass(MINUTE_MS);
		expect((await restarted.poll())?.map(({ json }) => json.id)).toEqual([id]);
	});

	it('is forgotten when the message is deleted meanwhile', async () => {
		const { simulator, pass, arrives, watch, countOf } = await watchedMailbox();
		const { poll, pollFor } = watch({ options });
		await poll();
		const { id } = arrives('Infected', { attachments: files('virus.exe') });
		simulator.fault({ path: /\$value$/, status: 403, times: Infinity });
		pass(MINUTE_MS);
		expect(await poll()).toBeNull();
		simulator.state.removeMessage('alice@example.com', id);
		expect(await pollFor(10 * MINUTE_MS, MINUTE_MS)).toEqual([]);
		expect(countOf(/\$value$/)).toBe(1);
	});
});

describe('something else of a message is refused for good', () => {
	it('comes without its body, and with what the list shows', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const { poll } = watch({ options: { ...options, fields: ['subject', 'body'] } });
		await poll();
		const { id } = arrives('Broken', { attachments: files('a.txt') });
		simulator.fault({
			path: new RegExp(`/messages/${escaped(encodeURIComponent(id))}$`),
			status: 404,
			times: Infinity,
		});
		for (let minute = 0; minute < 4; minute++) {
			arrives(`Mail ${minute}`, { body: { bodyText: 'Hello' } });
			pass(MINUTE_MS);
			expect((await poll())?.map(({ json }) => json)).toMatchObject([
				{ subject: `Mail ${minute}`, text: 'Hello' },
			]);
		}
		pass(MINUTE_MS);
		const [item] = (await poll())!;
		expect(item!.json).toEqual({
			id,
			subject: 'Broken',
			attachments: [expect.objectContaining({ name: 'a.txt', binaryField: 'attachment_0' })],
			error: expect.stringMatching(/^Missing: body\. .*404/) as string,
		});
	});

	it('comes without its files when they cannot be listed', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const { poll } = watch({ options });
		await poll();
		const { id } = arrives('Broken', { attachments: files('a.txt') });
		simulator.fault({ path: /\/attachments$/, status: 400, times: 5 });
		for (let minute = 0; minute < 4; minute++) {
			pass(MINUTE_MS);
			expect(await poll()).toBeNull();
		}
		pass(MINUTE_MS);
		expect(await poll()).toMatchObject([
			{ json: { id, error: expect.stringMatching(/^Missing: attachments\. .*400/) as string } },
		]);
	});
});

describe('the server fails as a whole', () => {
	// Refused again right after a renewal: the one such answer for which the node does not wait.
	const down = { path: /\$value$/, status: 401, times: Infinity };

	it('says so, and hands on nothing incomplete however many polls that takes', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const { poll } = watch({ options });
		await poll();
		const names = ['One', 'Two', 'Three'];
		for (const name of names) arrives(name, { attachments: files('a.txt') });
		const outage = simulator.fault(down);
		for (let minute = 0; minute < 30; minute++) {
			pass(MINUTE_MS);
			await expect(poll()).rejects.toMatchObject({ httpCode: '401' });
		}
		outage.clear();
		pass(MINUTE_MS);
		const items = await poll();
		expect(subjectsOf(items)).toEqual(names);
		for (const { json, binary } of items!) {
			expect(json).not.toHaveProperty('error');
			expect(Object.keys(binary!)).toEqual(['attachment_0']);
		}
	});

	it('hands on what needs nothing of it, and goes on waiting', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const { poll } = watch({ options });
		await poll();
		arrives('With a file', { attachments: files('a.txt') });
		const outage = simulator.fault(down);
		for (let minute = 0; minute < 10; minute++) {
			arrives(`Mail ${minute}`);
			pass(MINUTE_MS);
			expect(subjectsOf(await poll())).toEqual([`Mail ${minute}`]);
		}
		outage.clear();
		pass(MINUTE_MS);
		const items = await poll();
		expect(subjectsOf(items)).toEqual(['With a file']);
		expect(items![0]!.json).not.toHaveProperty('error');
	});

	it('counts as the fault of a message when others get the same', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const { poll } = watch({ options });
		await poll();
		const { id, attachments } = arrives('Poison', { attachments: files('a.txt') });
		simulator.fault({ ...down, path: valueOf(id, attachments[0]!.id) });
		for (let minute = 0; minute < 4; minute++) {
			arrives(`Mail ${minute}`, { attachments: files('b.txt') });
			pass(MINUTE_MS);
			expect(subjectsOf(await poll())).toEqual([`Mail ${minute}`]);
		}
		arrives('Mail 4', { attachments: files('b.txt') });
		pass(MINUTE_MS);
		const items = await poll();
		expect(subjectsOf(items)).toEqual(['Poison', 'Mail 4']);
		expect(items![0]!.json.error).toMatch(/^Missing: a\.txt\. /);
	});

	it('is waited for a day, and not for ever', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const { poll } = watch({ options });
		await poll();
		arrives('With a file', { attachments: files('a.txt') });
		simulator.fault(down);
		for (let hour = 0; hour < 24; hour++) {
			pass(HOUR_MS);
			await expect(poll()).rejects.toMatchObject({ httpCode: '401' });
		}
		pass(HOUR_MS);
		expect(await poll()).toMatchObject([
			{ json: { error: expect.stringContaining('Missing: a.txt.') as string } },
		]);
		expect(await poll()).toBeNull();
	});

	it('stops at the first ten messages instead of asking for all', async () => {
		const { simulator, pass, arrives, watch, countOf } = await watchedMailbox();
		const { poll } = watch({ options: { fields: ['subject', 'body'] } });
		await poll();
		for (let i = 0; i < 25; i++) arrives(`Mail ${i}`);
		const outage = simulator.fault({ path: /\/messages\/[^/]+$/, status: 401, times: Infinity });
		pass(MINUTE_MS);
		await expect(poll()).rejects.toMatchObject({ httpCode: '401' });
		// Each is asked for again after the renewal of the token.
		expect(countOf(/\/messages\/[^/]+$/)).toBe(20);
		outage.clear();
		pass(MINUTE_MS);
		expect(subjectsOf(await poll())).toEqual(Array.from({ length: 25 }, (_, i) => `Mail ${i}`));
	});

	it('does not hold back later mail when a single message makes it fail', async () => {
		const { simulator, pass, arrives, watch } = await watchedMailbox();
		const { poll } = watch({ options: { fields: ['subject', 'body'] } });
		await poll();
		const { id } = arrives('Poison');
		simulator.fault({
			path: new RegExp(`${escaped(encodeURIComponent(id))}$`),
			status: 503,
			times: Infinity,
		});
		pass(MINUTE_MS);
		await expect(poll()).rejects.toMatchObject({ httpCode: '503' });
		arrives('Later');
		pass(MINUTE_MS);
		expect(subjectsOf(await poll())).toEqual(['Later']);
	}, 120_000);
});
