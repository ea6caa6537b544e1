import type { IDataObject, IExecuteFunctions, INodeType } from 'n8n-workflow';

/** How a request ended. */
export interface Sent {
	answer?: unknown;
	error?: Error;
}

/** Options of either of n8n's request helpers. */
export type ProbeRequest = Record<string, unknown>;

/**
 * A node that sends what it is told with one of n8n's helpers and an `alimailApi` credential: `legacy` is the one that the
 * HTTP Request node uses, `modern` the one that other nodes use. The node of this project uses neither as directly.
 */
export function probeNode(helper: 'legacy' | 'modern', requests: ProbeRequest[], sent: Sent[]) {
	return {
		description: {
			displayName: 'Probe',
			name: 'probe',
			group: ['transform'],
			version: 1,
			description: '',
			defaults: {},
			inputs: ['main'],
			outputs: ['main'],
			credentials: [{ name: 'alimailApi', required: true }],
			properties: [],
		},
		async execute(this: IExecuteFunctions) {
			for (const request of requests) {
				const options = structuredClone(request) as never;
				const sending: Promise<unknown> =
					helper === 'legacy'
						? this.helpers.requestWithAuthentication.call(this, 'alimailApi', options, undefined, 0)
						: this.helpers.httpRequestWithAuthentication.call(this, 'alimailApi', options);
				sent.push(
					await sending.then(
						(answer): Sent => ({ answer }),
						(error: Error): Sent => ({ error }),
					),
				);
			}
			return [[{ json: {} as IDataObject }]];
		},
	} as unknown as INodeType;
}
