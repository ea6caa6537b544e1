import type { IDataObject } from 'n8n-workflow';

import type { AlimailContext } from '../../auth/credential';
import { whileHidden } from '../../errors/redact';
import { callApi, type ApiCall } from '../../transport/call';
import { withoutPasswords } from './users';

/**
 * Calls an endpoint with a password in the body. Whatever the server says about it is shown without the password, for an
 * error goes into executions, logs and error workflows.
 *
 * @returns the answer without any password; an empty object for an empty body
 * @throws NodeOperationError for a value that cannot be sent, NodeApiError for what the server refuses
 */
export async function callWithPassword(
	context: AlimailContext,
	call: ApiCall,
	password: string,
): Promise<IDataObject> {
	return withoutPasswords(await whileHidden(password, async () => await callApi(context, call)));
}
