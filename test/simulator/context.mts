import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Content } from './content.mts';
import type { Faults, ActiveFault } from './faults.mts';
import type { RateLimiter } from './rateLimit.mts';
import type { RecordedRequest } from './record.mts';
import type { Settings } from './settings.mts';
import type { State } from './state.mts';
import type { StreamStore } from './streams.mts';
import type { Tokens } from './token.mts';

/** What the routes share. */
export interface Context {
	readonly settings: Settings;
	readonly state: State;
	readonly tokens: Tokens;
	readonly faults: Faults;
	readonly streams: StreamStore;
	readonly rateLimiter: RateLimiter;
}

declare module 'fastify' {
	interface FastifyRequest {
		/** Missing for requests to the simulator's own administration. */
		record: RecordedRequest | undefined;
		fault: ActiveFault | undefined;
		/** See `Tokens.oldestAlive`, at the time of arrival. */
		oldestAliveToken: number;
	}
	interface FastifyContextConfig {
		/** Permissions of which one suffices. */
		permissions?: readonly string[];
		/** Reachable without a token. */
		open?: boolean;
	}
}

/** Where absolute stream URLs point: at the storage, or back at the host that the client used. */
export function streamOrigin(request: FastifyRequest, settings: Settings): string {
	return settings.storageOrigin ?? `${request.protocol}://${request.host}`;
}

/** The answer of send and batch operations: `{}` [OFF] or nothing at all [3P]. */
export function emptyAnswer(settings: Settings): object | string {
	return settings.emptyBodies ? '' : {};
}

/** Answers with the bytes of a file. */
export function sendContent(
	reply: FastifyReply,
	content: Content,
	settings: Settings,
): FastifyReply {
	if (settings.downloadLength === 'declared') void reply.header('content-length', content.size);
	return reply.type('application/octet-stream').send(content.open());
}
