import type { INodeParameters } from 'n8n-workflow';
import type { RecordedRequest, Simulator } from '../simulator/index.mts';
import { byAddress } from './operations.mts';

/** The parameters of an operation on a mailbox, Alice's unless told otherwise. */
export function mail(
	resource: 'attachment' | 'draft' | 'message',
	operation: string,
	parameters: Record<string, unknown> = {},
): INodeParameters {
	return {
		resource,
		operation,
		mailbox: byAddress('alice@example.com'),
		...parameters,
	} as INodeParameters;
}

/** A file inside an item. */
export function file(
	content: string | Buffer,
	fileName?: string,
	mimeType = 'application/octet-stream',
) {
	return { data: Buffer.from(content).toString('base64'), mimeType, ...(fileName && { fileName }) };
}

/** What arrived at the API, as `POST send`: the method and the last word of the path. */
export function calls({ apiRequests }: Simulator): string[] {
	return apiRequests.map(({ method, path }) =>
		path.startsWith('/v2/stream/') ? `${method} bytes` : `${method} ${path.split('/').at(-1)}`,
	);
}

/** The requests whose path ends so. */
export function requestsTo({ apiRequests }: Simulator, ending: string): RecordedRequest[] {
	return apiRequests.filter(({ path }) => path.endsWith(ending));
}

/** The message in the first request for a draft. */
export function composed(simulator: Simulator): Record<string, unknown> {
	const body = simulator.apiRequests.find(
		({ method, path }) => method === 'POST' && path.endsWith('/messages'),
	)?.body as { message: Record<string, unknown> } | undefined;
	return body?.message ?? {};
}
