import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { RecordedRequest } from '../../simulator/index.mts';
import type { NodeRun } from '../../support/nodeRunner.mts';
import { NO_FAULT } from './faults.mts';
import type { Wave } from './operations.mts';

/** What must not happen. */
export interface Violation {
	what: string;
	requests: RecordedRequest[];
}

/** Addresses to which one item sends several different bodies, one after the other. */
const SEVERAL_BODIES = /\/(createUploadSession|messages\/query)(\?|$)/;

/** Whether the server did nothing, so that the request may come again. */
const didNothing = ({ status }: RecordedRequest) => status === 401 || status === 429;

const succeeded = ({ status, fault }: RecordedRequest) =>
	status !== undefined && status < 300 && !/reset|half/.test(fault ?? '');

/** No request that changes something arrives again, unless it was answered 401 or 429. */
export function repeatedChanges(requests: RecordedRequest[]): Violation[] {
	const groups = Map.groupBy(
		requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD'),
		({ method, url }) => `${method} ${url}`,
	);
	return [...groups].flatMap(([address, arrivals]) => {
		const bodies = new Set<string>();
		const isFine = arrivals.every((arrival, index) => {
			if (didNothing(arrival) || index === arrivals.length - 1) return true;
			const isNew = !bodies.has(arrival.bodySha256);
			bodies.add(arrival.bodySha256);
			return SEVERAL_BODIES.test(address) && succeeded(arrival) && isNew;
		});
		return isFine ? [] : [{ what: `arrived more than once: ${address}`, requests: arrivals }];
	});
}

/** No message of a wave is sent twice. */
export function repeatedMessages(subjects: string[]): string[] {
	return subjects.filter((subject, index) => subjects.indexOf(subject) !== index);
}

/** Every item has its result or its error, at its place and paired with it; an item that fails has nothing else. */
export function wrongOutcomes(
	{ kind, inputs }: Wave,
	{ items, error }: NodeRun,
	requests: RecordedRequest[],
): Violation[] {
	if (error !== undefined) return [{ what: `the node failed: ${error.message}`, requests: [] }];
	const violations: Violation[] = [];
	const indexes = items.map(({ pairedItem }) => (pairedItem as { item?: number })?.item ?? -1);
	if (indexes.some((index, place) => index < (indexes[place - 1] ?? 0))) {
		violations.push({ what: `items are out of order: ${indexes.join()}`, requests: [] });
	}
	const byItem = Map.groupBy(items, (_item, place) => indexes[place]!);
	for (const index of byItem.keys()) {
		if (inputs[index] === undefined) {
			violations.push({ what: `a result is paired with the item ${index}`, requests: [] });
		}
	}
	for (const [index, { box }] of inputs.entries()) {
		const own = requests.filter(({ url }) => decodeURIComponent(url).includes(box));
		const add = (what: string) =>
			violations.push({ what: `item ${index}: ${what}`, requests: own });
		const results = byItem.get(index) ?? [];
		const failures = results.filter(isFailure);
		if (failures.length > 0 && results.length > 1) add('has an error and something else');
		if (!kind.list && results.length !== 1) add(`has ${results.length} results`);
		const emptied = own.some(({ fault }) => /empty/.test(fault ?? ''));
		if (kind.list && results.length === 0 && !emptied) add('has neither results nor an error');
		for (const { json } of failures) {
			if (!kind.shared && isOfAnother(json, box)) {
				add(`has the error of another item: ${JSON.stringify(json)}`);
			}
		}
		if (kind.oneChange || kind.name.startsWith('API Request, changes')) {
			const changes = own.filter(({ method }) => method !== 'GET');
			const done = changes.some(({ status }) => status !== undefined && status < 300);
			if (failures.length === 0 && !done) add('reports a change that was not made');
			const clean = changes.at(-1);
			// On a busy machine an answer may come too late although nothing held it back.
			const tookTooLong = failures.some(({ json }) => /took too long/.test(String(json.error)));
			if (failures.length > 0 && !tookTooLong && clean?.fault === NO_FAULT && succeeded(clean)) {
				add(`reports an error for a change that went well: ${JSON.stringify(failures[0]?.json)}`);
			}
		}
	}
	return violations;
}

/** The error that ends an execution names the item that it belongs to. */
export function wrongFailure({ kind, inputs }: Wave, { error }: NodeRun): Violation[] {
	if (error === undefined) return [];
	const { itemIndex, data } = error.context;
	const input = inputs[Number(itemIndex)];
	const ofAnother =
		input === undefined ||
		(!kind.shared && isOfAnother({ details: data as IDataObject }, input.box));
	return ofAnother
		? [{ what: `the error names item ${String(itemIndex)}: ${error.message}`, requests: [] }]
		: [];
}

function isFailure({ json }: INodeExecutionData): boolean {
	return typeof json.error === 'string';
}

/** Whether the details of an error name the request of another item. */
function isOfAnother(json: IDataObject, box: string): boolean {
	const { request = '' } = (json.details ?? {}) as { request?: string };
	const named = /box-\d+@example\.com/.exec(decodeURIComponent(request))?.[0];
	return named !== undefined && named !== box;
}
