import type { Resource } from '../types';
import { get } from './get.operation';

export const token: Resource = { value: 'token', name: 'Token', operations: [get] };
