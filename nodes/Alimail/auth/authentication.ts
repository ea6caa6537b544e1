import {
	OperationalError,
	UserError,
	type ICredentialDataDecryptedObject,
	type IDataObject,
	type IHttpRequestOptions,
} from 'n8n-workflow';

import { rememberSecrets } from '../errors/redact';
import { accessTokens } from './accessToken';
import { applicationOf } from './application';
import type { AlimailContext } from './credential';
import { EXCHANGE_PATH, type AccessToken, type HttpRequest } from './exchange';
import { storedToken, toStore } from './storedToken';

/**
 * n8n's `preAuthentication`. n8n calls it when no token is stored, and after a request or a credential test has failed, and
 * does not say which it is. After a failure it sends the request again if it gets a token. So a token is handed out only when
 * the caller's own is known to be dead.
 *
 * @param credentials - the decrypted fields of an `alimailApi` credential
 * @returns the credential's fields to store, or nothing when the token was not the trouble
 * @throws UserError for unusable fields, OperationalError when the token endpoint gives no token
 */
export async function renewAccessToken(
	credentials: ICredentialDataDecryptedObject,
	httpRequest: HttpRequest,
): Promise<IDataObject> {
	const application = applicationOf(credentials);
	const held = storedToken(credentials, application);
	// One is stored, but for other fields: the edited ones must be tried, whatever this process remembers.
	const isEdited = held === undefined && Boolean(credentials.accessToken);
	const token = isEdited
		? await accessTokens.exchange(application, httpRequest)
		: await accessTokens.replacement(held, application, httpRequest);
	return token === undefined ? {} : toStore(token, application);
}

/**
 * n8n's `authenticate`: signs a request for the application's own server, and for no other.
 *
 * An expired token, or one that is doubted, is not sent: the error thrown instead looks like the server's 401, on which
 * both of n8n's request helpers renew the token and come back, before anything has left. *Never Error*, pagination and
 * single-use bodies would otherwise never be renewed. Should a version of n8n not come back, the token goes out after a
 * minute of refusals, and the server's own 401 takes over.
 *
 * @param requestOptions - of the modern helper (`url`, `baseURL`) or of the legacy one (`uri`); stays as it is
 * @throws UserError when the request is bound for another origin
 */
export async function authenticate(
	credentials: ICredentialDataDecryptedObject,
	requestOptions: IHttpRequestOptions & { uri?: string },
): Promise<IHttpRequestOptions> {
	const application = applicationOf(credentials);
	const target = targetOf(requestOptions);
	if (target?.origin !== application.origin) {
		throw new UserError(
			`The Alimail credential is for ${application.origin} only, and this request goes to ${target?.origin ?? 'an address that is not valid'}. Use another credential or none for it.`,
		);
	}
	const headers = Object.fromEntries(
		Object.entries(requestOptions.headers ?? {}).filter(
			([name]) => name.toLowerCase() !== 'authorization',
		),
	);
	const signed: IHttpRequestOptions = {
		...requestOptions,
		...ownDomainsOnly(credentials, requestOptions),
		// n8n's default is to send the token along to whatever host a redirect names.
		sendCredentialsOnCrossOriginRedirect: false,
		headers,
	};
	// For the exchange of a credential test too: n8n then calls `preAuthentication`, which reports in Alimail's own words.
	const token = storedToken(credentials, application);
	if (token === undefined || !accessTokens.maySign(token)) throw expiredTokenError();
	rememberSecrets(application.fingerprint, application.clientSecret, token.value);
	// Lowercase, because older n8n puts a header spelled `Authorization` back after a redirect to another host.
	if (target.pathname !== EXCHANGE_PATH) headers.authorization = `bearer ${token.value}`;
	return signed;
}

/**
 * The application's current token: the one stored with the credential or a newer one of this process, else a new one.
 *
 * @param options.forceNew - exchange even though a token is at hand
 * @throws UserError for unusable fields, OperationalError when the token endpoint gives no token
 */
export async function currentAccessToken(
	{ helpers }: AlimailContext,
	credentials: ICredentialDataDecryptedObject,
	options: { forceNew: boolean },
): Promise<AccessToken> {
	const application = applicationOf(credentials);
	const current = accessTokens.current(storedToken(credentials, application), application);
	if (current !== undefined && !options.forceNew) return current;
	return await accessTokens.exchange(
		application,
		async (request) =>
			await helpers.httpRequest({ ...request, ...ownDomainsOnly(credentials, request) }),
	);
}

function expiredTokenError(): Error {
	return Object.assign(
		new OperationalError('The Alimail access token has expired and was not renewed. Try again.'),
		{ response: { status: 401 } },
	);
}

/** n8n binds its own HTTP Request node to the credential's *Allowed HTTP Request Domains*; other nodes have to ask for it. */
function ownDomainsOnly(
	credentials: ICredentialDataDecryptedObject,
	request: IHttpRequestOptions,
): Pick<IHttpRequestOptions, 'allowedDomains'> {
	const { allowedHttpRequestDomains, allowedDomains } = credentials;
	return request.allowedDomains === undefined && allowedHttpRequestDomains === 'domains'
		? { allowedDomains: String(allowedDomains) }
		: {};
}

function targetOf(request: IHttpRequestOptions & { uri?: string }): URL | undefined {
	try {
		const target = new URL(request.url ?? request.uri ?? '', request.baseURL || undefined);
		// `blob:https://host/` has the origin of that host, and n8n's helpers would take it for a path below `baseURL`.
		return /^https?:$/.test(target.protocol) ? target : undefined;
	} catch {
		return undefined;
	}
}
