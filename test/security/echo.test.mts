import fc from 'fast-check';
import type { ServerResponse } from 'node:http';
import type { INodeParameters } from 'n8n-workflow';
import { describe, expect, it, type TestContext } from 'vitest';
import { Alimail } from '../../nodes/Alimail/Alimail.node.ts';
import { NodeRunner, type NodeRun } from '../support/nodeRunner.mts';
import { fromList } from '../support/operations.mts';
import { recordingServer, type Received } from './support/evil.mts';
import { SecretScanner, expectNoSecret } from '../support/secrets.mts';

/** With all that spells differently in JSON, HTML, forms and addresses. */
const SECRET = 'S3cr3t+/=& %中"<\\>\'Zz9  double';
const TOKEN = 'tok3n.AbC-dEf_gHi~jKl+mNo/pQr==';
const TOKEN_PATH = '/oauth2/v2.0/token';

type Answer = (response: ServerResponse, request: Received) => void;

/**
 * A server that gives a token and otherwise answers as told, and the node with a credential for it.
 *
 * @param context - of the test: several run side by side, since each waits for the pace, or for another try
 */
async function served({ onTestFinished }: TestContext, answer: Answer, tokenAnswer?: Answer) {
	const server = await recordingServer();
	onTestFinished(() => server.close());
	server.answer((response, request) => {
		if (request.url !== TOKEN_PATH) return answer(response, request);
		if (tokenAnswer) return tokenAnswer(response, request);
		json(response, 200, { access_token: TOKEN, token_type: 'bearer', expires_in: 3600 });
	});
	const alimail = new NodeRunner(new Alimail(), {
		region: 'custom',
		baseUrl: server.url,
		clientId: 'application',
		clientSecret: SECRET,
	});
	return { server, alimail };
}

function json(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** What servers, proxies and debug pages write about the request that they got. */
const echoes = (text: string): Array<[string, string, string]> => [
	['plain text', 'text/plain', `bad request: ${text}`],
	['plain text, long', 'text/plain', `${'x'.repeat(180)} ${text} ${'y'.repeat(300)}`],
	['a page', 'text/html', `<html><body><h1>500</h1><pre>${text}</pre></body></html>`],
	[
		'a page with entities',
		'text/html',
		`<p>${text.replace(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`)}</p>`,
	],
	[
		'a page with named entities',
		'text/html',
		`<p>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')}</p>`,
	],
	['JSON of Alimail', 'application/json', JSON.stringify({ detailErrorCode: '1', message: text })],
	['JSON of Alimail, code', 'application/json', JSON.stringify({ detailErrorCode: text })],
	[
		'JSON of Alimail, for developers',
		'application/json',
		JSON.stringify({ detailErrorCode: '1', developerMessage: `${'x'.repeat(150)} ${text}` }),
	],
	[
		'JSON of OAuth 2.0',
		'application/json',
		JSON.stringify({ error: 'x', error_description: text }),
	],
	['JSON, nested', 'application/json', JSON.stringify({ error: { code: 1, message: text } })],
	['JSON, request ID', 'application/json', JSON.stringify({ code: 'x', requestId: text })],
	['JSON of another shape', 'application/json', JSON.stringify({ request: { headers: text } })],
	['a JSON text', 'application/json', JSON.stringify(text)],
	['broken JSON', 'application/json', `{"message": ${JSON.stringify(text)}, `],
	['percent-encoded', 'text/plain', encodeURIComponent(text)],
	['form-encoded', 'text/plain', new URLSearchParams([['client_secret', text]]).toString()],
	['on several lines', 'text/plain', text.replaceAll(' ', '\n')],
];

const secretEchoes = echoes(SECRET);
const tokenEchoes = [...echoes(TOKEN), ...echoes(`authorization: bearer ${TOKEN}\r\nhost: x`)];

const expectClean = (run: NodeRun) => {
	expectNoSecret(run, [SECRET, TOKEN]);
};

describe('a token endpoint that repeats the secret', () => {
	it.concurrent.for([
		...[400, 401, 200].flatMap((status) => secretEchoes.map((echo) => [status, ...echo] as const)),
		// Asked again for half a minute each: a page, JSON of Alimail and plain text stand for the others.
		...[secretEchoes[0]!, secretEchoes[3]!, secretEchoes[5]!].map(
			(echo) => [500, ...echo] as const,
		),
	])('with status %i in %s: the error does not', async ([status, _what, type, body], context) => {
		const { alimail } = await served(
			context,
			() => {},
			(response) => response.writeHead(status, { 'content-type': type }).end(body),
		);
		const run = await alimail.run({ parameters: { resource: 'token', operation: 'get' } });
		expect(run.error?.message).toContain(`HTTP ${status}`);
		expectClean(run);
	});

	it('at any place of a long answer: the error does not', async (context) => {
		let body = '';
		const { alimail } = await served(
			context,
			() => {},
			(response) => response.writeHead(400, { 'content-type': 'text/plain' }).end(body),
		);
		const scanner = new SecretScanner([SECRET]);
		await fc.assert(
			fc.asyncProperty(
				fc.integer({ min: 0, max: 260 }),
				fc.constantFrom(SECRET, encodeURIComponent(SECRET), JSON.stringify(SECRET).slice(1, -1)),
				async (before, spelling) => {
					body = `${'x'.repeat(before)}${spelling}${'y'.repeat(100)}`;
					const run = await alimail.run({ parameters: { resource: 'token', operation: 'get' } });
					expect(scanner.findIn(run)).toBeUndefined();
				},
			),
			{ numRuns: 120 },
		);
	});
});

