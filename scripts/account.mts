/** A real application, and the mailbox to work with. */
export interface RealAccount {
	/** Of the credential. */
	fields: { region: string; baseUrl: string; clientId: string; clientSecret: string };
	/** Scheme and host of the server. */
	origin: string;
	mailbox: string;
}

/** What the environment has to name before anything can be done. */
export class SettingError extends Error {}

const REGIONS = ['cn', 'sg', 'hk', 'de', 'us'];
const REQUIRED = ['ALIMAIL_CLIENT_ID', 'ALIMAIL_CLIENT_SECRET', 'ALIMAIL_MAILBOX'];

/**
 * The account that the environment names: `ALIMAIL_CLIENT_ID`, `ALIMAIL_CLIENT_SECRET`, `ALIMAIL_MAILBOX`, and for the
 * server `ALIMAIL_BASE_URL`, else `ALIMAIL_REGION`, else mainland China.
 *
 * @throws SettingError that says what is missing or unusable
 */
export function realAccount(environment: NodeJS.ProcessEnv): RealAccount {
	const missing = REQUIRED.filter((name) => !environment[name]);
	if (missing.length > 0) {
		throw new SettingError(
			`Set ${missing.join(', ')}: the ID and the secret of an application (its details in the Alimail admin console) and the address of a mailbox.`,
		);
	}
	const {
		ALIMAIL_CLIENT_ID: clientId = '',
		ALIMAIL_CLIENT_SECRET: clientSecret = '',
		ALIMAIL_MAILBOX: mailbox = '',
		ALIMAIL_BASE_URL: baseUrl = '',
	} = environment;
	if (baseUrl !== '') {
		if (!URL.canParse(baseUrl)) {
			throw new SettingError(
				'ALIMAIL_BASE_URL is not an address such as https://mail-open.xc.aliyun.com.',
			);
		}
		const fields = { region: 'custom', baseUrl, clientId, clientSecret };
		return { fields, origin: new URL(baseUrl).origin, mailbox };
	}
	const region = environment.ALIMAIL_REGION || 'cn';
	if (!REGIONS.includes(region)) {
		throw new SettingError(`ALIMAIL_REGION has to be one of ${REGIONS.join(', ')}.`);
	}
	const fields = { region, baseUrl: '', clientId, clientSecret };
	return { fields, origin: `https://alimail-${region}.aliyuncs.com`, mailbox };
}
