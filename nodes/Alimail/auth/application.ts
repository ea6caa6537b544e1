import { UserError, type ICredentialDataDecryptedObject } from 'n8n-workflow';

import { sha256 } from '../errors/hash';

/**
 * Where Alimail answers, by the value of the credential's *Region*.
 *
 * Source: https://www.alibabacloud.com/help/zh/alibaba-mail/latest/api-access-server-address
 */
const REGION_ORIGINS: ReadonlyMap<string, string> = new Map([
	['cn', 'https://alimail-cn.aliyuncs.com'],
	['sg', 'https://alimail-sg.aliyuncs.com'],
	['hk', 'https://alimail-hk.aliyuncs.com'],
	['de', 'https://alimail-de.aliyuncs.com'],
	['us', 'https://alimail-us.aliyuncs.com'],
]);

/** An application as the console of Alimail lists it, and the server that knows it. */
export interface Application {
	/** Scheme, host and port of the API, without a slash at the end. */
	readonly origin: string;
	readonly clientId: string;
	readonly clientSecret: string;
	/** SHA-256 over all of the above: tells applications apart without keeping a secret. */
	readonly fingerprint: string;
}

/**
 * Reads the application from the fields of an `alimailApi` credential. White space around pasted values is dropped.
 *
 * @throws UserError that names the field that is empty or unusable
 */
export function applicationOf(credentials: ICredentialDataDecryptedObject): Application {
	const origin = originOf(credentials);
	const clientId = requiredField(credentials.clientId, 'Application ID');
	const clientSecret = requiredField(credentials.clientSecret, 'Application Secret');
	const fingerprint = sha256(JSON.stringify([origin, clientId, clientSecret]));
	return { origin, clientId, clientSecret, fingerprint };
}

/**
 * The origin that a credential's requests may go to.
 *
 * @throws UserError when the custom base URL is missing, is not an address, carries more than scheme, host and port, or
 * would send the secret unencrypted over a network
 */
export function originOf(credentials: ICredentialDataDecryptedObject): string {
	const region = credentials.region;
	if (region !== 'custom') {
		const origin = REGION_ORIGINS.get(String(region));
		if (origin === undefined) {
			throw new UserError("The Alimail credential has no 'Region'. Choose one and save it.");
		}
		return origin;
	}
	const baseUrl = requiredField(credentials.baseUrl, 'Base URL');
	if (!URL.canParse(baseUrl)) {
		throw new UserError(
			"The 'Base URL' of the Alimail credential is not an address. Enter one such as https://mail-open.xc.aliyun.com",
		);
	}
	const url = new URL(baseUrl);
	if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
		throw new UserError(
			"The 'Base URL' of the Alimail credential must start with https://, because the application secret travels to it.",
		);
	}
	if (url.username || url.password || url.pathname !== '/' || url.search || url.hash) {
		throw new UserError(
			`The 'Base URL' of the Alimail credential takes scheme and host only. Enter ${url.origin}`,
		);
	}
	return url.origin;
}

function isLoopback(hostname: string): boolean {
	return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function requiredField(value: unknown, displayName: string): string {
	const text = typeof value === 'string' ? value.trim() : '';
	if (text === '') {
		throw new UserError(`The '${displayName}' of the Alimail credential is empty. Fill it in.`);
	}
	return text;
}
