import type { Resource } from '../types';
import { addAttachment } from './addAttachment.operation';
import { create } from './create.operation';
import { send } from './send.operation';

export const draft: Resource = {
	value: 'draft',
	name: 'Draft',
	operations: [create, addAttachment, send],
};
