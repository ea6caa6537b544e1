import { bytesContent, type Content } from './content.mts';
import { invalidId, notFound } from './errors.mts';
import { Ids } from './ids.mts';
import type {
	Address,
	Attachment,
	AttachmentInput,
	Department,
	Folder,
	Mailbox,
	Message,
	MessageInput,
	Organization,
	SharedContact,
	SharedContactFolder,
	User,
} from './model.mts';
import { seed } from './seed.mts';

/** Ids of the folders that every mailbox has [3P]. */
export const systemFolders = {
	sent: '1',
	inbox: '2',
	junk: '3',
	drafts: '5',
	deleted: '6',
} as const;

/** Parent of the top-level folders [3P]. */
export const ROOT_FOLDER_ID = '0';

/** Stands for the department, and for the folder of shared contacts, above all others [3P]. */
export const ROOT_ID = '$root';

const FIRST_CUSTOM_FOLDER_ID = 104;

interface MailboxIndex {
	/** Newest first, by folder, of what was asked for; kept up to date from then on. */
	readonly byFolder: Map<string, Message[]>;
	all: Message[] | undefined;
	lastFolderId: number;
}

/** Everything that the simulated organization holds. */
export class State {
	ids = new Ids();
	organization!: Organization;
	readonly users = new Map<string, User>();
	readonly departments = new Map<string, Department>();
	readonly sharedContactFolders = new Map<string, SharedContactFolder>();
	readonly sharedContacts = new Map<string, SharedContact>();
	/** By address in lower case. */
	readonly mailboxes = new Map<string, Mailbox>();
	readonly #indexes = new WeakMap<Mailbox, MailboxIndex>();
	readonly #sentCopies = new Set<NodeJS.Timeout>();
	#sequence = 0;

	constructor() {
		this.reset();
	}

	/** Back to the seed. */
	reset(): void {
		this.ids = new Ids();
		this.#sequence = 0;
		this.dropSentCopies();
		this.users.clear();
		this.departments.clear();
		this.sharedContactFolders.clear();
		this.sharedContacts.clear();
		this.mailboxes.clear();
		seed(this);
	}

	/** Finds a user by id, address or alias; 404 otherwise. */
	user(idOrEmail: string): User {
		const user = this.users.get(idOrEmail) ?? this.#userByEmail(idOrEmail);
		if (user !== undefined) return user;
		throw idOrEmail.includes('@') ? this.#unknownAddress(idOrEmail) : notFound('user');
	}

	/** Adds a user and the mailbox. */
	addUser(input: Partial<User> & Pick<User, 'email' | 'name' | 'departmentIds'>): User {
		const now = input.createdTime ?? instantOf(Date.now());
		const user: User = {
			id: this.ids.numbered('user'),
			nickname: '',
			employeeNo: '',
			employeeType: 'EMPLOYEE',
			status: 'NORMAL',
			jobTitle: '',
			workLocation: '',
			officeLocation: '',
			homeLocation: '',
			phone: '',
			workPhone: '',
			customName: '',
			managerEmail: '',
			isHidden: false,
			info: '',
			forceChangePasswordNextSignIn: false,
			emailAliases: [],
			createdTime: now,
			freezedTime: undefined,
			lastLoginTime: undefined,
			lastPasswordChangeTime: now,
			...input,
		};
		this.users.set(user.id, user);
		this.#addMailbox(user.email);
		return user;
	}

	/** Removes a user and the mailbox. */
	removeUser(user: User): void {
		this.users.delete(user.id);
		this.mailboxes.delete(user.email.toLowerCase());
	}

	/** Finds a department by id or `$root`; 404 otherwise. */
	department(id: string): Department {
		const department =
			id === ROOT_ID
				? [...this.departments.values()].find(({ parentId }) => parentId === undefined)
				: this.departments.get(id);
		if (department === undefined) throw notFound('department');
		return department;
	}

	/** Whether a department is another one or lies somewhere below it. */
	isWithinDepartment(id: string, ancestorId: string): boolean {
		for (let at: string | undefined = id; at !== undefined; ) {
			if (at === ancestorId) return true;
			at = this.departments.get(at)?.parentId;
		}
		return false;
	}

