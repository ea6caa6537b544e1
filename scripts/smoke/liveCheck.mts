import { startSimulator } from '../../test/simulator/index.mts';
import type { RealAccount } from '../account.mts';
import { compareSteps, jsonOf, type Finding } from './compare.mts';
import { maskText, textsIn } from './mask.mts';
import { walkReading } from './reading.mts';
import { Walker } from './walker.mts';
import { walkWriting } from './writing.mts';

/** Of those in which a difference showed. */
const SHOWN_STEPS = 3;

export interface SmokeOptions {
	/** Also send a message from the mailbox to itself, and clean up. */
	write: boolean;
	/** How long to wait for that message. */
	arrivalTimeoutMs: number;
	/** Takes each line as soon as it is known; none of them holds a value of an answer. */
	print(line: string): void;
	/** Once aborted, nothing is done any more but clean up. */
	signal?: AbortSignal;
}

/** What a real account is compared with: the same walk, with everything that there is, on the simulator. */
export async function walkSimulator(): Promise<Walker> {
	const simulator = await startSimulator({ settings: { rateLimit: Infinity } });
	const { url, clientId, clientSecret } = simulator;
	const walker = new Walker({
		fields: { region: 'custom', baseUrl: url, clientId, clientSecret },
		origin: url,
		mailbox: 'alice@example.com',
	});
	try {
		await walk(walker, { write: true, arrivalTimeoutMs: 0 });
	} finally {
		await simulator.close();
	}
	const failed = walker.steps.find(({ error }) => error);
	if (failed) {
		throw new Error(`On the simulator, “${failed.name}” failed: ${failed.error?.message}`);
	}
	return walker;
}

/**
 * Walks the node's operations on an account, and prints how the answers differ from expected ones.
 *
 * @param expected - see {@link walkSimulator}
 * @returns whether everything worked and nothing was left behind; differences alone are no failure
 */
export async function smoke(
	account: RealAccount,
	expected: Walker,
	options: SmokeOptions,
): Promise<boolean> {
	const { print, signal, write } = options;
	const walker = new Walker(account, {
		signal,
		onStep: ({ name, error }) => print(`  ${error ? '✗' : '✓'} ${name}`),
	});
	await walk(walker, options).catch((error: unknown) => {
		if (!signal?.aborted) throw error;
		walker.notChecked.push('What would have come after the interruption');
	});
	const findings = compareSteps(walker.steps, expected.steps, {
		actual: account.origin,
		expected: expected.account.origin,
	});
	for (const line of reportOf(walker, findings, write)) print(line);
	const worked = walker.steps.every(({ error }) => error === undefined);
	return worked && walker.leftBehind.length === 0 && !signal?.aborted;
}

async function walk(
	walker: Walker,
	{ write, arrivalTimeoutMs }: Pick<SmokeOptions, 'write' | 'arrivalTimeoutMs'>,
): Promise<void> {
	const canGoOn = await walkReading(walker);
	if (write && canGoOn) await walkWriting(walker, arrivalTimeoutMs);
}

/** What can be pasted into a bug report: Markdown, without a value of any answer. */
function reportOf(walker: Walker, findings: Finding[], write: boolean): string[] {
	const { steps, account, notChecked, leftBehind } = walker;
	const values = valuesOf(walker);
	const failed = steps.flatMap(({ name, error }) =>
		error ? [`${name}: ${maskText(error.message, values)}`] : [],
	);
	const differences = byCall(findings.filter(({ unseen }) => !unseen));
	const unseen = byCall(findings.filter(({ unseen }) => unseen));
	const kind = write ? 'reading and writing' : 'reading only';
	return [
		'',
		`### Live check: region \`${account.fields.region}\`, ${kind}, ${steps.length} steps`,
		...section(
			'Differences',
			differences.length > 0 ? differences : ['- None: the answers look as expected.'],
		),
		...section('Failed', asList(failed)),
		...section('Not checked', [...asList(notChecked), ...unseen]),
		...section('Left behind in the mailbox', asList(leftBehind)),
	];
}

function section(title: string, lines: string[]): string[] {
	return lines.length > 0 ? ['', `#### ${title}`, '', ...lines] : [];
}

function asList(texts: string[]): string[] {
	return texts.map((text) => `- ${text}`);
}

function byCall(findings: Finding[]): string[] {
	const calls = new Set(findings.map(({ call }) => call));
	return [...calls].flatMap((call) => [
		`- ${call.includes('/') ? `\`${call}\`` : call}`,
		...findings
			.filter((finding) => finding.call === call)
			.map(({ text, steps }) => `  - ${text} _(${shortList(steps)})_`),
	]);
}

function shortList(names: string[]): string {
	const more = names.length - SHOWN_STEPS;
	return [...names.slice(0, SHOWN_STEPS), ...(more > 0 ? [`${more} more`] : [])].join('; ');
}

/** Everything that the server said about the account, and what the user entered. An error may repeat any of it. */
function valuesOf({ account, steps }: Walker): string[] {
	const answers = steps.flatMap((step) => step.answers);
	const { mailbox, origin, fields } = account;
	return [
		...[mailbox, ...mailbox.split('@'), origin, fields.clientId, fields.clientSecret],
		...answers.filter(({ status }) => status < 400).flatMap((answer) => textsIn(jsonOf(answer))),
	];
}
