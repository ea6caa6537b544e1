import formBody from '@fastify/formbody';
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { AlimailError } from './errors.mts';
import { knownSecrets } from './secrets.mts';
import type { Settings } from './settings.mts';

/** Where tokens are had. */
export const tokenPath = '/oauth2/v2.0/token';

/** Every token that was issued. A new one leaves the earlier ones alone [INF]. */
export class Tokens {
	#expiresAt = new Map<string, number>();

	/** Issues an opaque token. */
	issue(lifetimeSeconds: number): string {
		const token = `sim-${randomBytes(24).toString('base64url')}`;
		knownSecrets.add(token);
		this.#expiresAt.set(token, Date.now() + lifetimeSeconds * 1000);
		return token;
	}

	/** What a token is worth now. */
	check(token: string): 'valid' | 'expired' | 'unknown' {
		const expiresAt = this.#expiresAt.get(token);
		if (expiresAt === undefined) return 'unknown';
		return Date.now() < expiresAt ? 'valid' : 'expired';
	}

	/** Makes every token unknown. */
	revokeAll(): void {
		this.#expiresAt.clear();
	}
}

/** Reads the token of an `Authorization` header; the scheme may be written in any case [OFF]. */
export function bearerToken(authorization: string | undefined): string | undefined {
	return /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

/**
 * 1003 is the only code ever reported for this endpoint, for all of: wrong id or secret, wrong encoding, disabled app
 * [3P]. Its status, and any other code, are unknown.
 */
function refused(): AlimailError {
	return new AlimailError(400, '1003', '请求参数异常');
}

/** Adds the token endpoint. Fields beside the three known ones are tolerated, since `scope` is [3P]. */
export async function tokenRoutes(
	app: FastifyInstance,
	options: { settings: Settings; tokens: Tokens; clientId: string; clientSecret: string },
): Promise<void> {
	const { settings, tokens, clientId, clientSecret } = options;
	app.removeAllContentTypeParsers();
	await app.register(formBody);
	app.addContentTypeParser('*', { parseAs: 'string' }, (_request, _body, done) => done(null));

	app.post(tokenPath, (request) => {
		const form = (request.body ?? {}) as Record<string, unknown>;
		if (form.grant_type !== 'client_credentials') throw refused();
		if (form.client_id !== clientId) throw refused();
		if (form.client_secret !== clientSecret) throw refused();
		const lifetime = settings.tokenLifetimeSeconds;
		return {
			token_type: settings.tokenType,
			access_token: tokens.issue(lifetime),
			...(settings.expiresInShape === 'number' && { expires_in: lifetime }),
			...(settings.expiresInShape === 'string' && { expires_in: String(lifetime) }),
		};
	});
}