	/** Finds a folder of shared contacts by id or `$root`; 404 otherwise. */
	sharedContactFolder(id: string): SharedContactFolder {
		const folder =
			id === ROOT_ID
				? [...this.sharedContactFolders.values()].find(({ parentId }) => parentId === undefined)
				: this.sharedContactFolders.get(id);
		if (folder === undefined) throw notFound('sharedContactFolder');
		return folder;
	}

	/** Finds a mailbox by address or alias; 404 otherwise. */
	mailbox(email: string): Mailbox {
		const mailbox = this.findMailbox(email);
		if (mailbox === undefined) throw this.#unknownAddress(email);
		return mailbox;
	}

	/** Finds a mailbox by address or alias. */
	findMailbox(email: string): Mailbox | undefined {
		const direct = this.mailboxes.get(email.toLowerCase());
		if (direct !== undefined) return direct;
		const owner = this.#userByEmail(email);
		return owner && this.mailboxes.get(owner.email.toLowerCase());
	}

	/** Finds a folder; 404 otherwise. */
	folder(mailbox: Mailbox, id: string): Folder {
		const folder = mailbox.folders.get(id);
		if (folder === undefined) throw invalidId('folder');
		return folder;
	}

	/** Adds a folder below another one. */
	addFolder(
		mailbox: Mailbox,
		input: { displayName: string; parentFolderId?: string; extensions?: Record<string, string> },
	): Folder {
		const index = this.#index(mailbox);
		index.lastFolderId += 1;
		const folder: Folder = {
			id: String(index.lastFolderId),
			displayName: input.displayName,
			parentFolderId: input.parentFolderId ?? ROOT_FOLDER_ID,
			extensions: input.extensions ?? {},
		};
		mailbox.folders.set(folder.id, folder);
		return folder;
	}

	/** Removes a folder and those below it; their messages go to the deleted ones [INF]. */
	removeFolder(mailbox: Mailbox, id: string): void {
		for (const child of this.childFolders(mailbox, id)) this.removeFolder(mailbox, child.id);
		for (const message of this.messagesIn(mailbox, id)) {
			this.moveMessage(mailbox, message.id, systemFolders.deleted);
		}
		mailbox.folders.delete(id);
	}

	/** Folders directly below another one. */
	childFolders(mailbox: Mailbox, parentId: string): Folder[] {
		return [...mailbox.folders.values()].filter((folder) => folder.parentFolderId === parentId);
	}

	/** Finds a message; 404 otherwise. */
	message(mailbox: Mailbox, id: string): Message {
		const message = mailbox.messages.get(id);
		if (message === undefined) throw invalidId('message');
		return message;
	}

	/** Messages of a folder, or of the whole mailbox, newest first. */
	messagesIn(mailbox: Mailbox | string, folderId?: string): readonly Message[] {
		const box = typeof mailbox === 'string' ? this.mailbox(mailbox) : mailbox;
		const index = this.#index(box);
		index.all ??= [...box.messages.values()].sort(newestFirst);
		if (folderId === undefined) return index.all;
		let listed = index.byFolder.get(folderId);
		if (listed === undefined) {
			listed = index.all.filter((message) => message.folderId === folderId);
			index.byFolder.set(folderId, listed);
		}
		return listed;
	}

