import type { FastifyInstance } from 'fastify';
import type { Context } from '../context.mts';
import { counted, pick, selectedFields } from '../fields.mts';
import type { SharedContactFolder } from '../model.mts';
import { offsetPage } from '../pagination.mts';
import { permissions } from '../permissions.mts';

interface FolderParams {
	Params: { id: string };
}

/** What a list says of a contact without `$select`: the other fields are named by the client that needs them [3P]. */
const LISTED_CONTACT_FIELDS = ['id', 'name', 'email'];

/** The largest `limit` that a client is known to send [3P]. */
const LARGEST_LIMIT = 500;

/** Adds the operations on shared contacts: reading only, the paths of the others are unknown. */
export function sharedContactRoutes(app: FastifyInstance, { state, settings }: Context): void {
	const read = { config: { permissions: permissions.readSharedContacts } };
	const base = '/v2/sharedContactFolders/:id';

	app.get<FolderParams>(`${base}/contacts`, read, ({ params, query }) => {
		const folder = state.sharedContactFolder(params.id);
		const contacts = contactsOf(folder);
		const fields = selectedFields(query) ?? LISTED_CONTACT_FIELDS;
		return {
			contacts: offsetPage(contacts, query, LARGEST_LIMIT).map((contact) =>
				pick({ ...contact, folderPath: pathTo(folder) }, fields),
			),
			total: counted(contacts.length, settings),
		};
	});

	app.get<FolderParams>(`${base}/childFolders`, read, ({ params, query }) => {
		const folders = childrenOf(state.sharedContactFolder(params.id));
		return {
			folders: offsetPage(folders, query, LARGEST_LIMIT).map((folder) => ({
				...folder,
				contactCount: counted(contactsOf(folder).length, settings),
				childFolderCount: counted(childrenOf(folder).length, settings),
			})),
			total: counted(folders.length, settings),
		};
	});

	function contactsOf({ id }: SharedContactFolder) {
		return [...state.sharedContacts.values()].filter(({ folderId }) => folderId === id);
	}

	function childrenOf({ id }: SharedContactFolder): SharedContactFolder[] {
		return [...state.sharedContactFolders.values()].filter(({ parentId }) => parentId === id);
	}

	function pathTo(folder: SharedContactFolder): string[] {
		const parent = folder.parentId && state.sharedContactFolders.get(folder.parentId);
		return [...(parent ? pathTo(parent) : []), folder.name];
	}
}
