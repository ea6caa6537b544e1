import Fastify, { type FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { guard } from './access.mts';
import { adminRoutes } from './admin.mts';
import type { Context } from './context.mts';
import { invalidParameter } from './errors.mts';
import { Faults } from './faults.mts';
import { instrument } from './instrument.mts';
import { RateLimiter } from './rateLimit.mts';
import type { RecordedRequest } from './record.mts';
import { attachmentRoutes } from './routes/attachments.mts';
import { departmentRoutes } from './routes/departments.mts';
import { folderRoutes } from './routes/folders.mts';
import { messageRoutes } from './routes/messages.mts';
import { organizationRoutes } from './routes/organization.mts';
import { sharedContactRoutes } from './routes/sharedContacts.mts';
import { userRoutes } from './routes/users.mts';
import { knownSecrets } from './secrets.mts';
import { defaultSettings, type Settings } from './settings.mts';
import type { Simulator, SimulatorOptions, Storage } from './simulator.mts';
import { State } from './state.mts';
import { streamRoutes, StreamStore } from './streams.mts';
import { TOKEN_PATH, tokenRoutes, Tokens } from './token.mts';

export { defaultSettings } from './settings.mts';
export type { FaultHandle, FaultRule } from './faults.mts';
export type * from './model.mts';
export type { RecordedRequest } from './record.mts';
export { knownSecrets } from './secrets.mts';
export type { Settings } from './settings.mts';
export type { Simulator, SimulatorOptions, Storage } from './simulator.mts';
export type { State } from './state.mts';
export { bearerPattern, TOKEN_PATTERN as tokenPattern } from './token.mts';

/** The application ID that the simulator knows unless told otherwise. */
export const DEFAULT_CLIENT_ID = 'demo-app';

/** Its secret, with characters that a form has to encode. */
export const DEFAULT_CLIENT_SECRET = 's3cret+/=& %中';

const HOST = '127.0.0.1';
const LARGEST_JSON_BYTES = 64 * 1024 * 1024;
/** Room for a token of 12,000 characters and a long request target; Node's own limit is 16 KiB. */
const LARGEST_HEADER_BYTES = 64 * 1024;
/** Longer than any request target that Node accepts. */
const LONGEST_PARAMETER = 64 * 1024;

/** Starts a simulator on a port of the loopback interface. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
	const initial: Settings = { ...defaultSettings, ...options.settings };
	const context: Context = {
		settings: { ...initial },
		state: new State(),
		tokens: new Tokens(),
		faults: new Faults(),
		streams: new StreamStore(),
		rateLimiter: new RateLimiter(),
	};
	const clientId = options.clientId ?? DEFAULT_CLIENT_ID;
	const clientSecret = options.clientSecret ?? DEFAULT_CLIENT_SECRET;
	knownSecrets.add(clientSecret);
	const requests: RecordedRequest[] = [];
	const storages = new Set<Storage>();
	const app = createApp();
	let url = '';

	const simulator: Simulator = {
		get url() {
			return url;
		},
		clientId,
		clientSecret,
		requests,
		get tokenRequests() {
			return requests.filter(({ path }) => path === TOKEN_PATH);
		},
		get apiRequests() {
			return requests.filter(({ path }) => path !== TOKEN_PATH);
		},
		settings: context.settings,
		state: context.state,
		clearRequests() {
			requests.length = 0;
			for (const storage of storages) storage.requests.length = 0;
		},
		reset() {
			context.state.reset();
			context.faults.clear();
			context.tokens.revokeAll();
			context.rateLimiter.reset();
			Object.assign(context.settings, initial);
			simulator.clearRequests();
			context.streams.clear();
		},
		revokeTokens: () => context.tokens.revokeAll(),
		fault: (rule) => context.faults.add(rule),
		clearFaults: () => context.faults.clear(),
		async startStorage() {
			const storage = await startStorage(context, () => storages.delete(storage));
			storages.add(storage);
			return storage;
		},
		async close() {
			await Promise.all([...storages].map((storage) => storage.close()));
			await app.close();
			context.state.dropSentCopies();
			context.streams.clear();
			await context.streams.removed();
		},
	};

	instrument(app, context, requests);
	guard(app, context);
	await app.register(tokenRoutes, { ...context, clientId, clientSecret });
	organizationRoutes(app, context);
	userRoutes(app, context);
	departmentRoutes(app, context);
	sharedContactRoutes(app, context);
	folderRoutes(app, context);
	messageRoutes(app, context);
	attachmentRoutes(app, context);
	streamRoutes(app, context);
	adminRoutes(app, simulator);
	url = await listen(app, options.port ?? 0, options.host ?? HOST);
	return simulator;
}

async function startStorage(context: Context, closed: () => void): Promise<Storage> {
	const requests: RecordedRequest[] = [];
	const app = createApp();
	instrument(app, context, requests);
	streamRoutes(app, context);
	const url = await listen(app, 0, HOST);
	return {
		url,
		requests,
		async close() {
			closed();
			await app.close();
		},
	};
}

async function listen(app: FastifyInstance, port: number, hostname: string): Promise<string> {
	await app.listen({ port, host: hostname });
	const { port: actual } = app.server.address() as AddressInfo;
	return `http://${hostname}:${actual}`;
}

function createApp(): FastifyInstance {
	const app = Fastify({
		forceCloseConnections: true,
		bodyLimit: LARGEST_JSON_BYTES,
		http: { maxHeaderSize: LARGEST_HEADER_BYTES },
		routerOptions: { maxParamLength: LONGEST_PARAMETER },
		rewriteUrl: ({ url = '/' }) => routableUrl(url),
	});
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
		try {
			// An empty body counts as none, also where a client declares JSON.
			done(null, body === '' ? undefined : JSON.parse(body as string));
		} catch {
			done(invalidParameter('body is not JSON'));
		}
	});
	// Any other body counts as none.
	app.addContentTypeParser('*', (_request, payload, done) => {
		payload
			.on('error', done)
			.on('end', () => done(null))
			.resume();
	});
	return app;
}

/**
 * `%24` and `$` are the same in a path (RFC 3986), but not to Fastify's router. A path that does not decode is sent
 * to where no route is, so that it is recorded like all others.
 */
function routableUrl(url: string): string {
	const queryAt = url.indexOf('?');
	const path = queryAt < 0 ? url : url.slice(0, queryAt);
	const query = queryAt < 0 ? '' : url.slice(queryAt);
	try {
		decodeURIComponent(path);
	} catch {
		return `/undecodable${query}`;
	}
	return path.replaceAll('%24', '$') + query;
}