	/** Adds a message, to the inbox unless another folder is named. */
	addMessage(mailbox: Mailbox | string, input: MessageInput = {}): Message {
		const box = typeof mailbox === 'string' ? this.mailbox(mailbox) : mailbox;
		const received = input.receivedDateTime ?? instantOf(Date.now());
		const id = this.ids.message();
		const sequence = ++this.#sequence;
		const from = input.from ?? { email: 'sender@example.org', name: 'Sender' };
		const bodyText = input.body?.bodyText ?? `Text of message ${sequence}.`;
		const { attachments, body, ...rest } = input;
		const message: Message = {
			internetMessageId: `<sim-${sequence}@example.com>`,
			conversationId: `conversation-${sequence}`,
			receivedDateTime: received,
			sentDateTime: received,
			lastModifiedDateTime: received,
			folderId: systemFolders.inbox,
			subject: `Message ${sequence}`,
			from,
			sender: from,
			toRecipients: [{ email: box.email, name: this.#userByEmail(box.email)?.name ?? '' }],
			ccRecipients: [],
			bccRecipients: [],
			replyTo: [],
			internetMessageHeaders: {},
			summary: bodyText.slice(0, 100),
			isRead: false,
			isReplied: false,
			isForwarded: false,
			isReadReceiptRequested: false,
			priority: 'PRY_NORMAL',
			sendStatus: 'none',
			tags: [],
			...rest,
			id,
			sequence,
			receivedAt: Date.parse(received),
			addedAt: Date.now(),
			body: { bodyText, bodyHtml: body?.bodyHtml ?? '' },
			attachments: (attachments ?? []).map((attachment) => this.#attachment(attachment)),
		};
		box.messages.set(id, message);
		this.#insert(box, message, message.folderId);
		return message;
	}

	/** Adds many messages, one second apart, the last of them received now; oldest first. */
	addMessages(
		mailbox: Mailbox | string,
		count: number,
		input: MessageInput | ((index: number) => MessageInput) = {},
	): Message[] {
		const box = typeof mailbox === 'string' ? this.mailbox(mailbox) : mailbox;
		const now = Date.now();
		// Sorted once, when they are read.
		this.#forgetOrder(box);
		return Array.from({ length: count }, (_, i) =>
			this.addMessage(box, {
				receivedDateTime: instantOf(now - (count - 1 - i) * 1000),
				...(typeof input === 'function' ? input(i) : input),
			}),
		);
	}

	/** Adds a file to a message. */
	addAttachment(message: Message, input: AttachmentInput): Attachment {
		const attachment = this.#attachment(input);
		message.attachments.push(attachment);
		return attachment;
	}

	/** Puts a message into another folder; its id stays. */
	moveMessage(mailbox: Mailbox | string, id: string, folderId: string): Message {
		const box = typeof mailbox === 'string' ? this.mailbox(mailbox) : mailbox;
		const message = this.message(box, id);
		this.#take(this.#index(box).byFolder, message.folderId, message);
		message.folderId = folderId;
		message.lastModifiedDateTime = instantOf(Date.now());
		this.#put(this.#index(box).byFolder, folderId, message);
		return message;
	}

	/** Takes a message out of the mailbox for good. */
	removeMessage(mailbox: Mailbox | string, id: string): void {
		const box = typeof mailbox === 'string' ? this.mailbox(mailbox) : mailbox;
		const message = box.messages.get(id);
		if (message === undefined) return;
		box.messages.delete(id);
		const index = this.#index(box);
		index.all &&= without(index.all, message);
		this.#take(index.byFolder, message.folderId, message);
	}

	/**
	 * Sends a draft: a copy for each recipient whose mailbox is here, one for the sender if asked for; the draft goes. The
	 * copies get another `internetMessageId` than the draft, and keep its headers [LIVE].
	 *
	 * @param options.copyDelayMs - how much later the sender's copy turns up
	 */
	sendDraft(
		mailbox: Mailbox,
		draft: Message,
		{ saveToSentItems, copyDelayMs }: { saveToSentItems: boolean; copyDelayMs: number },
	): void {
		const now = instantOf(Date.now());
		const copied: MessageInput = {
			...draft,
			internetMessageId: `<sent-${draft.sequence}@mail.${this.organization.domain}>`,
			receivedDateTime: now,
			sentDateTime: now,
			lastModifiedDateTime: now,
			toRecipients: [...draft.toRecipients],
			ccRecipients: [...draft.ccRecipients],
			replyTo: [...draft.replyTo],
			internetMessageHeaders: { ...draft.internetMessageHeaders },
			attachments: draft.attachments.map(({ extHeaders, contentId, ...file }) => ({
				...file,
				...(contentId !== undefined && { contentId }),
				...(extHeaders['Content-Type'] !== undefined && {
					contentType: extHeaders['Content-Type'],
				}),
			})),
			tags: [],
		};
		this.removeMessage(mailbox, draft.id);
		const addSentCopy = () =>
			this.addMessage(mailbox, {
				...copied,
				bccRecipients: [...draft.bccRecipients],
				folderId: systemFolders.sent,
				isRead: true,
				sendStatus: 'success',
			});
		if (saveToSentItems && copyDelayMs > 0) this.#later(copyDelayMs, addSentCopy);
		else if (saveToSentItems) addSentCopy();
		for (const recipient of this.#hostedRecipients(draft)) {
			this.addMessage(recipient, {
				...copied,
				bccRecipients: [],
				folderId: systemFolders.inbox,
				isRead: false,
				sendStatus: 'none',
			});
		}
	}

	/** Lets no copy turn up any more. */
	dropSentCopies(): void {
		for (const timer of this.#sentCopies) clearTimeout(timer);
		this.#sentCopies.clear();
	}

	#later(delayMs: number, action: () => void): void {
		const timer = setTimeout(() => {
			this.#sentCopies.delete(timer);
			action();
		}, delayMs);
		this.#sentCopies.add(timer);
	}

	#hostedRecipients(draft: Message): Set<Mailbox> {
		const recipients = new Set<Mailbox>();
		for (const { email } of [
			...draft.toRecipients,
			...draft.ccRecipients,
			...draft.bccRecipients,
		] satisfies Address[]) {
			const mailbox = this.findMailbox(email);
			if (mailbox !== undefined) recipients.add(mailbox);
		}
		return recipients;
	}

	#attachment(input: AttachmentInput): Attachment {
		return {
			id: this.ids.attachment(),
			name: input.name,
			contentId: input.contentId,
			isInline: input.isInline ?? false,
			extHeaders: input.contentType === undefined ? {} : { 'Content-Type': input.contentType },
			content: isContent(input.content) ? input.content : bytesContent(input.content),
		};
	}

	#addMailbox(email: string): void {
		const folders = new Map<string, Folder>();
		const names: Array<[string, string]> = [
			[systemFolders.sent, 'sent'],
			[systemFolders.inbox, 'inbox'],
			[systemFolders.junk, 'junk'],
			[systemFolders.drafts, 'drafts'],
			[systemFolders.deleted, 'deleted'],
		];
		for (const [id, displayName] of names) {
			folders.set(id, { id, displayName, parentFolderId: ROOT_FOLDER_ID, extensions: {} });
		}
		this.mailboxes.set(email.toLowerCase(), { email, folders, messages: new Map() });
	}

