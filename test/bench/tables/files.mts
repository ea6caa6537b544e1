import { createHash, randomBytes } from 'node:crypto';
import { outputOf } from '../../support/execution.mts';
import { byAddress } from '../../support/operations.mts';
import type { NodeSketch } from '../../support/workflow.mts';
import {
	alimailNode,
	deploy,
	httpRequestNode,
	median,
	newToken,
	resultOf,
	type Bench,
	type Lab,
} from '../lab.mts';
import { watchMemory } from '../memory.mts';
import type { Section } from '../report.mts';

const MAILBOX = 'alice@example.com';
const SIZE_MI_B = 256;
const ROUNDS = 3;

/** What n8n loads for its first files is not theirs, and V8 has to learn how fast buffers come and go. */
const UNMEASURED = 3;

interface Candidate {
	name: string;
	node: NodeSketch;
	before: NodeSketch[];
	/** The SHA-256 of what arrived. */
	arrived(file: Awaited<ReturnType<typeof resultOf>>): Promise<string>;
}

/** A large file down and up: what n8n's memory grows by. */
export async function filesTable(lab: Lab): Promise<Section> {
	const { simulator } = lab;
	simulator.reset();
	simulator.settings.rateLimit = Infinity;
	const content = randomBytes(SIZE_MI_B * 2 ** 20);
	const hash = createHash('sha256').update(content).digest('hex');
	const message = simulator.state.addMessage(MAILBOX, {
		attachments: [{ name: 'large.bin', content, contentType: 'application/octet-stream' }],
	});
	const attachmentId = message.attachments[0]!.id;
	const base = `${simulator.url}/v2/users/${MAILBOX}/messages`;

	const rows: string[][] = [];
	for (const direction of ['download', 'upload'] as const) {
		const contenders = [];
		for (const index of [0, 1]) {
			// An n8n for each: what one has left unused in a process, the next would not have to ask for.
			const bench = await lab.bench(index);
			const { node, before, ...rest } = (await candidates(bench))[direction][index]!;
			const workflow = await deploy(bench, node, before);
			for (let run = 0; run < UNMEASURED; run++) await resultOf(bench, workflow, { body: {} });
			contenders.push({ ...rest, bench, workflow, growth: [] as number[], complete: true });
		}
		for (let round = 0; round < ROUNDS; round++) {
			for (const contender of contenders) {
				simulator.clearRequests();
				const { bench, workflow } = contender;
				const { result, growthMiB } = await watchMemory(bench.n8n.pid!, () =>
					resultOf(bench, workflow, { body: {} }),
				);
				contender.growth.push(growthMiB);
				contender.complete &&= (await contender.arrived(result)) === hash;
			}
		}
		for (const { name, growth, complete } of contenders) {
			rows.push([
				direction,
				name,
				`${Math.round(median(growth))} MiB`,
				`${Math.round(Math.max(...growth))} MiB`,
				complete ? 'all' : 'NOT all',
			]);
		}
	}
	return {
		number: 3,
		title: `A file of ${SIZE_MI_B} MiB`,
		columns: ['', '', 'memory grew by (median)', 'at most', 'bytes arrived (SHA-256)'],
		rows,
		text: `Resident memory of the n8n process, sampled from \`/proc\` every 25 ms, peak less start; ${ROUNDS} runs each in an n8n of its own, after ${UNMEASURED} that are not counted, binary data mode *filesystem*. The download is *Attachment: Download* beside an HTTP Request to the same path with *Response Format: File*; the upload is *Draft: Add Attachment* beside an HTTP Request that posts the binary field to an upload address (both in a workflow that first downloads the file with the Alimail node, whose memory counts in both).`,
	};

	async function candidates(
		bench: Bench,
	): Promise<Record<'download' | 'upload', [Candidate, Candidate]>> {
		const place = { mailbox: byAddress(MAILBOX), messageId: message.id };
		const download = alimailNode(bench, {
			resource: 'attachment',
			operation: 'download',
			...place,
			attachmentId,
			binaryPropertyName: 'data',
		});
		const saved = async ({ execution }: Awaited<ReturnType<typeof resultOf>>) => {
			const file = outputOf(execution, 'Measured')[0]?.binary?.data;
			return file ? sha256(await bench.n8n.readBinary(file)) : 'nothing';
		};
		const draft = simulator.state.addMessage(MAILBOX, { folderId: '5' });
		const received = async () =>
			simulator.requests.find(({ bodySize }) => bodySize > 2 ** 20)?.bodySha256 ?? 'nothing';
		const { uploadUrl } = await uploadSession(bench, `${base}/${encodeURIComponent(draft.id)}`);
		return {
			download: [
				{ name: 'Alimail node', node: download, before: [], arrived: saved },
				{
					name: 'HTTP Request, Alimail credential',
					node: httpRequestNode(bench, 'alimail', {
						method: 'GET',
						url: `${base}/${encodeURIComponent(message.id)}/attachments/${encodeURIComponent(attachmentId)}/$value`,
						options: {
							response: { response: { responseFormat: 'file', outputPropertyName: 'data' } },
						},
					}),
					before: [],
					arrived: saved,
				},
			],
			upload: [
				{
					name: 'Alimail node',
					node: alimailNode(bench, {
						resource: 'draft',
						operation: 'addAttachment',
						mailbox: byAddress(MAILBOX),
						draftId: draft.id,
						inputDataFieldName: 'data',
					}),
					before: [{ ...download, name: 'Download' }],
					arrived: received,
				},
				{
					name: 'HTTP Request, Alimail credential',
					node: httpRequestNode(bench, 'alimail', {
						method: 'POST',
						url: uploadUrl,
						sendHeaders: true,
						headerParameters: {
							parameters: [{ name: 'content-type', value: 'application/octet-stream' }],
						},
						sendBody: true,
						contentType: 'binaryData',
						inputDataFieldName: 'data',
						options: {},
					}),
					before: [{ ...download, name: 'Download' }],
					arrived: received,
				},
			],
		};
	}
}

/** An address that takes any number of uploads, one after another. */
async function uploadSession(bench: Bench, draftUrl: string): Promise<{ uploadUrl: string }> {
	const accessToken = await newToken(bench.simulator);
	const answer = await fetch(`${draftUrl}/attachments/createUploadSession`, {
		method: 'POST',
		headers: { authorization: `bearer ${accessToken}`, 'content-type': 'application/json' },
		body: JSON.stringify({ attachment: { name: 'large.bin' } }),
	});
	return (await answer.json()) as { uploadUrl: string };
}

function sha256(content: Buffer): string {
	return createHash('sha256').update(content).digest('hex');
}
