import { queryString } from './input.mts';
import type { Attachment, Department, Folder, Mailbox, Message, User } from './model.mts';
import type { Settings } from './settings.mts';
import type { State } from './state.mts';

/** Reads `$select`; undefined if there is none. */
export function selectedFields(query: unknown): string[] | undefined {
	const names = queryString(query, '$select')
		?.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '');
	return names?.length ? names : undefined;
}

/**
 * Keeps the named fields of an object and its `id`, which clients in use rely on without naming it [3P]. Names beside
 * those of the object are ignored [unknown].
 */
export function pick(source: object, names: readonly string[]): Record<string, unknown> {
	const fields = source as Record<string, unknown>;
	return Object.fromEntries(
		[...new Set(['id', ...names])]
			.filter((name) => Object.hasOwn(fields, name))
			.map((name) => [name, fields[name]]),
	);
}

/** A counter, a total or the size of a file in the shape that the settings ask for. */
export function counted(value: number, settings: Settings): number | string {
	return settings.numberShape === 'string' ? String(value) : value;
}

/** What a list says of a message without `$select`: all else is named by the clients that need it [3P]. */
export const LISTED_MESSAGE_FIELDS = [
	'id',
	'subject',
	'summary',
	'from',
	'folderId',
	'isRead',
	'hasAttachments',
	'sentDateTime',
] as const;

const OVERHEAD_BYTES = 512;

/** Size of a message: text and files, and something for headers. */
export function messageSize({ body, attachments }: Message): number {
	const text = Buffer.byteLength(body.bodyText) + Buffer.byteLength(body.bodyHtml);
	return attachments.reduce((sum, { content }) => sum + content.size, text + OVERHEAD_BYTES);
}

/** A message as the API shows it: the named fields, or all. */
export function presentMessage(
	message: Message,
	settings: Settings,
	names?: readonly string[],
): Record<string, unknown> {
	const {
		id,
		attachments,
		sequence: _,
		receivedAt: __,
		addedAt: ___,
		internetMessageHeaders,
		...shown
	} = message;
	const all = {
		id,
		...shown,
		internetMessageHeaders:
			settings.headersShape === 'map'
				? internetMessageHeaders
				: Object.entries(internetMessageHeaders).map(([name, value]) => ({ name, value })),
		hasAttachments: attachments.length > 0,
		size: settings.sizeShape === 'string' ? String(messageSize(message)) : messageSize(message),
	};
	return names ? pick(all, names) : all;
}

/** An attachment as the API shows it. */
export function presentAttachment(attachment: Attachment, settings: Settings) {
	const { id, name, content, contentId, isInline, extHeaders } = attachment;
	return {
		id,
		name,
		size: counted(content.size, settings),
		...(contentId !== undefined && { contentId }),
		isInline,
		extHeaders,
	};
}

/** A folder with its counters. */
export function presentFolder(folder: Folder, mailbox: Mailbox, state: State, settings: Settings) {
	const messages = state.messagesIn(mailbox, folder.id);
	const unread = messages.filter(({ isRead }) => !isRead).length;
	return {
		id: folder.id,
		displayName: folder.displayName,
		parentFolderId: folder.parentFolderId,
		childFolderCount: counted(state.childFolders(mailbox, folder.id).length, settings),
		totalItemCount: counted(messages.length, settings),
		unreadItemCount: counted(unread, settings),
		extensions: folder.extensions,
	};
}

/** Shown with `$select` alone [3P]. */
const selectOnlyUserFields = new Set([
	'phone',
	'managerInfo',
	'managerEmail',
	'homeLocation',
	'departmentPath',
	'lastLoginTime',
	'customFields',
	'isHidden',
]);

/** A user as the API shows it: the named fields, or those shown without `$select`. */
export function presentUser(
	user: User,
	state: State,
	names?: readonly string[],
): Record<string, unknown> {
	const { id, email, name, customName: _, forceChangePasswordNextSignIn: __, ...shown } = user;
	const manager = user.managerEmail === '' ? undefined : managerOf(user, state);
	const all: Record<string, unknown> = {
		id,
		email,
		name,
		...shown,
		...(manager && {
			managerInfo: {
				id: manager.id,
				email: manager.email,
				name: manager.name,
				nickname: manager.nickname,
			},
		}),
		departmentPath: { paths: user.departmentIds.map((id) => ({ segments: pathTo(id, state) })) },
		customFields: {},
	};
	return pick(all, names ?? Object.keys(all).filter((name) => !selectOnlyUserFields.has(name)));
}

function managerOf(user: User, state: State): User | undefined {
	return [...state.users.values()].find(({ email }) => email === user.managerEmail);
}

function pathTo(departmentId: string, state: State): Array<{ id: string; name: string }> {
	const department = state.departments.get(departmentId);
	if (department === undefined) return [];
	const above = department.parentId === undefined ? [] : pathTo(department.parentId, state);
	return [...above, { id: department.id, name: department.name }];
}

const PLAIN_DEPARTMENT_FIELDS = ['id', 'name', 'parentId', 'createdTime'];

/** A department as the API shows it: the named fields, or the four shown without `$select` [3P]. */
export function presentDepartment(
	department: Department,
	state: State,
	settings: Settings,
	names: readonly string[] = PLAIN_DEPARTMENT_FIELDS,
): Record<string, unknown> {
	const users = [...state.users.values()].filter(({ departmentIds }) =>
		departmentIds.includes(department.id),
	);
	const children = [...state.departments.values()].filter(
		({ parentId }) => parentId === department.id,
	);
	const all = {
		...department,
		hasUsers: users.length > 0,
		hasSubDepartments: children.length > 0,
		userCount: counted(users.length, settings),
		canManage: true,
	};
	return pick(all, names);
}