	#userByEmail(email: string): User | undefined {
		const wanted = email.toLowerCase();
		return [...this.users.values()].find(
			(user) =>
				user.email.toLowerCase() === wanted ||
				user.emailAliases.some((alias) => alias.toLowerCase() === wanted),
		);
	}

	#unknownAddress(email: string) {
		const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
		return notFound(domain === this.organization.domain ? 'user' : 'domain');
	}

	#index(mailbox: Mailbox): MailboxIndex {
		let index = this.#indexes.get(mailbox);
		if (index === undefined) {
			index = { byFolder: new Map(), all: undefined, lastFolderId: FIRST_CUSTOM_FOLDER_ID - 1 };
			this.#indexes.set(mailbox, index);
		}
		return index;
	}

	#insert(mailbox: Mailbox, message: Message, folderId: string): void {
		const index = this.#index(mailbox);
		index.all &&= including(index.all, message);
		this.#put(index.byFolder, folderId, message);
	}

	#put(byFolder: MailboxIndex['byFolder'], folderId: string, message: Message): void {
		const listed = byFolder.get(folderId);
		if (listed !== undefined) byFolder.set(folderId, including(listed, message));
	}

	#take(byFolder: MailboxIndex['byFolder'], folderId: string, message: Message): void {
		const listed = byFolder.get(folderId);
		if (listed !== undefined) byFolder.set(folderId, without(listed, message));
	}

	#forgetOrder(mailbox: Mailbox): void {
		const index = this.#index(mailbox);
		index.all = undefined;
		index.byFolder.clear();
	}
}

/** A sorted list with one more message; the list itself stays as it is, since somebody may be reading it. */
function including(sorted: readonly Message[], message: Message): Message[] {
	return sorted.toSpliced(placeOf(sorted, message), 0, message);
}

/** A sorted list without a message. */
function without(sorted: readonly Message[], message: Message): Message[] {
	const place = placeOf(sorted, message);
	return sorted[place] === message ? sorted.toSpliced(place, 1) : [...sorted];
}

/** Where a message stands in a sorted list, or would stand. */
function placeOf(sorted: readonly Message[], message: Message): number {
	let [low, high] = [0, sorted.length];
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (newestFirst(sorted[middle] as Message, message) >= 0) high = middle;
		else low = middle + 1;
	}
	return low;
}

function isContent(content: AttachmentInput['content']): content is Content {
	return typeof content === 'object' && 'open' in content;
}

function newestFirst(left: Message, right: Message): number {
	return right.receivedAt - left.receivedAt || right.sequence - left.sequence;
}

/** A time as the API writes it: UTC, ISO 8601, whole seconds. */
export function instantOf(time: number): string {
	return new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
