import type { IConnections, INodeParameters } from 'n8n-workflow';
import { expect, test } from 'vitest';
import { errorOf, outputOf } from '../support/execution.mts';
import { credentialOf, type N8nApi } from '../support/n8nApi.mts';
import {
	completeNode,
	manualTrigger,
	type NodeSketch,
	type WorkflowSketch,
} from '../support/workflow.mts';
import { alimailCredential, simulated } from './support/alimail.mts';
import {
	chatModelCredential,
	scriptedChatModel,
	toolAnswers,
	type Script,
} from './support/chatModel.mts';
import { describeN8n } from './support/describeN8n.mts';

const alice = { __rl: true, mode: 'address', value: 'alice@example.com' };

/** What the model has to supply. */
const fromModel = (name: string, description: string) =>
	`={{ $fromAI('${name}', '${description}', 'string') }}`;

/** Our node as a tool, once for each thing that the agent may do. */
const tools: Record<string, INodeParameters> = {
	Search_mail: {
		resource: 'message',
		operation: 'getAll',
		mailbox: alice,
		getFrom: 'filters',
		filters: { subject: fromModel('subject', 'A part of the subject') },
		limit: 5,
	},
	Read_message: {
		resource: 'message',
		operation: 'get',
		mailbox: alice,
		messageId: fromModel('message_id', 'The ID of the message'),
		options: { fields: ['id', 'subject', 'from', 'body'] },
	},
	Draft_reply: {
		resource: 'message',
		operation: 'reply',
		mailbox: alice,
		messageId: fromModel('message_id', 'The ID of the message to answer'),
		replyToSenderOnly: true,
		emailFormat: 'text',
		text: fromModel('text', 'The text of the reply'),
		options: { saveAsDraft: true },
	},
};

/** Searches, reads what was found first, drafts a reply to it, and reports. */
const assistant: Script = (request) => {
	const [found, , drafted] = toolAnswers(request) as Array<Array<Record<string, string>>>;
	const steps = toolAnswers(request).length;
	const message_id = found?.[0]?.id ?? '';
	if (steps === 0) return { tool: 'Search_mail', input: { subject: 'report 24' } };
	if (steps === 1) return { tool: 'Read_message', input: { message_id } };
	if (steps === 2) {
		return { tool: 'Draft_reply', input: { message_id, text: 'Thank you, Jing.' } };
	}
	return { text: drafted === undefined ? 'Nothing was drafted.' : 'A reply is drafted.' };
};

describeN8n('the node as a tool of an AI agent', (n8n) => {
	test('searches mail, reads a message and drafts a reply', async () => {
		const simulator = await simulated();
		const model = await scriptedChatModel(assistant);
		const workflow = await agentWorkflow(n8n, simulator, model.url);
		const { executionId } = await n8n.execute(workflow, 'Manual Trigger');
		const execution = await n8n.waitForExecution(executionId);

		expect(errorOf(execution)?.message).toBeUndefined();
		expect(outputOf(execution, 'AI Agent')[0]?.json.output).toBe('A reply is drafted.');
		const [, read] = toolAnswers(model.requests.at(-1)!) as Array<Array<Record<string, string>>>;
		expect(read?.[0]).toMatchObject({ subject: 'Weekly report 24', text: expect.any(String) });
		const [draft] = simulator.state.messagesIn('alice@example.com', '5');
		expect(draft).toMatchObject({
			subject: 'Re: Weekly report 24',
			toRecipients: [{ email: 'chen.jing@example.com' }],
			body: { bodyText: 'Thank you, Jing.' },
		});
		expect(simulator.apiRequests.filter(({ path }) => path.endsWith('/send'))).toEqual([]);
	});

	test('tells the model what each tool does and takes, without anything secret', async () => {
		const simulator = await simulated();
		const model = await scriptedChatModel(() => ({ text: 'Done.' }));
		const workflow = await agentWorkflow(n8n, simulator, model.url);
		const { executionId } = await n8n.execute(workflow, 'Manual Trigger');
		await n8n.waitForExecution(executionId);

		const offered = model.requests[0]?.tools?.map((tool) => tool.function) ?? [];
		expect(offered.map(({ name }) => name).sort()).toEqual(Object.keys(tools).sort());
		for (const { description } of offered) expect(description).not.toBe('');
		expect(offered.find(({ name }) => name === 'Read_message')?.parameters).toMatchObject({
			properties: { message_id: { type: 'string', description: 'The ID of the message' } },
		});
		expect(JSON.stringify(model.requests)).not.toContain(simulator.clientSecret);
	});

	test('lets the model go on after a call that Alimail refuses', async () => {
		const simulator = await simulated();
		const model = await scriptedChatModel((request) =>
			request.messages.some(({ role }) => role === 'tool')
				? { text: 'There is no such message.' }
				: { tool: 'Read_message', input: { message_id: 'unknown' } },
		);
		const workflow = await agentWorkflow(n8n, simulator, model.url);
		const { executionId } = await n8n.execute(workflow, 'Manual Trigger');
		const execution = await n8n.waitForExecution(executionId);

		expect(execution.status).toBe('success');
		expect(outputOf(execution, 'AI Agent')[0]?.json.output).toBe('There is no such message.');
		const said = model.requests.at(-1)?.messages.find(({ role }) => role === 'tool')?.content;
		expect(said).toMatch(/not found|does not exist|no such/i);
	});
});

/** A manual trigger, an agent, a model for it and our tools. */
async function agentWorkflow(
	n8n: N8nApi,
	simulator: Parameters<typeof alimailCredential>[1],
	modelUrl: string,
) {
	const alimail = credentialOf(await alimailCredential(n8n, simulator));
	const openAi = credentialOf(await chatModelCredential(n8n, modelUrl));
	const sketches: NodeSketch[] = [
		manualTrigger(),
		{
			name: 'AI Agent',
			type: '@n8n/n8n-nodes-langchain.agent',
			typeVersion: 3,
			parameters: {
				promptType: 'define',
				text: 'Answer the weekly report.',
				options: { enableStreaming: false },
			},
		},
		{
			name: 'Model',
			type: '@n8n/n8n-nodes-langchain.lmChatOpenAi',
			typeVersion: 1.2,
			parameters: { model: { __rl: true, mode: 'id', value: 'scripted' }, options: {} },
			credentials: openAi,
		},
		...Object.entries(tools).map(([name, parameters]) => ({
			name,
			type: 'n8n-nodes-alimail.alimailTool',
			parameters,
			credentials: alimail,
			// Else n8n 1 ends the workflow when a tool fails.
			onError: 'continueRegularOutput' as const,
		})),
	];
	const toAgent = (type: 'main' | 'ai_languageModel' | 'ai_tool') => ({
		[type]: [[{ node: 'AI Agent', type, index: 0 }]],
	});
	const connections: IConnections = {
		'Manual Trigger': toAgent('main'),
		Model: toAgent('ai_languageModel'),
		...Object.fromEntries(Object.keys(tools).map((name) => [name, toAgent('ai_tool')])),
	};
	const workflow: WorkflowSketch = {
		name: 'Agent',
		nodes: sketches.map(completeNode),
		connections,
		settings: { executionOrder: 'v1' },
	};
	return await n8n.createWorkflow(workflow);
}
