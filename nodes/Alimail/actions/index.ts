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

/** All that the node can do. Properties, dispatch and display conditions follow from this list. */
export const resources: Resource[] = [
	apiRequest,
	attachment,
	department,
	draft,
	folder,
	message,
	sharedContact,
	token,
	user,
];
