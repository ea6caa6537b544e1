import type { IDataObject } from 'n8n-workflow';
import type { Random } from '../chaos/support/random.mts';
import { credentialOf } from '../support/n8nApi.mts';
import { byAddress, byId } from '../support/operations.mts';
import { itemsFromBody, type NodeSketch } from '../support/workflow.mts';
import type { Application } from './application.mts';
import { boxes, LISTED_MESSAGES } from './boxes.mts';

/** Where messages lie that were written, by the mailbox's folders. */
const INBOX = '2';
const DRAFTS = '5';

/** One after another: so in ten minutes as many renewals come together as an hourly one makes in a year. */
const TOKENS_AT_A_TIME = 60;

/** One kind of work that workflows do. */
export interface Work {
	name: string;
	/** Items of one execution at most. */
	mostItems: number;
	/** The mailbox and folder in which every item that succeeds leaves one message whose subject is the item's marker. */
	leaves?: { mailbox: string; folderId: string };
	/** Everything behind the webhook. */
	nodes(application: Application): NodeSketch[];
	/** What an item asks for beside its marker. */
	item?(application: Application, random: Random): IDataObject;
	/** What is wrong with the results of an execution in which no item failed. */
	wrong(items: IDataObject[], results: IDataObject[]): string | undefined;
}

const node = (
	{ credential }: Application,
	resource: string,
	operation: string,
	parameters: NodeSketch['parameters'],
): NodeSketch => ({
	name: 'Alimail',
	type: 'n8n-nodes-alimail.alimail',
	credentials: credentialOf(credential),
	onError: 'continueRegularOutput',
	parameters: { resource, operation, ...parameters },
});

const MARKER = "={{ $('Items').item.json.marker }}";

const oneEach = (items: IDataObject[], results: IDataObject[]) =>
	results.length === items.length
		? undefined
		: `${results.length} results of ${items.length} items`;

/** Turns text into a file, or the other way round. */
const converted = (direction: 'into a file' | 'into text'): NodeSketch => ({
	name: `File ${direction}`,
	type: `n8n-nodes-base.${direction === 'into a file' ? 'convertToFile' : 'extractFromFile'}`,
	typeVersion: 1.1,
	onError: 'continueRegularOutput',
	parameters:
		direction === 'into a file'
			? { operation: 'toText', sourceProperty: 'marker', options: { fileName: 'marker.txt' } }
			: { operation: 'text', destinationKey: 'text', options: {} },
});

/** What goes on in n8n all the time. */
export const allWork: readonly Work[] = [
	{
		name: 'send with a file',
		mostItems: 3,
		leaves: { mailbox: boxes.recipient, folderId: INBOX },
		nodes: (application) => [
			itemsFromBody(),
			converted('into a file'),
			node(application, 'message', 'send', {
				mailbox: byAddress(boxes.sender),
				to: boxes.recipient,
				subject: MARKER,
				emailFormat: 'text',
				text: MARKER,
				options: { attachments: 'data', saveToSentItems: false },
			}),
		],
		wrong: oneEach,
	},
	{
		name: 'download',
		mostItems: 4,
		nodes: (application) => [
			itemsFromBody(),
			node(application, 'attachment', 'download', {
				mailbox: byAddress(boxes.files),
				messageId: '={{ $json.messageId }}',
				attachmentId: '={{ $json.attachmentId }}',
				binaryPropertyName: 'data',
			}),
			converted('into text'),
		],
		item: ({ simulator }, random) => {
			const message = random.pick(simulator.state.messagesIn(boxes.files));
			const attachment = message.attachments[0]!;
			return { messageId: message.id, attachmentId: attachment.id, size: attachment.content.size };
		},
		wrong: (items, results) =>
			oneEach(items, results) ??
			(results.every(({ text }, index) => String(text).length === items[index]!.size)
				? undefined
				: 'a file is not what it was'),
	},
	{
		name: 'list',
		mostItems: 1,
		nodes: (application) => [
			itemsFromBody(),
			node(application, 'message', 'getAll', {
				mailbox: byAddress(boxes.list),
				folder: byId(INBOX),
				returnAll: true,
			}),
		],
		wrong: (_items, results) =>
			new Set(results.map(({ id }) => id)).size === LISTED_MESSAGES &&
			results.length === LISTED_MESSAGES
				? undefined
				: `${results.length} of ${LISTED_MESSAGES} messages`,
	},
	{
		name: 'API Request: POST',
		mostItems: 5,
		leaves: { mailbox: boxes.drafts, folderId: DRAFTS },
		nodes: (application) => [
			itemsFromBody(),
			node(application, 'apiRequest', 'send', {
				method: 'POST',
				path: `/v2/users/${boxes.drafts}/messages`,
				sendBody: true,
				contentType: 'json',
				specifyBody: 'json',
				jsonBody: '={{ { message: { subject: $json.marker } } }}',
				// Else a page in place of an answer would count as the answer.
				options: { responseFormat: 'json' },
			}),
		],
		wrong: oneEach,
	},
	{
		name: 'API Request: GET',
		mostItems: 8,
		nodes: (application) => [
			itemsFromBody(),
			node(application, 'apiRequest', 'send', {
				method: 'GET',
				path: '=/v2/users/{{ $json.email }}',
				options: { responseFormat: 'json' },
			}),
		],
		item: (_application, random) => ({ email: random.pick(Object.values(boxes)) }),
		wrong: (items, results) =>
			oneEach(items, results) ??
			// An error in an answer of success is handed on as it came.
			(results.every(
				({ email, detailErrorCode }, index) =>
					email === items[index]!.email || detailErrorCode !== undefined,
			)
				? undefined
				: "the answer is another item's"),
	},
	{
		name: 'get new tokens',
		mostItems: 3,
		nodes: (application) => [
			itemsFromBody(),
			...Array.from({ length: TOKENS_AT_A_TIME }, (_, number) => ({
				...node(application, 'token', 'get', { options: { forceNewToken: true } }),
				name: `Token ${number}`,
			})),
		],
		wrong: (items, results) =>
			oneEach(items, results) ??
			(results.every(({ access_token: token }) => typeof token === 'string' && token !== '')
				? undefined
				: 'a result without a token'),
	},
];
