import { apiRequest } from './apiRequest';
import { attachment } from './attachment';
import { department } from './department';
import { draft } from './draft';
import { folder } from './folder';
import { message } from './message';
import { sharedContact } from './sharedContact';
import { token } from './token';
import type { Resource } from './types';
import { user } from './user';

/**
 * All that the node can do. Properties, dispatch and display conditions follow from this list. The first is chosen until
 * the user chooses another; n8n lists them by name.
 */
export const resources: Resource[] = [
	message,
	apiRequest,
	attachment,
	department,
	draft,
	folder,
	sharedContact,
	token,
	user,
];
