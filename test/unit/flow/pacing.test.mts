import { describe, expect, it } from 'vitest';
import { Pacer, pacerFor, type Start } from '../../../nodes/Alimail/flow/pacing.ts';
import { RateLimiter } from '../../simulator/rateLimit.mts';

const LIMIT = 40;

/** Time that passes only when everybody waits. */
class World {
	now = 0;

	readonly #events: Array<{ at: number; go: () => void }> = [];

	readonly clock = () => this.now;

	readonly wait = async (ms: number): Promise<void> =>
		await new Promise((go) => this.#events.push({ at: this.now + Math.max(ms, 1), go }));

	/** Lets time pass until the work is done. */
	async run<T>(work: Promise<T>): Promise<T> {
		let isDone = false;
		void work.finally(() => (isDone = true));
		for (;;) {
			for (let turn = 0; turn < 50; turn++) await Promise.resolve();
			if (isDone) return await work;
			if (this.#events.length === 0) continue;
			this.#events.sort((left, right) => left.at - right.at);
			const { at, go } = this.#events.shift()!;
			this.now = Math.max(this.now, at);
			go();
		}
	}
}

/** A server that counts by the simulator's own limiter, reached after a few milliseconds, now and then after more. */
class Service {
	readonly accepted: number[] = [];
	refused = 0;
	readonly #limiter = new RateLimiter();
	readonly #world: World;
	readonly #kind: 'slidingWindow' | 'tokenBucket';

	constructor(world: World, kind: 'slidingWindow' | 'tokenBucket') {
		this.#world = world;
		this.#kind = kind;
	}

	get rate(): number {
		const { accepted } = this;
		return (1000 * (accepted.length - 1)) / (accepted.at(-1)! - accepted[0]!);
	}

	take(): boolean {
		return this.#limiter.take(LIMIT, this.#kind, this.#world.now);
	}

	/** @returns how often it was refused */
	async request(pacer: Pacer, maxPerSecond = LIMIT): Promise<number> {
		const { wait } = this.#world;
		for (let tries = 0; ; tries++) {
			const isAccepted = await pacer.run(maxPerSecond, undefined, async (start: Start) => {
				await wait(1 + Math.random() * 4 + (Math.random() < 0.01 ? Math.random() * 30 : 0));
				const taken = this.take();
				if (taken) this.accepted.push(this.#world.now);
				else this.refused++;
				await wait(5 + Math.random() * 10);
				if (!taken) pacer.refused(start, maxPerSecond, 0);
				return taken;
			});
			if (isAccepted) return tries;
			await wait(500 * 2 ** tries * (0.5 + Math.random() / 2));
		}
	}

	async requests(pacer: Pacer, count: number): Promise<number> {
		const tries = await Promise.all(
			Array.from({ length: count }, async () => await this.request(pacer)),
		);
		return Math.max(...tries);
	}
}

const pacerIn = (world: World) => new Pacer(world.clock, world.wait);
const shareOf = (part: number, whole: number) => part / (part + whole);

describe.each(['slidingWindow', 'tokenBucket'] as const)('a limit that counts by %s', (kind) => {
	it('is used to 97 % by one process, with at most 1 % refused', async () => {
		const world = new World();
		const service = new Service(world, kind);
		await world.run(service.requests(pacerIn(world), 1000));
		expect(service.rate / LIMIT).toBeGreaterThanOrEqual(0.97);
		expect(shareOf(service.refused, 1000)).toBeLessThanOrEqual(0.01);
	});

	it('is shared by three processes that know nothing of each other', async () => {
		const world = new World();
		const service = new Service(world, kind);
		const processes = [1, 2, 3].map(async () => await service.requests(pacerIn(world), 1000));
		const tries = await world.run(Promise.all(processes));
		expect(service.rate / LIMIT).toBeGreaterThanOrEqual(0.85);
		expect(shareOf(service.refused, 3000)).toBeLessThanOrEqual(0.06);
		// A request is sent again five times.
		expect(Math.max(...tries)).toBeLessThanOrEqual(5);
	});

	it('of which another application takes half for a minute is yielded, and taken back', async () => {
		const world = new World();
		const service = new Service(world, kind);
		let othersRefused = 0;
		const other = async () => {
			await world.wait(5000);
			for (let count = 0; count < 60 * (LIMIT / 2); count++) {
				if (!service.take()) othersRefused++;
				await world.wait(1000 / (LIMIT / 2));
			}
			return 0;
		};
		const tries = await world.run(Promise.all([other(), service.requests(pacerIn(world), 3600)]));
		expect(Math.max(...tries)).toBeLessThanOrEqual(5);
		expect(othersRefused).toBeLessThanOrEqual(0.1 * 60 * (LIMIT / 2));
		const inLastSeconds = service.accepted.filter((at) => at > service.accepted.at(-1)! - 5000);
		expect(inLastSeconds.length / 5 / LIMIT).toBeGreaterThanOrEqual(0.8);
	});
});

describe('requests that wait for their turn', () => {
	it('start in order, and no more a second than allowed', async () => {
		const world = new World();
		const pacer = pacerIn(world);
		const order: number[] = [];
		const starts = Array.from({ length: 20 }, async (_, index) => {
			const { at } = await pacer.turn(2, undefined);
			order.push(index);
			return at;
		});
		const times = await world.run(Promise.all(starts));
		expect(order).toEqual(order.toSorted((left, right) => left - right));
		for (const [index, at] of times.entries()) {
			const later = times[index + 2];
			if (later !== undefined) expect(later - at).toBeGreaterThanOrEqual(1000);
		}
	});

	it('are free at once when their execution is cancelled, whatever waits before them', async () => {
		const world = new World();
		const pacer = pacerIn(world);
		const end = new AbortController();
		const start = await world.run(pacer.turn(LIMIT, undefined));
		pacer.refused(start, LIMIT, 60_000);
		const before = pacer.turn(LIMIT, undefined);
		const cancelled = pacer.turn(LIMIT, end.signal);
		const begun = world.now;
		end.abort();
		await world.run(cancelled);
		expect(world.now).toBe(begun);
		await world.run(before);
		expect(world.now).toBeGreaterThanOrEqual(begun + 60_000);
	});

	it('for a slot are free at once as well', async () => {
		const world = new World();
		const pacer = pacerIn(world);
		const end = new AbortController();
		// The first goes alone, and never comes back.
		void pacer.run(LIMIT, undefined, async () => await new Promise<never>(() => {}));
		const cancelled = pacer.run(LIMIT, end.signal, async () => 'free');
		end.abort();
		await expect(cancelled).resolves.toBe('free');
	});
});

describe('the pacers of a process', () => {
	it('are forgotten by when they were used last: never the one of the API itself', () => {
		const api = pacerFor('https://api.example');
		const first = pacerFor('https://storage.example/0');
		for (let number = 1; number <= 300; number++) {
			pacerFor(`https://storage.example/${number}`);
			expect(pacerFor('https://api.example')).toBe(api);
		}
		expect(pacerFor('https://storage.example/0')).not.toBe(first);
	});
});
