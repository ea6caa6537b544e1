import type { Answer } from './answers.mts';
import { pathTemplate } from './mask.mts';
import { describeShape, shapeDifferences, shapeOf, type ShapeDifference } from './shape.mts';
import type { Step } from './walker.mts';

/** Something about a call that is other than expected. */
export interface Finding {
	/** E.g. `GET /v2/users/{user}`. */
	call: string;
	text: string;
	/** Names of the steps in which it showed. */
	steps: string[];
	/** Nothing came that could be compared. */
	unseen?: true;
}

/**
 * Compares what a server answered with what the same steps got from another one.
 *
 * @param actual - the steps on the server in question
 * @param expected - the same steps on the other; one that is not in it has nothing to be compared with
 * @param origins - of the two servers
 */
export function compareSteps(
	actual: readonly Step[],
	expected: readonly Step[],
	origins: { actual: string; expected: string },
): Finding[] {
	const findings = new Map<string, Finding>();
	const refusals = expected.flatMap(({ answers }) => answers).filter(isRefusal);
	for (const step of actual) {
		const other = expected.find(({ name }) => name === step.name);
		if (other === undefined) continue;
		const note = (call: string, text: string, unseen?: true) => {
			const key = `${call} ${text}`;
			const known = findings.get(key) ?? { call, text, steps: [], ...(unseen && { unseen }) };
			findings.set(key, known);
			if (!known.steps.includes(step.name)) known.steps.push(step.name);
		};
		const known = callsIn(other, origins.expected);
		const calls = callsIn(step, origins.actual);
		for (const [call, answers] of calls) {
			const expectedAnswers = known.get(call);
			if (expectedAnswers === undefined) {
				const shown = [
					...new Set(answers.map(({ status }) => status)),
					describeAnswers(answers),
				].join(', ');
				note(call, `is called (${shown}), which the simulator gives no reason for`);
			} else {
				for (const { text, unseen } of callDifferences(answers, expectedAnswers)) {
					note(call, text, unseen);
				}
				// Errors look alike, whatever the call: the simulator refuses one on purpose.
				for (const { text, unseen } of bodyDifferences(answers.filter(isRefusal), refusals)) {
					note('any call that is refused', text, unseen);
				}
			}
		}
		if (step.error !== undefined) continue;
		for (const call of known.keys()) {
			if (!calls.has(call)) note(call, 'was not called', true);
		}
	}
	return [...findings.values()];
}

/** The JSON in an answer; undefined when it holds none that the API itself said. */
export function jsonOf(answer: Answer): unknown {
	if (isBytes(answer)) return undefined;
	try {
		const body: unknown = JSON.parse(answer.body().toString('utf8'));
		// A downloaded file may be JSON too, and its names are nobody's business.
		if (!isDownload(answer)) return body;
		const { location } = body as { location?: unknown };
		return typeof location === 'string' ? { location } : undefined;
	} catch {
		return undefined;
	}
}

function callDifferences(actual: Answer[], expected: Answer[]): ShapeDifference[] {
	const found: ShapeDifference[] = [];
	const statusesOf = (answers: Answer[]) => [...new Set(answers.map(({ status }) => status))];
	const known = statusesOf(expected);
	const success = actual.filter(isSuccess);
	const isOtherwise = success.length > 0 && !expected.some(isSuccess);
	for (const status of statusesOf(actual).filter((status) => !known.includes(status))) {
		const shown = status < 300 && isOtherwise ? ` (${describeAnswers(success)})` : '';
		found.push({ text: `answers with status ${status}${shown}, not ${known.join(' or ')}` });
	}
	return [...found, ...bodyDifferences(success, expected.filter(isSuccess))];
}

function bodyDifferences(actual: Answer[], expected: Answer[]): ShapeDifference[] {
	if (actual.length === 0 || expected.length === 0) return [];
	const found: ShapeDifference[] = [];
	const wanted = new Set(expected.map(contentOf));
	const contents = new Set(actual.map(contentOf).filter((content) => !wanted.has(content)));
	if (contents.size > 0) {
		found.push({
			text: `answers with ${[...contents].join(' and ')}, not ${[...wanted].join(' or ')}`,
		});
	}
	const bodies = bodiesOf(actual);
	const expectedBodies = bodiesOf(expected);
	if (bodies.length === 0 || expectedBodies.length === 0) return found;
	return [...found, ...shapeDifferences(shapeOf(...bodies), shapeOf(...expectedBodies))];
}

function describeAnswers(answers: Answer[]): string {
	const bodies = bodiesOf(answers);
	const shape = bodies.length > 0 ? [describeShape(shapeOf(...bodies))] : [];
	return [...new Set(answers.map(contentOf)), ...shape].join(', ');
}

function callsIn({ answers }: Step, origin: string): Map<string, Answer[]> {
	const calls = new Map<string, Answer[]>();
	for (const answer of answers) {
		const { method, url } = answer;
		const place = url.origin === origin ? pathTemplate(url.pathname) : 'another server';
		const call = `${method} ${place}`;
		calls.set(call, [...(calls.get(call) ?? []), answer]);
	}
	return calls;
}

function bodiesOf(answers: Answer[]): unknown[] {
	return answers.map(jsonOf).filter((body) => body !== undefined);
}

function contentOf(answer: Answer): string {
	const { status, contentType, lengthNamed } = answer;
	if (status >= 300 && status < 400) return 'a redirect';
	if (answer.body().length === 0) return 'an empty body';
	const type = /^[\w.+-]+\/[\w.+-]+$/.test(contentType) ? contentType : 'no content type';
	const isFile = isBytes(answer) || isDownload(answer);
	if (type === 'application/json') {
		return isFile || jsonOf(answer) !== undefined ? type : `${type} that cannot be read`;
	}
	return isFile ? `${type} ${lengthNamed ? 'with' : 'without'} its length` : type;
}

function isSuccess({ status }: Answer): boolean {
	return status < 300;
}

function isRefusal({ status }: Answer): boolean {
	return status >= 400;
}

function isDownload({ url, status }: Answer): boolean {
	return url.pathname.endsWith('/$value') && status < 400;
}

/** Whether the answer is a file, from the place that the API has for files or from another server, which gets no token. */
function isBytes({ method, url, status, tokenSent }: Answer): boolean {
	const isApi = url.pathname.startsWith('/v2/') && !url.pathname.startsWith('/v2/stream/');
	return method === 'GET' && status < 400 && !(isApi && tokenSent);
}
