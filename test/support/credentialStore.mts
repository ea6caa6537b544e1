import {
	ICredentialsHelper,
	type ICredentialDataDecryptedObject,
	type ICredentialType,
	type ICredentials,
	type IHttpRequestHelper,
	type IHttpRequestOptions,
	type INode,
	type INodeProperties,
} from 'n8n-workflow';

/**
 * n8n's `CredentialsHelper`, which no package exports, over one credential in memory. The conditions under which it calls
 * `preAuthentication`, and stores what comes back, are those of n8n 2.41.1 (`packages/cli/src/credentials-helper.ts`).
 */
export class CredentialStore extends ICredentialsHelper {
	readonly credentialType: ICredentialType;

	/** As it would stand in the database. */
	stored: ICredentialDataDecryptedObject;

	constructor(credentialType: ICredentialType, fields: ICredentialDataDecryptedObject) {
		super();
		this.credentialType = credentialType;
		const defaults = credentialType.properties.map(({ name, default: value }) => [name, value]);
		this.stored = { ...Object.fromEntries(defaults), ...fields };
	}

	override async authenticate(
		credentials: ICredentialDataDecryptedObject,
		_typeName: string,
		requestOptions: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		if (typeof this.credentialType.authenticate !== 'function') return requestOptions;
		return await this.credentialType.authenticate(credentials, requestOptions);
	}

	override async preAuthentication(
		helpers: IHttpRequestHelper,
		credentials: ICredentialDataDecryptedObject,
		_typeName: string,
		_node: INode,
		credentialsExpired: boolean,
	): Promise<ICredentialDataDecryptedObject | undefined> {
		const expirable = this.credentialType.properties.find(
			({ type, typeOptions }) => type === 'hidden' && typeOptions?.expirable === true,
		);
		if (!expirable || !this.credentialType.preAuthentication) return undefined;
		if (credentials[expirable.name] !== '' && !credentialsExpired) return undefined;
		const output = (await this.credentialType.preAuthentication.call(
			helpers,
			credentials,
		)) as ICredentialDataDecryptedObject;
		if (output[expirable.name] === undefined) return undefined;
		this.stored = { ...this.stored, ...structuredClone(output) };
		return Object.assign(credentials, output);
	}

	override async getDecrypted(): Promise<ICredentialDataDecryptedObject> {
		return structuredClone(this.stored);
	}

	override getParentTypes(): string[] {
		return [];
	}

	override isCredentialUsableByNode(): boolean {
		return true;
	}

	override getCredentialsProperties(): INodeProperties[] {
		return this.credentialType.properties;
	}

	override async runPreAuthentication(): Promise<never> {
		throw new Error('not used by nodes');
	}

	override async getCredentials(): Promise<ICredentials> {
		throw new Error('not used by nodes');
	}

	override async updateCredentials(): Promise<void> {
		throw new Error('not used by nodes');
	}

	override async updateCredentialsOauthTokenData(): Promise<void> {
		throw new Error('not used by nodes');
	}
}
