import { randomBytes } from 'node:crypto';
import type { IDataObject, NodeApiError } from 'n8n-workflow';
import { file } from '../../test/support/mail.mts';
import { byId } from '../../test/support/operations.mts';
import { idsOf, INBOX, type Walker } from './walker.mts';

const SENT_ITEMS = '1';
const JUNK = '3';
const DRAFTS = '5';
const DELETED_ITEMS = '6';
const FOLDER_NAMES: Readonly<Record<string, string>> = {
	[SENT_ITEMS]: 'Sent Items',
	[INBOX]: 'the inbox',
	[JUNK]: 'Junk',
	[DRAFTS]: 'Drafts',
	[DELETED_ITEMS]: 'Deleted Items',
};

/** For what the server may show a little later than it has done it; less if even the message is not waited for as long. */
const SETTLING_MS = 20_000;

/** Enough to delete twice, to Deleted Items and from there, with copies that appear late. */
const DELETE_ROUNDS = 6;

const attachedBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** A message of this walk, where it lies now. */
interface OwnMessage {
	id: string;
	folderId: string;
}

/**
 * Sends a message from the mailbox to itself, does with it what the node can do, and deletes it with all its copies, also
 * when something failed. Touches nothing that does not carry a name which nobody else has.
 *
 * @param arrivalTimeoutMs - how long to wait for the message
 */
export async function walkWriting(walker: Walker, arrivalTimeoutMs: number): Promise<void> {
	const walk = new WritingWalk(walker, arrivalTimeoutMs);
	try {
		await walk.begin();
	} finally {
		walker.cleansUp();
		await walk.cleanUp();
	}
}

class WritingWalk {
	/** Subject of the message, and in the name of the folder. */
	readonly #marker = `n8n-nodes-alimail smoke ${randomBytes(6).toString('hex')}`;
	readonly #walker: Walker;
	readonly #arrivalTimeoutMs: number;
	readonly #settlingMs: number;
	#folderId: string | undefined;
	/** Folders in which a copy is to be expected and has not been seen. */
	readonly #awaited = new Set<string>();

	constructor(walker: Walker, arrivalTimeoutMs: number) {
		this.#walker = walker;
		this.#arrivalTimeoutMs = arrivalTimeoutMs;
		this.#settlingMs = Math.min(SETTLING_MS, arrivalTimeoutMs);
	}

	async begin(): Promise<void> {
		await this.#makeFolder();
		const arrived = await this.#sendToSelf();
		if (arrived === undefined) {
			this.#walker.notChecked.push('What is done to a message, for none arrived');
			return;
		}
		await this.#mark(arrived.id);
		await this.#download(arrived.id);
		await this.#move(arrived.id);
	}

