import formBody from '@fastify/formbody';
import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { AlimailError } from './errors.mts';
import { knownSecrets } from './secrets.mts';
import type { Settings } from './settings.mts';

/** Where tokens are had. */
export const TOKEN_PATH = '/oauth2/v2.0/token';

/** A JWT's first part as in the official answer example: `{"alg":"RS256","typ":"JWT"}` [OFF]. */
const JWT_HEADER = 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9';

/** What RS256 with a key of 2,048 bits makes. */
const SIGNATURE_BYTES = 256;

/** The length that means a UUID instead of a JWT. */
const UUID_LENGTH = 36;

/** Shortest JWT: header, a payload that names itself, signature. */
const SHORTEST_JWT = 500;

interface IssuedToken {
	readonly expiresAt: number;
	/** Tokens are counted in the order in which they are issued. */
	readonly number: number;
}

/** What a token looks like, of whatever length. */
export const TOKEN_PATTERN =
	/(?:eyJ[\w-]+\.[\w-]+\.[\w-]+|[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})/;

/** `Authorization` as the node writes it. */
export const bearerPattern = new RegExp(`^bearer ${TOKEN_PATTERN.source}$`);

/** Every token that was issued. */
export class Tokens {
	readonly #issued = new Map<string, IssuedToken>();
	#count = 0;
	#oldestAlive = 0;

	/** Number of the oldest token that no newer one has ended. */
	get oldestAlive(): number {
		return this.#oldestAlive;
	}

	/**
	 * Issues a token.
	 *
	 * @param options.length - in characters
	 * @param options.endsOlder - whether it ends the earlier ones, which no source says
	 */
	issue(lifetimeSeconds: number, options: { length: number; endsOlder: boolean }): string {
		const expiresAt = Date.now() + lifetimeSeconds * 1000;
		const token = newToken(options.length, expiresAt);
		knownSecrets.add(token);
		this.#count += 1;
		if (options.endsOlder) this.#oldestAlive = this.#count;
		this.#issued.set(token, { expiresAt, number: this.#count });
		return token;
	}

	/**
	 * What a token is worth now.
	 *
	 * @param oldestAlive - as it was when the request arrived: a token that is ended later still counts for that request
	 */
	check(token: string, oldestAlive: number): 'valid' | 'expired' | 'unknown' {
		const issued = this.#issued.get(token);
		if (issued === undefined || issued.number < oldestAlive) return 'unknown';
		return Date.now() < issued.expiresAt ? 'valid' : 'expired';
	}

	/** Makes every token unknown. */
	revokeAll(): void {
		this.#issued.clear();
	}
}

/** A JWT of exactly this length, where base64 has a text of it; a UUID for 36. Nothing in it means anything. */
function newToken(length: number, expiresAt: number): string {
	if (length === UUID_LENGTH) return randomUUID();
	if (length < SHORTEST_JWT) {
		throw new RangeError(`tokenLength is ${UUID_LENGTH}, or ${SHORTEST_JWT} and more`);
	}
	const signature = randomBytes(SIGNATURE_BYTES).toString('base64url');
	const payloadLength = length - JWT_HEADER.length - signature.length - 2;
	const claims = { jti: randomUUID(), exp: Math.floor(expiresAt / 1000), ctx: '' };
	const contextLength = Math.floor((payloadLength * 3) / 4) - JSON.stringify(claims).length;
	claims.ctx = randomBytes(contextLength).toString('base64url').slice(0, contextLength);
	const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
	return `${JWT_HEADER}.${payload}.${signature}`;
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

	app.post(TOKEN_PATH, (request) => {
		const form = (request.body ?? {}) as Record<string, unknown>;
		if (form.grant_type !== 'client_credentials') throw refused();
		if (form.client_id !== clientId) throw refused();
		if (form.client_secret !== clientSecret) throw refused();
		const lifetime = settings.tokenLifetimeSeconds;
		return {
			token_type: settings.tokenType,
			access_token: tokens.issue(lifetime, {
				length: settings.tokenLength,
				endsOlder: settings.newTokenEndsOlder,
			}),
			...(settings.expiresInShape === 'number' && { expires_in: lifetime }),
			...(settings.expiresInShape === 'string' && { expires_in: String(lifetime) }),
		};
	});
}
