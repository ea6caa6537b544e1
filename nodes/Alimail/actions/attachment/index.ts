import type { Resource } from '../types';
import { download } from './download.operation';
import { getAll } from './getAll.operation';

export const attachment: Resource = {
	value: 'attachment',
	name: 'Attachment',
	operations: [getAll, download],
};
