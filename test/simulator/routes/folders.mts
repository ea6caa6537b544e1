import type { FastifyInstance } from 'fastify';
import type { Context } from '../context.mts';
import { invalidParameter } from '../errors.mts';
import { presentFolder } from '../fields.mts';
import { objectFrom, optionalString, queryString, requiredString } from '../input.mts';
import type { Folder, Mailbox } from '../model.mts';
import { permissions } from '../permissions.mts';
import { ROOT_FOLDER_ID, systemFolders } from '../state.mts';

interface MailboxParams {
	Params: { email: string };
}
interface FolderParams {
	Params: { email: string; folderId: string };
}

const systemFolderIds: ReadonlySet<string> = new Set(Object.values(systemFolders));

/** Adds the operations on mail folders. */
export function folderRoutes(app: FastifyInstance, { state, settings }: Context): void {
	const read = { config: { permissions: permissions.readMail } };
	const write = { config: { permissions: permissions.writeMail } };

	app.get<MailboxParams>('/v2/users/:email/mailFolders', read, ({ params, query }) => {
		const mailbox = state.mailbox(params.email);
		const parentId = queryString(query, 'folderId') || ROOT_FOLDER_ID;
		if (parentId !== ROOT_FOLDER_ID) state.folder(mailbox, parentId);
		const folders = state
			.childFolders(mailbox, parentId)
			.map((folder) => presentFolder(folder, mailbox, state, settings));
		return { [settings.folderListKey]: folders };
	});

	app.post<MailboxParams>('/v2/users/:email/mailFolders', write, ({ params, body }) => {
		const mailbox = state.mailbox(params.email);
		const input = objectFrom(body, 'body');
		const displayName = requiredString(input, 'displayName');
		const parentFolderId = optionalString(input, 'folderId') || ROOT_FOLDER_ID;
		if (parentFolderId !== ROOT_FOLDER_ID) state.folder(mailbox, parentFolderId);
		return present(state.addFolder(mailbox, { displayName, parentFolderId }), mailbox);
	});

	app.patch<FolderParams>('/v2/users/:email/mailFolders/:folderId', write, ({ params, body }) => {
		const { mailbox, folder } = ownFolder(params);
		folder.displayName = requiredString(objectFrom(body, 'body'), 'displayName');
		return present(folder, mailbox);
	});

	app.delete<FolderParams>('/v2/users/:email/mailFolders/:folderId', write, ({ params }) => {
		const { mailbox, folder } = ownFolder(params);
		state.removeFolder(mailbox, folder.id);
		return {};
	});

	/** A folder that its owner made; the others can be neither renamed nor deleted [INF]. */
	function ownFolder(params: FolderParams['Params']) {
		const mailbox = state.mailbox(params.email);
		const folder = state.folder(mailbox, params.folderId);
		if (systemFolderIds.has(folder.id)) throw invalidParameter('folderId');
		return { mailbox, folder };
	}

	/** What create and rename answer is unknown; made after the message, which comes wrapped [OFF]. */
	function present(folder: Folder, mailbox: Mailbox) {
		const shown = presentFolder(folder, mailbox, state, settings);
		return settings.messageShape === 'wrapped' ? { folder: shown } : shown;
	}
}
