import { randomUUID } from 'node:crypto';

/** The owner's account on an n8n under test. */
export interface Login {
	email: string;
	password: string;
}

/** An HTTP answer with its body parsed: JSON where it is JSON, text otherwise. */
export interface HttpAnswer {
	status: number;
	headers: Headers;
	body: unknown;
}

/** n8n answered a REST call with something else than success. */
export class N8nRestError extends Error {
	readonly status: number;
	readonly body: unknown;

	constructor(call: string, { status, body }: HttpAnswer) {
		super(`${call} was answered with ${status}: ${JSON.stringify(body)}`);
		this.name = 'N8nRestError';
		this.status = status;
		this.body = body;
	}
}

/** Makes up an owner whose password n8n accepts. */
export function newLogin(): Login {
	return { email: 'owner@example.com', password: `Aa1-${randomUUID()}` };
}

/** n8n's internal REST API, used as its editor uses it: with a session cookie and a browser id. */
export class N8nRest {
	readonly #baseUrl: string;
	readonly #browserId = randomUUID();
	#cookie = '';

	constructor(baseUrl: string) {
		this.#baseUrl = baseUrl;
	}

	/** Signs in as the owner, who is set up first on an n8n that has none yet. */
	async signIn({ email, password }: Login): Promise<void> {
		const settings = await this.call<{ userManagement: { showSetupOnFirstLoad?: boolean } }>(
			'GET',
			'/rest/settings',
		);
		if (settings.userManagement.showSetupOnFirstLoad) {
			const owner = { email, password, firstName: 'Test', lastName: 'Owner' };
			await this.call('POST', '/rest/owner/setup', owner);
		} else {
			await this.call('POST', '/rest/login', { emailOrLdapLoginId: email, password });
		}
	}

	/**
	 * Calls the API and returns the `data` of the answer.
	 *
	 * @throws {N8nRestError} when n8n refuses
	 */
	async call<T>(method: string, path: string, body?: unknown): Promise<T> {
		const answer = await this.callRaw(method, path, body);
		if (answer.status < 200 || answer.status > 299) {
			throw new N8nRestError(`${method} ${path}`, answer);
		}
		return (answer.body as { data: T }).data;
	}

	/** Calls the API and returns whatever it answers. */
	async callRaw(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
		return await answerOf(await this.#fetch(method, path, body));
	}

	/**
	 * Downloads a file.
	 *
	 * @throws {N8nRestError} when n8n refuses
	 */
	async download(path: string): Promise<Buffer> {
		const response = await this.#fetch('GET', path);
		if (!response.ok) throw new N8nRestError(`GET ${path}`, await answerOf(response));
		return Buffer.from(await response.arrayBuffer());
	}

	async #fetch(method: string, path: string, body?: unknown): Promise<Response> {
		const response = await fetch(new URL(path, this.#baseUrl), {
			method,
			headers: {
				'browser-id': this.#browserId,
				...(this.#cookie && { cookie: this.#cookie }),
				...(body !== undefined && { 'content-type': 'application/json' }),
			},
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		const session = response.headers.getSetCookie().find((line) => line.startsWith('n8n-auth='));
		if (session) this.#cookie = session.split(';', 1)[0] ?? '';
		return response;
	}
}

/** Reads a response to its end. */
export async function answerOf(response: Response): Promise<HttpAnswer> {
	const { status, headers } = response;
	const text = await response.text();
	const isJson = headers.get('content-type')?.includes('json') && text !== '';
	return { status, headers, body: isJson ? JSON.parse(text) : text };
}
