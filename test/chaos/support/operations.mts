import type { IBinaryKeyData, INodeExecutionData } from 'n8n-workflow';
import type { Message, Simulator } from '../../simulator/index.mts';
import { byAddress, fromList } from '../../support/operations.mts';
import { TIMEOUT_MS } from './faults.mts';
import type { Random } from './random.mts';

const INBOX = '2';
const DELETED_ITEMS = '6';

/** What an item asks for, in a wave of items that ask for the same. */
export interface ItemInput {
	/** Part of the path of all requests that are made for the item; no other item has it. */
	box: string;
	marker: string;
	[field: string]: string | number;
}

/** Parameters and items of one execution. */
export interface Wave {
	parameters: Record<string, unknown>;
	items: INodeExecutionData[];
	/** What each item asks for. */
	inputs: ItemInput[];
	kind: Kind;
}

interface Kind {
	name: string;
	/** How often it is drawn, relative to the others. */
	weight: number;
	items: [least: number, most: number];
	/** An item may give any number of results. */
	list?: true;
	/** The token is in the output. */
	token?: true;
	/** Several items share one request. */
	shared?: true;
	/** The item asks for one change by one request, and the result says whether it was done. */
	oneChange?: true;
	/** The answer is taken whatever its status. */
	neverError?: true;
	parameters(random: Random): Record<string, unknown>;
	item?(tools: { random: Random; simulator: Simulator; input: ItemInput }): {
		json?: Record<string, string | number>;
		binary?: IBinaryKeyData;
	};
}

const box = byAddress('={{ $json.box }}');
const apiOptions = { requestsPerSecond: 0, timeout: TIMEOUT_MS, maxRetries: 3 };
const api = (parameters: Record<string, unknown>) => ({
	resource: 'apiRequest',
	operation: 'send',
	pathParameters: { parameters: [{ name: 'box', value: '={{ $json.box }}' }] },
	options: apiOptions,
	...parameters,
});
const typed = (resource: string, operation: string, parameters: Record<string, unknown> = {}) => ({
	resource,
	operation,
	...parameters,
});
const withBody = (parameters: Record<string, unknown>) =>
	api({ sendBody: true, path: '/v2/users/{box}/messages', method: 'POST', ...parameters });
const textBinary = (text: string, name: string) => ({
	data: Buffer.from(text).toString('base64'),
	mimeType: 'text/plain',
	fileName: name,
});
const file = { name: 'file.txt', content: 'x'.repeat(5_000), contentType: 'text/plain' };
/** A message with a file; a new one when earlier waves have deleted it for good. */
const messageOf = ({ state }: Simulator, address: string): Message =>
	[...state.mailbox(address).messages.values()].find(
		({ attachments, folderId }) => attachments.length > 0 && folderId !== DELETED_ITEMS,
	) ?? state.addMessage(address, { folderId: INBOX, attachments: [file] });
const onMessage = ({ simulator, input }: { simulator: Simulator; input: ItemInput }) => ({
	json: { messageId: messageOf(simulator, input.box).id },
});

