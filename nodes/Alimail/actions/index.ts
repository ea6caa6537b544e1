import { apiRequest } from './apiRequest';
import { token } from './token';
import type { Resource } from './types';

/** All that the node can do. Properties, dispatch and display conditions follow from this list. */
export const resources: Resource[] = [apiRequest, token];