	async #makeFolder(): Promise<void> {
		const walker = this.#walker;
		await walker.step('Create folder', async () => {
			await walker.operate('folder', 'create', { displayName: this.#marker });
			this.#folderId = await walker.eventually(() => this.#ownFolder(), this.#settlingMs);
			if (this.#folderId === undefined) throw new Error('The folder is not in the list.');
		});
		const folderId = this.#folderId;
		if (folderId === undefined) return;
		await walker.step('Rename folder', async () => {
			const displayName = `${this.#marker} renamed`;
			await walker.operate('folder', 'rename', { folder: byId(folderId), displayName });
			const renamed = await walker.eventually(() => this.#ownFolder(displayName), this.#settlingMs);
			if (renamed === undefined) throw new Error('The folder has its old name.');
		});
	}

	async #sendToSelf(): Promise<OwnMessage | undefined> {
		const walker = this.#walker;
		const [draft] =
			(await walker.step('Create draft', () =>
				walker.operate('draft', 'create', {
					to: walker.account.mailbox,
					subject: this.#marker,
					emailFormat: 'text',
					text: 'A check of n8n-nodes-alimail. It deletes this message by itself.',
				}),
			)) ?? [];
		if (draft === undefined) return undefined;
		const { draftId } = draft;
		const item = { json: {}, binary: { data: file(attachedBytes, 'smoke.bin') } };
		await walker.step('Add attachment to draft', () =>
			walker.operate('draft', 'addAttachment', { draftId }, item),
		);
		await walker.step('Send draft', async () => {
			const failure = await walker.operate('draft', 'send', { draftId }).then(
				() => undefined,
				(error: Error) => error,
			);
			if (failure === undefined || mayHaveBeenSent(failure)) {
				this.#awaited.add(INBOX).add(SENT_ITEMS);
			}
			if (failure) throw failure;
		});
		if (this.#awaited.size === 0) return undefined;
		return await walker.step('Wait for the message', async () => {
			const find = async () =>
				(await this.#messagesIn(INBOX))[0] ?? (await this.#messagesIn(JUNK))[0];
			const found = await walker.eventually(find, this.#arrivalTimeoutMs);
			if (found) return found;
			throw new Error(`It did not arrive within ${this.#arrivalTimeoutMs / 1000} seconds.`);
		});
	}

	async #mark(messageId: string): Promise<void> {
		const walker = this.#walker;
		for (const isRead of [true, false]) {
			await walker.step(isRead ? 'Mark as read' : 'Mark as unread', async () => {
				await walker.operate('message', isRead ? 'markRead' : 'markUnread', { messageId });
				const changed = await walker.eventually(async () => {
					const [message] = await walker.operate('message', 'get', { messageId });
					return String(message?.isRead) === String(isRead) || undefined;
				}, this.#settlingMs);
				if (!changed) throw new Error('The message is as it was.');
			});
		}
	}

	async #download(messageId: string): Promise<void> {
		const walker = this.#walker;
		await walker.step('Download what was sent', async () => {
			const [attachmentId] = idsOf(
				await walker.operate('attachment', 'getAll', { messageId, simplify: false }),
			);
			if (attachmentId === undefined) throw new Error('The message has no attachment.');
			const parameters = { messageId, attachmentId };
			const [item] = await walker.items('attachment', 'download', parameters);
			const bytes = await walker.read(item!.binary!.data!);
			if (!bytes.equals(attachedBytes)) {
				throw new Error(`${bytes.length} bytes came, other than the ones that were sent.`);
			}
		});
	}

	async #move(messageId: string): Promise<void> {
		const folderId = this.#folderId;
		if (folderId === undefined) {
			this.#walker.notChecked.push('Move message, for there is no folder to move it to');
			return;
		}
		await this.#walker.step('Move message', async () => {
			const destinationFolder = byId(folderId);
			await this.#walker.operate('message', 'move', { messageId, destinationFolder });
			const find = async () => (await this.#messagesIn(folderId))[0];
			const moved = await this.#walker.eventually(find, this.#settlingMs);
			if (moved === undefined) throw new Error('The message is not in the folder.');
		});
	}

	/** Deletes what carries the marker; what stays is noted. */
	async cleanUp(): Promise<void> {
		const walker = this.#walker;
		const note = (what: string) => walker.leftBehind.push(`${what}, named “${this.#marker}”`);
		await walker.step('Delete messages', async () => {
			const { left, failure } = await this.#deleteMessages();
			for (const [folderId, count] of countByFolder(left)) {
				const messages = count === 1 ? 'A message' : `${count} messages`;
				const place = FOLDER_NAMES[folderId];
				note(`${messages} ${place ? `in ${place}` : 'that was in the folder'}`);
			}
			for (const folderId of this.#awaited) {
				note(`Perhaps a message in ${FOLDER_NAMES[folderId]}, where none has been seen yet`);
			}
			if (failure && left.length === 0) note('Perhaps a message');
			if (failure) throw failure;
		});
		const deleted = await walker.step('Delete folder', async () => {
			const folderId = await this.#ownFolder();
			if (folderId === undefined) return true;
			await walker.operate('folder', 'delete', { folder: byId(folderId) });
			const isGone = async () => ((await this.#ownFolder()) === undefined ? true : undefined);
			if (await walker.eventually(isGone, this.#settlingMs)) return true;
			throw new Error('The folder is still in the list.');
		});
		if (!deleted) note('Perhaps a folder');
	}

	/** Goes on after a failure, and tells the last one. */
	async #deleteMessages(): Promise<{ left: OwnMessage[]; failure: Error | undefined }> {
		const walker = this.#walker;
		let failure: Error | undefined;
		const own = this.#folderId === undefined ? [] : [this.#folderId];
		const listAll = async () => {
			const messages: OwnMessage[] = [];
			for (const folderId of [...own, ...Object.keys(FOLDER_NAMES)]) {
				const listed = await this.#messagesIn(folderId).catch((error: Error) => error);
				if (listed instanceof Error) failure = listed;
				else messages.push(...listed);
			}
			return messages;
		};
		for (let round = 0; ; round++) {
			const left = await walker.eventually(async () => {
				const messages = await listAll();
				return messages.length > 0 || this.#awaited.size === 0 ? messages : undefined;
			}, this.#settlingMs);
			if (left === undefined || left.length === 0) return { left: [], failure };
			if (round === DELETE_ROUNDS) {
				return { left, failure: failure ?? new Error('The messages are still there.') };
			}
			for (const { id: messageId } of left) {
				await walker.operate('message', 'delete', { messageId }).catch((error: Error) => {
					failure = error;
				});
			}
		}
	}

	/** The messages of this walk in a folder; their copies may have other IDs than the ones before. */
	async #messagesIn(folderId: string): Promise<OwnMessage[]> {
		const messages = await this.#walker.operate('message', 'getAll', {
			getFrom: 'folder',
			folder: byId(folderId),
			limit: 50,
			options: { fields: ['id', 'subject'] },
		});
		const own = idsOf(messages.filter(({ subject }) => subject === this.#marker));
		if (own.length > 0 && folderId !== DRAFTS) {
			// Rules may file what arrives elsewhere than in the inbox.
			this.#awaited.delete(folderId === SENT_ITEMS ? SENT_ITEMS : INBOX);
		}
		return own.map((id) => ({ id, folderId }));
	}

	async #ownFolder(name?: string): Promise<string | undefined> {
		const folders = await this.#walker.operate('folder', 'getAll', {
			returnAll: true,
			options: { includeSubfolders: false },
		});
		const own = folders.filter(({ displayName }) =>
			name === undefined
				? typeof displayName === 'string' && displayName.startsWith(this.#marker)
				: displayName === name,
		);
		return idsOf(own)[0];
	}
}

function mayHaveBeenSent(error: Error): boolean {
	const data = (error as Partial<NodeApiError>).context?.data as IDataObject | undefined;
	return data?.mayHaveBeenSent === true;
}

function countByFolder(messages: readonly OwnMessage[]): Map<string, number> {
	const counts = new Map<string, number>();
	for (const { folderId } of messages) counts.set(folderId, (counts.get(folderId) ?? 0) + 1);
	return counts;
}
