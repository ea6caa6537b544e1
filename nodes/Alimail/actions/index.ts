import { apiRequest } from './apiRequest';
import { department } from './department';
import { folder } from './folder';
import { sharedContact } from './sharedContact';
import { token } from './token';
import type { Resource } from './types';
import { user } from './user';

/** All that the node can do. Properties, dispatch and display conditions follow from this list. */
export const resources: Resource[] = [apiRequest, department, folder, sharedContact, token, user];
