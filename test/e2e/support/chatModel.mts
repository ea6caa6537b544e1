import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { N8nApi, StoredCredential } from '../../support/n8nApi.mts';

/** A message of a conversation, as far as scripts look at it. */
export interface ChatMessage {
	role: 'system' | 'user' | 'assistant' | 'tool';
	content: string | null;
	tool_call_id?: string;
}

/** What the model was asked. */
export interface ChatRequest {
	messages: ChatMessage[];
	tools?: Array<{ function: { name: string; description: string; parameters: unknown } }>;
}

/** What the model answers: a text, or the call of a tool. */
export type ChatAnswer = { text: string } | { tool: string; input: Record<string, unknown> };

/** Decides, after what was said so far, what the model says next. */
export type Script = (request: ChatRequest) => ChatAnswer;

/** A chat model with OpenAI's API that follows a script. */
export interface ChatModel {
	/** Base URL for n8n's OpenAI credential. */
	readonly url: string;
	readonly requests: ChatRequest[];
}

/** Starts a chat model on the loopback interface for one test. */
export async function scriptedChatModel(script: Script): Promise<ChatModel> {
	const requests: ChatRequest[] = [];
	const server = createServer((request, response) => {
		void answerTo(request).then(({ body, type }) => {
			response.writeHead(200, { 'content-type': type }).end(body);
		});
	});
	async function answerTo(request: IncomingMessage) {
		if (request.method !== 'POST') {
			const models = { object: 'list', data: [{ id: 'scripted', object: 'model' }] };
			return { type: 'application/json', body: JSON.stringify(models) };
		}
		const asked = (await json(request)) as ChatRequest & { stream?: boolean };
		requests.push(asked);
		const message = messageOf(script(asked), requests.length);
		const finish_reason = 'tool_calls' in message ? 'tool_calls' : 'stop';
		const completion = { id: `chat-${requests.length}`, created: 0, model: 'scripted' };
		if (asked.stream !== true) {
			const body = {
				...completion,
				object: 'chat.completion',
				choices: [{ index: 0, message, finish_reason }],
				usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
			};
			return { type: 'application/json', body: JSON.stringify(body) };
		}
		const chunk = (delta: object, finish: string | null) =>
			`data: ${JSON.stringify({
				...completion,
				object: 'chat.completion.chunk',
				choices: [{ index: 0, delta, finish_reason: finish }],
			})}\n\n`;
		const body = `${chunk(message, null)}${chunk({}, finish_reason)}data: [DONE]\n\n`;
		return { type: 'text/event-stream', body };
	}
	await once(server.listen(0, '127.0.0.1'), 'listening');
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const { port } = server.address() as AddressInfo;
	return { url: `http://127.0.0.1:${port}/v1`, requests };
}

/** Stores a credential of n8n's OpenAI node for the chat model. */
export async function chatModelCredential(n8n: N8nApi, url: string): Promise<StoredCredential> {
	return await n8n.createCredential('openAiApi', { apiKey: 'any', url });
}

/** What the tools have answered so far, parsed, in order. */
export function toolAnswers({ messages }: ChatRequest): unknown[] {
	return messages
		.filter(({ role }) => role === 'tool')
		.map(({ content }) => JSON.parse(content ?? 'null') as unknown);
}

function messageOf(answer: ChatAnswer, count: number) {
	if ('text' in answer) return { role: 'assistant', content: answer.text };
	return {
		role: 'assistant',
		content: null,
		tool_calls: [
			{
				index: 0,
				id: `call-${count}`,
				type: 'function',
				function: { name: answer.tool, arguments: JSON.stringify(answer.input) },
			},
		],
	};
}
