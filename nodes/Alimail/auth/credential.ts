import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	ILoadOptionsFunctions,
	IPollFunctions,
} from 'n8n-workflow';

import { now } from '../flow/clock';
import { originOf } from './application';

/** Whatever of n8n's contexts a request is made from. */
export type AlimailContext = IExecuteFunctions | IPollFunctions | ILoadOptionsFunctions;

export const CREDENTIAL_NAME = 'alimailApi';

/**
 * How long a credential is not read again. For every request, n8n reads it from the database and decrypts it, which takes
 * about as long as all else that it does for a request. A context may live for months: that of an active trigger does.
 */
const REREAD_AFTER_MS = 1000;

interface Reading {
	at: number;
	fields: Promise<ICredentialDataDecryptedObject>;
}

const readings = new WeakMap<AlimailContext, Reading>();

/** The fields of the credential, as they were a second ago at the earliest. */
export async function credentialOf(
	context: AlimailContext,
): Promise<ICredentialDataDecryptedObject> {
	let reading = readings.get(context);
	if (reading === undefined || now() - reading.at >= REREAD_AFTER_MS) {
		reading = { at: now(), fields: context.getCredentials(CREDENTIAL_NAME) };
		readings.set(context, reading);
		// One that failed is not kept: n8n's database may be busy for a moment.
		reading.fields.catch(() => forgetCredential(context));
	}
	return await reading.fields;
}

/** Has the credential read again: it has another token now. */
export function forgetCredential(context: AlimailContext): void {
	readings.delete(context);
}

/** The origin of the credential's API. */
export async function apiOrigin(context: AlimailContext): Promise<string> {
	return originOf(await credentialOf(context));
}
