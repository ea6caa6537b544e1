import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Context } from './context.mts';
import { AlimailError, errorForStatus } from './errors.mts';
import { ADMIN_PREFIX } from './instrument.mts';
import { isPermitted } from './permissions.mts';
import type { Settings } from './settings.mts';
import { bearerToken, TOKEN_PATH } from './token.mts';

/**
 * Guards the API: token, then rate, then permission. The token endpoint is not counted, since its limit is unknown.
 * Stream URLs need no token [VEND], but one that is sent has to be alive [INF].
 */
export function guard(app: FastifyInstance, context: Context): void {
	const { settings, tokens, rateLimiter } = context;

	app.addHook('onRequest', async (request, reply) => {
		const path = request.url.split('?')[0] ?? '';
		if (path === TOKEN_PATH || path.startsWith(ADMIN_PREFIX) || !path.startsWith('/v2/')) return;
		const { open, permissions } = request.routeOptions.config;
		const { authorization } = request.headers;
		if (!open || authorization !== undefined) {
			requireToken(authorization, request.oldestAliveToken);
		}
		if (!rateLimiter.take(settings.rateLimit, settings.rateLimiter)) {
			sayWhenToRetry(reply, settings);
			throw errorForStatus(429);
		}
		if (!open && !request.is404 && !isPermitted(settings.permissions, permissions)) {
			throw errorForStatus(403);
		}
	});

	function requireToken(authorization: string | undefined, oldestAlive: number): void {
		const token = bearerToken(authorization);
		switch (token === undefined ? 'unknown' : tokens.check(token, oldestAlive)) {
			case 'valid':
				return;
			case 'expired':
				throw new AlimailError(settings.expiredStatus, 'unauthorized', 'access token has expired');
			case 'unknown':
				throw errorForStatus(401);
		}
	}
}

/** Whether the service sends `Retry-After` is unknown. */
function sayWhenToRetry(reply: FastifyReply, { retryAfterHeader }: Settings): void {
	switch (retryAfterHeader) {
		case 'none':
			return;
		case 'seconds':
			void reply.header('retry-after', '1');
			return;
		case 'date': {
			// A date holds whole seconds: rounded up, so that nobody comes back too early.
			const inOneSecond = new Date(Math.ceil((Date.now() + 1000) / 1000) * 1000);
			void reply.header('retry-after', inOneSecond.toUTCString());
			return;
		}
		default:
			void reply.header('retry-after', retryAfterHeader);
	}
}