/** Everything that a wave may be. */
const KINDS: Kind[] = [
	{
		name: 'API Request, GET and HEAD',
		weight: 5,
		items: [10, 25],
		parameters: (random) =>
			api({
				path: '/v2/users/{box}',
				method: '={{ $json.method }}',
				options: {
					...apiOptions,
					responseFormat: random.pick(['autodetect', 'json', 'text', 'file']),
					fullResponse: random.chance(0.3),
				},
			}),
		item: ({ random }) => ({ json: { method: random.pick(['GET', 'GET', 'GET', 'HEAD']) } }),
	},
	{
		name: 'API Request, Never Error',
		weight: 1,
		items: [10, 20],
		neverError: true,
		parameters: (random) =>
			withBody({
				contentType: 'json',
				specifyBody: 'json',
				jsonBody: '={{ { message: { subject: $json.marker } } }}',
				options: { ...apiOptions, neverError: true, fullResponse: random.chance(0.5) },
			}),
	},
	{
		name: 'API Request, changes by all methods, JSON',
		weight: 6,
		items: [10, 25],
		parameters: (random) =>
			withBody({
				path: '={{ $json.path }}',
				method: '={{ $json.method }}',
				contentType: 'json',
				specifyBody: 'json',
				jsonBody: '={{ { message: { subject: $json.marker }, nickname: $json.marker } }}',
				options: {
					...apiOptions,
					...(random.chance(0.3) && { batching: { batch: { batchSize: 7, batchInterval: 5 } } }),
				},
			}),
		item: ({ random }) => {
			const [method, path] = random.pick([
				['POST', '/v2/users/{box}/messages'],
				['PATCH', '/v2/users/{box}'],
				['PUT', '/v2/users/{box}/anything'],
				['DELETE', '/v2/users/{box}/mailFolders/104'],
			] as const);
			return { json: { method, path } };
		},
	},
	{
		name: 'API Request, form',
		weight: 1,
		items: [5, 15],
		parameters: () =>
			withBody({
				contentType: 'form-urlencoded',
				formParameters: { parameters: [{ name: 'marker', value: '={{ $json.marker }}' }] },
			}),
	},
	{
		name: 'API Request, form data with a file',
		weight: 2,
		items: [5, 15],
		parameters: () =>
			withBody({
				path: '/v2/users/{box}/anything',
				contentType: 'multipart-form-data',
				multipartParameters: {
					parameters: [
						{ parameterType: 'formBinaryData', name: 'file', inputDataFieldName: 'data' },
						{ parameterType: 'formData', name: 'marker', value: '={{ $json.marker }}' },
					],
				},
			}),
		item: ({ input }) => ({ binary: { data: textBinary(input.marker, 'a.txt') } }),
	},
	{
		name: 'API Request, file and raw',
		weight: 2,
		items: [5, 15],
		parameters: (random) =>
			withBody({
				path: '/v2/users/{box}/anything',
				contentType: random.pick(['binaryData', 'raw']),
				inputDataFieldName: 'data',
				rawContentType: 'text/plain',
				rawBody: '={{ $json.marker }}',
			}),
		item: ({ random, input }) => ({
			binary: { data: textBinary(input.marker.repeat(1 + random.below(2_000)), 'a.bin') },
		}),
	},
	{
		name: 'API Request, pages by cursor in the query',
		weight: 2,
		items: [5, 15],
		list: true,
		parameters: () =>
			api({
				method: 'GET',
				path: '/v2/users/{box}/mailFolders/2/messages',
				pagination: 'cursor',
				cursorLocation: 'query',
				returnAll: true,
				options: { ...apiOptions, pageSize: 2 },
			}),
	},
	{
		name: 'API Request, pages by cursor in the body',
		weight: 2,
		items: [5, 15],
		list: true,
		parameters: () =>
			withBody({
				path: '/v2/users/{box}/messages/query',
				contentType: 'json',
				specifyBody: 'json',
				jsonBody: '{"query": "folderId:2"}',
				pagination: 'cursor',
				cursorLocation: 'body',
				itemsPath: 'messages',
				returnAll: true,
				options: { ...apiOptions, pageSize: 2 },
			}),
	},
	{
		name: 'API Request, pages by offset',
		weight: 1,
		items: [3, 8],
		list: true,
		parameters: () =>
			api({
				method: 'GET',
				path: '/v2/departments/$root/departments?box={box}',
				pagination: 'offset',
				returnAll: true,
				options: { ...apiOptions, pageSize: 1 },
			}),
	},
	{
		name: 'Get Token',
		weight: 1,
		items: [1, 10],
		token: true,
		parameters: (random) =>
			typed('token', 'get', { options: { forceNewToken: random.chance(0.7) } }),
	},
	{
		name: 'message: send, with files',
		weight: 5,
		items: [5, 10],
		parameters: () =>
			typed('message', 'send', {
				mailbox: box,
				to: 'bob@example.com',
				subject: '={{ $json.marker }}',
				emailFormat: 'text',
				text: 'x',
				options: { attachments: '={{ $json.files }}' },
			}),
		item: ({ random, input }) => {
			const names = ['one', 'two', 'three'].slice(0, random.below(3));
			return {
				json: { files: names.join(',') },
				binary: Object.fromEntries(
					names.map((name) => [name, textBinary(`${input.marker} ${name}`, `${name}.txt`)]),
				),
			};
		},
	},
	{
		name: 'message: reply',
		weight: 2,
		items: [5, 10],
		parameters: () =>
			typed('message', 'reply', {
				mailbox: box,
				messageId: '={{ $json.messageId }}',
				emailFormat: 'text',
				text: '={{ $json.marker }}',
				options: { quoteOriginal: true },
			}),
		item: onMessage,
	},
	...(['markRead', 'markUnread', 'delete', 'move', 'addTags'] as const).map(
		(operation): Kind => ({
			name: `message: ${operation}`,
			weight: 1,
			items: [10, 20],
			shared: true,
			parameters: () =>
				typed('message', operation, {
					mailbox: box,
					messageId: '={{ $json.messageId }}',
					destinationFolder: fromList('6'),
					tags: '11',
				}),
			item: onMessage,
		}),
	),
	{
		name: 'message: get',
		weight: 2,
		items: [10, 20],
		parameters: () =>
			typed('message', 'get', { mailbox: box, messageId: '={{ $json.messageId }}' }),
		item: onMessage,
	},
	{
		name: 'message: get many',
		weight: 1,
		items: [5, 15],
		list: true,
		parameters: () =>
			typed('message', 'getAll', { mailbox: box, folder: fromList(INBOX), returnAll: true }),
	},
	{
		name: 'draft: create',
		weight: 2,
		items: [5, 15],
		oneChange: true,
		parameters: () =>
			typed('draft', 'create', {
				mailbox: box,
				subject: '={{ $json.marker }}',
				emailFormat: 'text',
				text: 'x',
			}),
	},
	{
		name: 'attachment: download',
		weight: 2,
		items: [5, 10],
		parameters: () =>
			typed('attachment', 'download', {
				mailbox: box,
				messageId: '={{ $json.messageId }}',
				attachmentId: '={{ $json.attachmentId }}',
				binaryPropertyName: 'data',
			}),
		item: ({ simulator, input }) => {
			const message = messageOf(simulator, input.box);
			return { json: { messageId: message.id, attachmentId: message.attachments[0]!.id } };
		},
	},
	{
		name: 'folder: create',
		weight: 1,
		items: [5, 15],
		oneChange: true,
		parameters: () =>
			typed('folder', 'create', { mailbox: box, displayName: '={{ $json.marker }}' }),
	},
	{
		name: 'folder: get many',
		weight: 1,
		items: [5, 15],
		list: true,
		parameters: () => typed('folder', 'getAll', { mailbox: box, returnAll: true }),
	},
	{
		name: 'user: update',
		weight: 2,
		items: [5, 20],
		oneChange: true,
		parameters: () =>
			typed('user', 'update', {
				user: byAddress('={{ $json.box }}'),
				updateFields: { nickname: '={{ $json.marker }}' },
			}),
	},
	{
		name: 'user: reset password',
		weight: 1,
		items: [5, 15],
		oneChange: true,
		parameters: () =>
			typed('user', 'resetPassword', {
				user: byAddress('={{ $json.box }}'),
				password: 'Passw0rd!-never-shown',
			}),
	},
	{
		name: 'user: get',
		weight: 2,
		items: [10, 20],
		parameters: () => typed('user', 'get', { user: byAddress('={{ $json.box }}') }),
	},
];

