import { NodeApiError, type IDataObject, type IExecuteFunctions } from 'n8n-workflow';

import { apiOrigin } from '../auth/credential';
import { restatedError, changedNothing } from '../errors/nodeErrors';
import { StreamedFile } from '../flow/body';
import { callApi, requestFor, requestJson } from '../transport/call';
import { textOf } from '../transport/json';
import { request } from '../transport/request';
import { fileUrl } from '../transport/url';
import type { Composition, OutgoingFile } from './composition';
import { messageIn } from './simplify';

/** Longest silence while a file travels: the server may take its time to store a large one. */
const UPLOAD_TIMEOUT_MS = 2 * 60_000;

/** A draft in somebody's mailbox. */
export interface Draft {
	mailbox: string;
	id: string;
	/** `Message-ID`, where the answer names it. */
	internetMessageId?: string;
}

/**
 * Makes a draft with its files.
 *
 * When a file fails the draft stays in *Drafts*, for whoever wants to look at it or to complete it: deleting it would be
 * one more call that can fail, and nobody has asked for it.
 *
 * Source: https://help.aliyun.com/document_detail/2856076.html and https://help.aliyun.com/document_detail/2856471.html
 *
 * @throws NodeApiError that says which step did not work, and that nothing has been sent
 */
export async function makeDraft(
	context: IExecuteFunctions,
	mailbox: string,
	{ message, files }: Pick<Composition, 'message' | 'files'>,
	itemIndex: number,
): Promise<Draft> {
	const draft = await createDraft(context, mailbox, message, itemIndex);
	for (const file of files) await uploadFile(context, draft, file, itemIndex);
	return draft;
}

async function createDraft(
	context: IExecuteFunctions,
	mailbox: string,
	message: IDataObject,
	itemIndex: number,
): Promise<Draft> {
	const answer = await callApi(context, {
		method: 'POST',
		path: '/v2/users/{mailbox}/messages',
		values: { mailbox },
		body: { message },
		itemIndex,
	}).catch((error: unknown) => {
		throw restatedError(context.getNode(), error, itemIndex, {
			message: (said) => `The draft could not be made, and nothing was sent. ${said}`,
			data: { step: 'createDraft', mayHaveBeenSent: false },
		});
	});
	const created = messageIn(answer);
	const id = textOf(created.id);
	if (id === undefined) {
		throw new NodeApiError(
			context.getNode(),
			{},
			{
				message: 'Alimail answered without the ID of the draft, and nothing was sent',
				description: 'There may be a draft in the Drafts folder now.',
				itemIndex,
			},
		);
	}
	const internetMessageId = textOf(created.internetMessageId);
	return { mailbox, id, ...(internetMessageId !== undefined && { internetMessageId }) };
}

/**
 * Puts a file into a draft: opens an upload, then sends the bytes, streamed where n8n keeps them outside the item. The
 * address of the upload is absolute or relative; the token goes along to the API's own server only.
 *
 * Source: https://help.aliyun.com/document_detail/2856471.html for POST with the token; vendor code (dws) sends none
 *
 * @throws NodeApiError that names the file and the draft
 */
export async function uploadFile(
	context: IExecuteFunctions,
	draft: Draft,
	file: OutgoingFile,
	itemIndex: number,
): Promise<void> {
	const { name, mimeType, sizeBytes, contentId, open } = file;
	await upload().catch((error: unknown) => {
		throw restatedError(context.getNode(), error, itemIndex, {
			message: (said) =>
				`'${name}' could not be put into the draft ${draft.id}, and nothing was sent. ${said}`,
			description: `The draft stays in the Drafts folder, without this file. ${descriptionOf(error)}`,
			data: { step: 'upload', draftId: draft.id, fileName: name, mayHaveBeenSent: false },
		});
	});

	async function upload() {
		const { uploadUrl } = await callApi(context, {
			method: 'POST',
			path: '/v2/users/{mailbox}/messages/{draftId}/attachments/createUploadSession',
			values: { mailbox: draft.mailbox, draftId: draft.id },
			body: {
				attachment: {
					name,
					isInline: contentId !== undefined,
					...(contentId !== undefined && { contentId }),
					extHeaders: { 'Content-Type': mimeType },
				},
			},
			itemIndex,
		});
		const origin = await apiOrigin(context);
		const url = fileUrl(uploadUrl, origin);
		if (url === undefined) {
			throw new NodeApiError(
				context.getNode(),
				{},
				{ message: 'Alimail named no usable address for the upload', itemIndex },
			);
		}
		await request(context, {
			method: 'POST',
			url,
			withoutToken: url.origin !== origin,
			headers: {
				'content-type': 'application/octet-stream',
				'content-length': String(sizeBytes),
			},
			streamBody: (moved) =>
				new StreamedFile({ type: 'application/octet-stream', sizeBytes, open }, moved),
			itemIndex,
			options: { timeoutMs: UPLOAD_TIMEOUT_MS },
		});
	}
}

/**
 * Sends a draft. It is never sent twice on its own: of all answers only 401 and 429 lead to another try, for with these
 * the server has done nothing.
 *
 * Source: https://help.aliyun.com/document_detail/2856076.html
 *
 * @throws NodeApiError that names the draft and says whether it may have gone out
 */
export async function sendDraft(
	context: IExecuteFunctions,
	draft: Draft,
	saveToSentItems: boolean,
	itemIndex: number,
): Promise<void> {
	const { mailbox, id } = draft;
	const built = await requestFor(context, {
		method: 'POST',
		path: '/v2/users/{mailbox}/messages/{draftId}/send',
		values: { mailbox, draftId: id },
		body: { saveToSentItems },
		itemIndex,
	});
	await requestJson(context, built).catch((error: unknown) => {
		const unsent = changedNothing(error);
		throw restatedError(context.getNode(), error, itemIndex, {
			message: (said) =>
				unsent
					? `The draft ${id} was not sent. ${said}`
					: `It is not known whether the draft ${id} was sent. ${said}`,
			description: unsent
				? `It stays in the Drafts folder. ${descriptionOf(error)}`
				: `The message may have gone out: look into Sent Items and Drafts of ${mailbox} before you send it again.`,
			data: { step: 'send', draftId: id, mayHaveBeenSent: !unsent },
		});
	});
}

function descriptionOf(error: unknown): string {
	return error instanceof NodeApiError ? (error.description ?? '') : '';
}
