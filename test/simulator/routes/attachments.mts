import type { FastifyInstance } from 'fastify';
import { sendContent, streamOrigin, type Context } from '../context.mts';
import { invalidId, invalidParameter } from '../errors.mts';
import { presentAttachment } from '../fields.mts';
import {
	objectFrom,
	optionalBoolean,
	optionalString,
	requiredString,
	type JsonObject,
} from '../input.mts';
import type { Attachment } from '../model.mts';
import { permissions } from '../permissions.mts';
import { systemFolders } from '../state.mts';

interface MessageParams {
	Params: { email: string; id: string };
}
interface AttachmentParams {
	Params: { email: string; id: string; attachmentId: string };
}

/** Adds the operations on attachments; their bytes travel through `/v2/stream/`. */
export function attachmentRoutes(
	app: FastifyInstance,
	{ state, settings, streams }: Context,
): void {
	const read = { config: { permissions: permissions.readMail } };
	const draft = { config: { permissions: permissions.draftMail } };
	const base = '/v2/users/:email/messages/:id/attachments';

	app.get<MessageParams>(base, read, ({ params }) => {
		const { attachments } = state.message(state.mailbox(params.email), params.id);
		return { attachments: attachments.map((entry) => presentAttachment(entry, settings)) };
	});

	app.get<AttachmentParams>(`${base}/:attachmentId/$value`, read, (request, reply) => {
		const { email, id, attachmentId } = request.params;
		const message = state.message(state.mailbox(email), id);
		const attachment = message.attachments.find((entry) => entry.id === attachmentId);
		if (attachment === undefined) throw invalidId('attachment');
		const { content } = attachment;
		if (settings.downloadShape === 'bytes') {
			return sendContent(reply, content, settings);
		}
		const path = streams.openDownload(content);
		const location = `${streamOrigin(request, settings)}${path}`;
		switch (settings.downloadShape) {
			case 'redirect':
				return reply.redirect(settings.storageOrigin === undefined ? path : location, 302);
			case 'absoluteRedirect':
				return reply.redirect(location, 302);
			case 'location':
				return reply.send({ location });
			case 'relativeLocation':
				return reply.send({ location: path });
		}
	});

	app.post<MessageParams>(`${base}/createUploadSession`, draft, (request) => {
		const mailbox = state.mailbox(request.params.email);
		const message = state.message(mailbox, request.params.id);
		if (message.folderId !== systemFolders.drafts) throw invalidId('draft');
		const input = objectFrom(objectFrom(request.body, 'body').attachment, 'attachment');
		const attachment: Omit<Attachment, 'content'> = {
			id: state.ids.attachment(),
			name: requiredString(input, 'name'),
			contentId: optionalString(input, 'contentId'),
			isInline: optionalBoolean(input, 'isInline') ?? false,
			extHeaders: extHeaders(input),
		};
		const path = streams.openUpload((content) => {
			if (mailbox.messages.get(message.id) !== message) throw invalidId('draft');
			const others = message.attachments.filter(({ id }) => id !== attachment.id);
			message.attachments = [...others, { ...attachment, content }];
		});
		return {
			uploadUrl:
				settings.uploadUrlShape === 'relative' ? path : `${streamOrigin(request, settings)}${path}`,
		};
	});
}

function extHeaders(input: JsonObject): Record<string, string> {
	if (input.extHeaders === undefined || input.extHeaders === null) return {};
	const headers = Object.entries(objectFrom(input.extHeaders, 'attachment.extHeaders'));
	for (const [, value] of headers) {
		if (typeof value !== 'string') throw invalidParameter('attachment.extHeaders');
	}
	return Object.fromEntries(headers as Array<[string, string]>);
}