/** As many mailboxes as a wave has items at most. */
const MAILBOXES = 25;

/** The address of a mailbox, which only one item of a wave works with. */
export function boxAddress(index: number): string {
	return `box-${String(index).padStart(2, '0')}@example.com`;
}

/** Gives every mailbox what the operations need: mail in the inbox, one with a file. */
export function fillMailboxes({ state }: Simulator): void {
	const departmentIds = [[...state.departments.keys()][0] ?? ''];
	for (let index = 0; index < MAILBOXES; index++) {
		const email = boxAddress(index);
		state.addUser({ email, name: email, departmentIds });
		state.addMessages(email, 5, (place) => ({
			subject: `Message ${place}`,
			folderId: INBOX,
			...(place === 0 && { attachments: [file] }),
		}));
	}
}

/** Draws what the next execution does. */
export function drawWave(random: Random, simulator: Simulator, wave: number): Wave {
	let left = random.below(KINDS.reduce((sum, { weight }) => sum + weight, 0));
	const kind = KINDS.find(({ weight }) => (left -= weight) < 0)!;
	const [least, most] = kind.items;
	const inputs = Array.from({ length: least + random.below(most - least + 1) }, (_, index) => {
		const input: ItemInput = { box: boxAddress(index), marker: `wave-${wave}-item-${index}` };
		return input;
	});
	const items = inputs.map((input): INodeExecutionData => {
		const { json, binary } = kind.item?.({ random, simulator, input }) ?? {};
		return { json: { ...input, ...json }, ...(binary && { binary }) };
	});
	return { kind, inputs, items, parameters: kind.parameters(random) };
}
