import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { fieldsProperty } from '../../nodes/Alimail/actions/department/departments.ts';
import { USER_FIELDS } from '../../nodes/Alimail/actions/user/users.ts';
import { byId } from '../../test/support/operations.mts';
import { idsOf, INBOX, refusalOf, type Walker } from './walker.mts';

/** A page's worth: a list then takes one request. */
const PAGE = 50;
const RAW = { simplify: false };
const LARGEST_DOWNLOAD_BYTES = 20 * 1024 * 1024;

/**
 * Walks every operation that only reads, with IDs from the answers before.
 *
 * @returns whether the account gives a token, without which nothing else can be done
 */
export async function walkReading(walker: Walker): Promise<boolean> {
	// New, because only then is the token endpoint asked for sure.
	const options = { forceNewToken: true };
	if (!(await walker.step('Get token', () => walker.operate('token', 'get', { options })))) {
		walker.notChecked.push('Everything else, for there is no token');
		return false;
	}
	await walker.step('API request', () =>
		walker.operate('apiRequest', 'send', { method: 'GET', path: '/v2/organization/$current' }),
	);
	await readUsers(walker);
	await readDepartments(walker);
	await walker.step('Get many shared contacts', () =>
		walker.operate('sharedContact', 'getAll', { ...RAW, limit: 1000, includeSubfolders: true }),
	);
	await readFolders(walker);
	await readMessages(walker);
	return true;
}

async function readUsers(walker: Walker): Promise<void> {
	const users = await walker.step('Get many users', () =>
		walker.operate('user', 'getAll', { ...RAW, limit: PAGE }),
	);
	const ids = idsOf(users ?? []);
	// Some fields stand with some users only.
	const some = [walker.account.mailbox, ...ids.slice(0, 1), ...ids.slice(-1)];
	const get = async (fields: string[]) => {
		for (const user of new Set(some)) {
			await walker.operate('user', 'get', { ...RAW, user: byId(user), fields });
		}
		return true;
	};
	await walker.step('Get user', () => get([]));
	await walker.step('Get user with all fields', () =>
		get(USER_FIELDS.map(({ value }) => String(value))),
	);
}

async function readDepartments(walker: Walker): Promise<void> {
	const departments = await walker.step('Get many departments', () =>
		walker.operate('department', 'getAll', { includeAllLevels: true, limit: PAGE }),
	);
	const fields = (fieldsProperty.options ?? []).flatMap((option) =>
		'value' in option ? [option.value] : [],
	);
	const [first] = idsOf(departments ?? []);
	await walker.step('Get department', async () => {
		for (const id of ['$root', first]) {
			if (id === undefined) continue;
			await walker.operate('department', 'get', { department: byId(id) });
			await walker.operate('department', 'get', { department: byId(id), fields });
		}
	});
}

async function readFolders(walker: Walker): Promise<void> {
	await walker.step('Get many folders, one level', () =>
		walker.operate('folder', 'getAll', { limit: PAGE, options: { includeSubfolders: false } }),
	);
	await walker.step('Get many folders, all levels', () =>
		walker.operate('folder', 'getAll', { limit: PAGE }),
	);
}

async function readMessages(walker: Walker): Promise<void> {
	const list = (getFrom: string, parameters: object) =>
		walker.operate('message', 'getAll', { ...RAW, getFrom, limit: PAGE, ...parameters });

	const listed = await walker.step('Get many messages of a folder', () =>
		list('folder', { folder: byId(INBOX) }),
	);
	const searched = await walker.step('Get many messages by filters', () =>
		list('filters', { filters: { hasAttachments: true } }),
	);
	await walker.step('Get many messages by a query', async () => {
		await list('searchQuery', { searchQuery: `folderId:${INBOX}` });
		// What stands at the end of the results shows for sure where there are none.
		await list('searchQuery', { searchQuery: `subject:"${randomUUID()}"` });
	});

	const [first, ...others] = idsOf([...(listed ?? []), ...(searched ?? [])]);
	if (first === undefined) {
		walker.notChecked.push('Messages, attachments and the trigger: no message was found');
	} else {
		await walker.step('Get message', async () => {
			for (const messageId of [first, ...others.slice(0, 2)]) {
				await walker.operate('message', 'get', { ...RAW, messageId });
			}
		});
	}
	await walker.step('Get a message that does not exist', async () => {
		const messageId = randomUUID();
		const error = await walker.operate('message', 'get', { ...RAW, messageId }).then(
			() => new Error('It was found.'),
			(thrown: Error) => thrown,
		);
		if (refusalOf(error) === undefined) throw error;
	});
	if (first === undefined) return;

	const withFiles = [...(searched ?? []), ...(listed ?? [])].filter(hasAttachments);
	await readAttachments(walker, idsOf(withFiles).slice(0, 3));
	if (idsOf(listed ?? []).length === 0) {
		walker.notChecked.push('The trigger: no message was found in the inbox');
		return;
	}
	await walker.step('Trigger', () => walker.pollOnce());
}

async function readAttachments(walker: Walker, messageIds: string[]): Promise<void> {
	if (messageIds.length === 0) {
		walker.notChecked.push('Attachments: no message with an attachment was found');
		return;
	}
	const files = await walker.step('Get many attachments', async () => {
		const found: IDataObject[] = [];
		for (const messageId of messageIds) {
			const attachments = await walker.operate('attachment', 'getAll', { messageId });
			found.push(...attachments.map((attachment) => ({ ...attachment, messageId })));
		}
		return found;
	});
	const bySize = (files ?? []).sort((one, other) => sizeOf(one) - sizeOf(other));
	const [smallest] = bySize.filter((file) => sizeOf(file) <= LARGEST_DOWNLOAD_BYTES);
	if (smallest === undefined) {
		walker.notChecked.push('Download: no attachment of at most 20 MB was found');
		return;
	}
	const { messageId, id: attachmentId } = smallest;
	await walker.step('Download attachment', () =>
		walker.operate('attachment', 'download', { messageId, attachmentId }),
	);
}

function hasAttachments({ hasAttachments: has }: IDataObject): boolean {
	return has === true || has === 'true';
}

/** A size that is not named may be any. */
function sizeOf({ sizeBytes }: IDataObject): number {
	return typeof sizeBytes === 'number' ? sizeBytes : LARGEST_DOWNLOAD_BYTES;
}
