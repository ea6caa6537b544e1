import type { Resource } from '../types';
import { send } from './send.operation';

export const apiRequest: Resource = {
	value: 'apiRequest',
	name: 'API Request',
	operations: [send],
};
