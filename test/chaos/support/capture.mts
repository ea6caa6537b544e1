import { createRequire } from 'node:module';

// Read when n8n's logger is made, so this file comes before whatever loads n8n-core.
process.env.N8N_LOG_LEVEL = 'debug';

const require = createRequire(import.meta.url);
const requireOfCore = createRequire(require.resolve('n8n-core'));

interface LoggerPrototype {
	log(level: string, message: string, metadata: unknown): void;
}

/** Everything that n8n logs at level debug, and everything that is written to the console. */
export class LogCapture implements Disposable {
	readonly entries: unknown[] = [];

	readonly #undo: Array<() => void> = [];

	constructor() {
		const { Logger } = requireOfCore('@n8n/backend-common') as {
			Logger: { prototype: LoggerPrototype };
		};
		const { log } = Logger.prototype;
		Logger.prototype.log = (...entry) => void this.entries.push(entry);
		this.#undo.push(() => (Logger.prototype.log = log));
		for (const stream of [process.stdout, process.stderr]) {
			const { write } = stream;
			stream.write = ((...parameters: Parameters<typeof write>) => {
				this.entries.push(String(parameters[0]));
				return Reflect.apply(write, stream, parameters) as boolean;
			}) as typeof write;
			this.#undo.push(() => (stream.write = write));
		}
		for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
			const original = console[method];
			console[method] = (...parameters: unknown[]) => {
				this.entries.push(parameters);
				original(...parameters);
			};
			this.#undo.push(() => (console[method] = original));
		}
	}

	[Symbol.dispose](): void {
		for (const undo of this.#undo) undo();
	}
}

/** What nobody handled: rejections, exceptions, and the warnings that tell of a leak. */
export class TroubleCapture implements Disposable {
	readonly found: string[] = [];

	readonly #listeners = {
		unhandledRejection: (reason: unknown) => this.#add('unhandled rejection', reason),
		uncaughtExceptionMonitor: (error: unknown) => this.#add('uncaught exception', error),
		warning: (warning: Error) => {
			if (/Leak|MaxListeners|Unhandled/i.test(`${warning.name} ${warning.message}`)) {
				this.#add('warning', warning);
			}
		},
	};

	constructor() {
		for (const [event, listener] of Object.entries(this.#listeners)) process.on(event, listener);
	}

	[Symbol.dispose](): void {
		for (const [event, listener] of Object.entries(this.#listeners)) process.off(event, listener);
	}

	#add(what: string, thrown: unknown): void {
		this.found.push(`${what}: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
	}
}

/** What keeps the process busy: sockets, servers, look-ups, files; timers apart. */
export function openHandles(): Map<string, number> {
	const counts = new Map<string, number>();
	for (const name of process.getActiveResourcesInfo()) {
		counts.set(name, (counts.get(name) ?? 0) + 1);
	}
	return counts;
}
