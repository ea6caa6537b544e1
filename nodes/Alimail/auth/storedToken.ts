import { jsonParse, type ICredentialDataDecryptedObject, type IDataObject } from 'n8n-workflow';

import type { Application } from './application';
import type { AccessToken } from './exchange';

/** The token stored with a credential, unless it was issued for other fields than the credential has now. */
export function storedToken(
	credentials: ICredentialDataDecryptedObject,
	application: Application,
): AccessToken | undefined {
	const { accessToken, accessTokenDetails } = credentials;
	if (typeof accessToken !== 'string' || accessToken === '') return undefined;
	const details = jsonParse<Partial<ReturnType<typeof detailsOf>> | null>(
		typeof accessTokenDetails === 'string' ? accessTokenDetails : '',
		{ fallbackValue: null },
	);
	if (details?.issuedFor !== application.fingerprint) return undefined;
	return {
		value: accessToken,
		type: String(details.type),
		expiresAt: Number(details.expiresAt),
		lifetimeSeconds: Number(details.lifetimeSeconds),
		lifetimeAssumed: details.lifetimeAssumed === true,
	};
}

/** The fields of a credential with this token, for n8n to store. */
export function toStore(token: AccessToken, application: Application): IDataObject {
	return {
		accessToken: token.value,
		accessTokenDetails: JSON.stringify(detailsOf(token, application)),
	};
}

function detailsOf(token: AccessToken, application: Application) {
	const { type, expiresAt, lifetimeSeconds, lifetimeAssumed } = token;
	return { type, expiresAt, lifetimeSeconds, lifetimeAssumed, issuedFor: application.fingerprint };
}
