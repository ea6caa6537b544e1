// A simulator for the tests of a file, and a client that speaks HTTP to it, without n8n.
import { Readable } from 'node:stream';
import { request, type Dispatcher } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { startSimulator, type Simulator } from '../simulator/index.mts';

/** One object of a list in an answer. */
interface Entry {
	id: string;
	email: string;
	path: string;
	subject: string;
	size: number | string;
	receivedDateTime: string;
	displayName: string;
}

/** The fields of answers that these tests read. */
export interface Body extends Entry {
	access_token: string;
	expires_in: number | string;
	detailErrorCode: string;
	code: string;
	requestId: string;
	message: Entry & {
		message: string;
		internetMessageId: string;
		internetMessageHeaders: unknown;
	};
	domain: string;
	name: string;
	status: string;
	folder: Entry;
	folders: Entry[];
	messages: Entry[];
	users: Entry[];
	departments: Entry[];
	attachments: Entry[];
	contacts: Entry[];
	ids: string[];
	nextCursor: string;
	hasMore: boolean;
	total: number;
	location: string;
	uploadUrl: string;
}

export interface Answer {
	path: string;
	status: number;
	headers: Dispatcher.ResponseData['headers'];
	text: string;
	json: Body;
}

export interface CallOptions {
	method?: Dispatcher.HttpMethod;
	headers?: Record<string, string>;
	json?: unknown;
	body?: string | Buffer | Readable;
}

export const ALICE = '/v2/users/alice@example.com';
export const INBOX = `${ALICE}/mailFolders/2/messages`;

export let simulator: Simulator;
export let token: string;

/** Gives the tests of a file one simulator, and each of them a token. */
export function useSimulator(): void {
	beforeAll(startSimulatorAnew);
	afterAll(() => simulator.close());
	beforeEach(async () => {
		useToken((await exchange()).json.access_token);
	});
	afterEach(() => simulator.reset());
}

/** Puts a new one in the place of a simulator that was closed. */
export async function startSimulatorAnew(): Promise<void> {
	simulator = await startSimulator();
}

/** From now on {@link call} sends this one. */
export function useToken(value: string): void {
	token = value;
}

/** Sends a request to any address, with a JSON body or another one. */
export async function send(url: string, options: CallOptions = {}): Promise<Answer> {
	const { statusCode, headers, body } = await request(url, {
		method: options.method ?? (options.json === undefined ? 'GET' : 'POST'),
		headers: {
			...(options.json !== undefined && { 'content-type': 'application/json' }),
			...options.headers,
		},
		body: options.json === undefined ? (options.body ?? null) : JSON.stringify(options.json),
	});
	const text = await body.text();
	const { pathname } = new URL(url);
	return { path: pathname, status: statusCode, headers, text, json: parsed(text) };
}

function parsed(text: string): Body {
	try {
		return JSON.parse(text) as Body;
	} catch {
		// Not every answer is JSON.
		return {} as Body;
	}
}

/** Asks the token endpoint for a token, with other form fields if need be. */
export function exchange(form: Record<string, string> = {}): Promise<Answer> {
	const fields = new URLSearchParams({
		grant_type: 'client_credentials',
		client_id: simulator.clientId,
		client_secret: simulator.clientSecret,
		...form,
	});
	return send(`${simulator.url}/oauth2/v2.0/token`, {
		method: 'POST',
		headers: { 'content-type': 'application/x-www-form-urlencoded' },
		body: fields.toString(),
	});
}

/** Calls the API with the current token. */
export function call(path: string, options: CallOptions = {}): Promise<Answer> {
	const headers = { authorization: `Bearer ${token}`, ...options.headers };
	return send(simulator.url + path, { ...options, headers });
}

/** An ID as it stands in a path. */
export function encoded(id: string): string {
	return encodeURIComponent(id);
}

/** Fails unless the answer is an error in the shape that calls of its kind have. */
export function expectAlimailError(answer: Answer, status: number, code?: string): void {
	expect(answer.status).toBe(status);
	const isMail = /^\/v2\/(users\/[^/]+\/(mailFolders|messages|calendars)|stream\/)/.test(
		answer.path,
	);
	const names = isMail
		? ['code', 'message', 'requestId']
		: ['detailErrorCode', 'developerMessage', 'message'];
	expect(Object.keys(answer.json).sort()).toEqual(names);
	if (code !== undefined) {
		expect(isMail ? answer.json.code : answer.json.detailErrorCode).toBe(code);
	}
}
