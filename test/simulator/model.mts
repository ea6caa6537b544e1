import type { Content } from './content.mts';

/** A sender or recipient. */
export interface Address {
	email: string;
	name: string;
}

/** A file in a message. */
export interface Attachment {
	id: string;
	name: string;
	contentId: string | undefined;
	isInline: boolean;
	extHeaders: Record<string, string>;
	content: Content;
}

/** A message in a mailbox. Change `folderId` through `State.moveMessage` only. */
export interface Message {
	readonly id: string;
	/** Breaks ties between messages of the same second. */
	readonly sequence: number;
	readonly internetMessageId: string;
	readonly conversationId: string;
	readonly receivedDateTime: string;
	/** `receivedDateTime` in milliseconds. */
	readonly receivedAt: number;
	/** When it came into the mailbox, in milliseconds. */
	readonly addedAt: number;
	readonly sentDateTime: string;
	lastModifiedDateTime: string;
	folderId: string;
	subject: string;
	from: Address;
	sender: Address;
	toRecipients: Address[];
	ccRecipients: Address[];
	bccRecipients: Address[];
	replyTo: Address[];
	body: { bodyText: string; bodyHtml: string };
	internetMessageHeaders: Record<string, string>;
	summary: string;
	isRead: boolean;
	isReplied: boolean;
	isForwarded: boolean;
	isReadReceiptRequested: boolean;
	priority: string;
	sendStatus: string;
	tags: string[];
	attachments: Attachment[];
}

/** A file of a message to add. */
export interface AttachmentInput {
	name: string;
	content: string | Uint8Array | Content;
	contentType?: string;
	contentId?: string;
	isInline?: boolean;
}

/** A message to add; what is missing is filled in. */
export interface MessageInput
	extends Partial<
		Omit<Message, 'id' | 'sequence' | 'receivedAt' | 'addedAt' | 'attachments' | 'body'>
	> {
	body?: { bodyText?: string; bodyHtml?: string };
	attachments?: AttachmentInput[];
}

/** A mail folder. */
export interface Folder {
	readonly id: string;
	displayName: string;
	parentFolderId: string;
	extensions: Record<string, string>;
}

/** A mailbox, named by its address. */
export interface Mailbox {
	readonly email: string;
	readonly folders: Map<string, Folder>;
	readonly messages: Map<string, Message>;
}

/** A user; `status` is `NORMAL` or `FREEZE`. */
export interface User {
	readonly id: string;
	readonly email: string;
	name: string;
	nickname: string;
	employeeNo: string;
	employeeType: string;
	status: string;
	departmentIds: string[];
	jobTitle: string;
	workLocation: string;
	officeLocation: string;
	homeLocation: string;
	phone: string;
	workPhone: string;
	customName: string;
	managerEmail: string;
	isHidden: boolean;
	info: string;
	forceChangePasswordNextSignIn: boolean;
	emailAliases: string[];
	readonly createdTime: string;
	freezedTime: string | undefined;
	lastLoginTime: string | undefined;
	lastPasswordChangeTime: string;
}

/** A department; the root has no parent. */
export interface Department {
	readonly id: string;
	name: string;
	parentId: string | undefined;
	readonly createdTime: string;
	isHidden: boolean;
	hiddenExcludeUsers: string[];
	hiddenExcludeDepartments: string[];
	managers: string[];
	email: string;
}

/** The organization. */
export interface Organization {
	readonly id: string;
	name: string;
	introduction: string;
	telephone: string;
	address: string;
	preferredLanguage: string;
	readonly domain: string;
	readonly createdTime: string;
}

/** A folder of the shared contacts; the root has no parent. */
export interface SharedContactFolder {
	readonly id: string;
	name: string;
	parentId: string | undefined;
	isHidden: boolean;
	readonly createdTime: string;
}

/** A shared contact. */
export interface SharedContact {
	readonly id: string;
	name: string;
	nickname: string;
	folderId: string;
	email: string;
	workPhone: string;
	phone: string;
	companyName: string;
	jobTitle: string;
	homeAddress: string;
	workAddress: string;
	manager: string;
	info: string;
	isHidden: boolean;
	readonly createdTime: string;
	readonly modifiedTime: string;
}