describe('a token endpoint that gives a token in a shape of its own', () => {
	it.for([
		['application/json', JSON.stringify({ accessToken: TOKEN })],
		['application/json', JSON.stringify({ token: TOKEN, expires_in: 3600 })],
		['application/json', JSON.stringify({ data: { access_token: TOKEN } })],
		['application/json', JSON.stringify([{ access_token: TOKEN }])],
		['application/json', JSON.stringify(TOKEN)],
		['application/json', JSON.stringify({ access_token: `${TOKEN}\r\n` })],
		['application/json', JSON.stringify({ access_token: `=${TOKEN}` })],
		['application/json', JSON.stringify({ access_token: `x ${TOKEN}` })],
		['application/json', JSON.stringify({ access_token: [TOKEN] })],
		['application/json', `{"access_token":"${TOKEN}"`],
		['text/plain', `access_token=${TOKEN}&expires_in=3600`],
		['text/plain', TOKEN],
		['application/xml', `<r><access_token>${TOKEN}</access_token></r>`],
	])('as %s %s: the error does not show it', async ([type, body], context) => {
		const { alimail } = await served(
			context,
			() => {},
			(response) => response.writeHead(200, { 'content-type': type }).end(body),
		);
		const run = await alimail.run({ parameters: { resource: 'token', operation: 'get' } });
		expect(run.error?.message).toContain('Alimail gave no access token');
		expectClean(run);
	});
});

describe('an answer of the API that repeats the token', () => {
	const alice = fromList('alice@example.com');
	const operations: Array<[string, INodeParameters]> = [
		[
			'API Request',
			{
				resource: 'apiRequest',
				operation: 'send',
				method: 'GET',
				path: '/v2/users',
				options: { maxRetries: 0, responseFormat: 'json' },
			},
		],
		[
			'a change',
			{ resource: 'user', operation: 'update', user: alice, updateFields: { nickname: 'x' } },
		],
		[
			'a password',
			{ resource: 'user', operation: 'resetPassword', user: alice, password: 'Passw0rd-Passw0rd' },
		],
		['a batch', { resource: 'message', operation: 'markRead', mailbox: alice, messageId: 'x' }],
		[
			'a message',
			{
				resource: 'message',
				operation: 'send',
				mailbox: alice,
				to: 'bob@example.com',
				subject: 'x',
				emailFormat: 'text',
				text: 'x',
			},
		],
		[
			'a folder',
			{ resource: 'folder', operation: 'delete', mailbox: alice, folder: fromList('7') },
		],
	];

	it.concurrent.for(operations)(
		'does not bring it into the errors of %s',
		async ([, parameters], context) => {
			let failures = 0;
			let answer: Answer = () => {};
			const { alimail } = await served(context, (response, request) => {
				if (request.url.includes('organization')) return json(response, 200, {});
				answer(response, request);
			});
			for (const status of [400, 401, 500, 200]) {
				for (const [what, type, body] of tokenEchoes) {
					answer = (response) => response.writeHead(status, { 'content-type': type }).end(body);
					for (const onError of ['continueRegularOutput', 'stopWorkflow'] as const) {
						const run = await alimail.run({ parameters, onError });
						// An answer that is a good one is handed on, whatever it says.
						const failed = run.error !== undefined || run.json[0]?.details !== undefined;
						if (status === 200 && !failed) continue;
						failures++;
						const found = new SecretScanner([SECRET, TOKEN]).findIn(run);
						expect([status, what, found]).toEqual([status, what, undefined]);
					}
				}
			}
			expect(failures).toBeGreaterThan(6 * tokenEchoes.length);
		},
	);

	it('does not bring in one that was renewed meanwhile either', async (context) => {
		let issued = 0;
		const { alimail } = await served(
			context,
			(response, { headers }) => {
				const old = String(headers.authorization).endsWith('-1');
				response
					.writeHead(old ? 401 : 400)
					.end('no: first-token-first-token-1, second-token-second-token-2');
			},
			(response) => {
				const access_token =
					issued++ === 0 ? 'first-token-first-token-1' : 'second-token-second-token-2';
				json(response, 200, { access_token, expires_in: 3600 + issued });
			},
		);
		const run = await alimail.run({ parameters: operations[0]![1] });
		expect(issued).toBe(2);
		expect(run.error?.message).toContain('status 400');
		expectNoSecret(run, ['first-token-first-token-1', 'second-token-second-token-2']);
	});
});
