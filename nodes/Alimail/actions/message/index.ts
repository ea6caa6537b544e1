import type { Resource } from '../types';
import { addTags } from './addTags.operation';
import { deleteMessage } from './delete.operation';
import { get } from './get.operation';
import { getAll } from './getAll.operation';
import { markRead } from './markRead.operation';
import { markUnread } from './markUnread.operation';
import { move } from './move.operation';
import { removeTags } from './removeTags.operation';
import { reply } from './reply.operation';
import { send } from './send.operation';

export const message: Resource = {
	value: 'message',
	name: 'Message',
	operations: [
		send,
		addTags,
		deleteMessage,
		get,
		getAll,
		markRead,
		markUnread,
		move,
		removeTags,
		reply,
	],
};
