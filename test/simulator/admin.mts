import type { FastifyInstance } from 'fastify';
import type { FaultRule } from './faults.mts';
import { integerWithin, objectFrom, requiredString, type JsonObject } from './input.mts';
import { invalidParameter } from './errors.mts';
import type { AttachmentInput, MessageInput } from './model.mts';
import { defaultSettings, type Settings } from './settings.mts';
import type { Simulator } from './simulator.mts';

const MOST_MESSAGES = 1_000_000;

/** Adds what steers the simulator from another process, under `/_simulator/`. */
export function adminRoutes(app: FastifyInstance, simulator: Simulator): void {
	app.get('/_simulator/requests', () => simulator.requests);

	app.delete('/_simulator/requests', () => {
		simulator.clearRequests();
		return {};
	});

	app.post('/_simulator/reset', () => {
		simulator.reset();
		return {};
	});

	app.post('/_simulator/faults', ({ body }) => {
		const { name } = simulator.fault(faultFrom(objectFrom(body, 'body')));
		return { name };
	});

	app.delete('/_simulator/faults', () => {
		simulator.clearFaults();
		return {};
	});

	app.get('/_simulator/settings', () => simulator.settings);

	app.patch('/_simulator/settings', ({ body }) => {
		Object.assign(simulator.settings, settingsFrom(objectFrom(body, 'body')));
		return simulator.settings;
	});

	app.post('/_simulator/tokens/revoke', () => {
		simulator.revokeTokens();
		return {};
	});

	app.post('/_simulator/messages', ({ body }) => {
		const input = objectFrom(body, 'body');
		const mailbox = requiredString(input, 'mailbox');
		const message = messageFrom(
			input.message === undefined ? {} : objectFrom(input.message, 'message'),
		);
		if (input.count === undefined) {
			return { ids: [simulator.state.addMessage(mailbox, message).id] };
		}
		const count = integerWithin(input.count, 'count', { min: 1, max: MOST_MESSAGES, fallback: 1 });
		return { ids: simulator.state.addMessages(mailbox, count, message).map(({ id }) => id) };
	});
}

const faultKeys: ReadonlySet<string> = new Set([
	'name',
	'path',
	'method',
	'status',
	'headers',
	'body',
	'delayMs',
	'reset',
	'half',
	'stall',
	'drip',
	'redirect',
	'retryAfter',
] satisfies Array<keyof FaultRule>);

const stalls: ReadonlySet<unknown> = new Set([
	'upload',
	'request',
	'headers',
	'body',
] satisfies Array<FaultRule['stall']>);

/** A fault as JSON: `pathPattern` stands for a regular expression, `times: null` for every time. */
function faultFrom(input: JsonObject): FaultRule {
	const { pathPattern, times, ...rule } = input;
	const unknown = Object.keys(rule).find((key) => !faultKeys.has(key));
	if (unknown !== undefined) throw invalidParameter(`fault: ${unknown}`);
	if (rule.stall !== undefined && !stalls.has(rule.stall)) throw invalidParameter('fault: stall');
	return {
		...rule,
		...(typeof pathPattern === 'string' && { path: new RegExp(pathPattern) }),
		...(times !== undefined && { times: times === null ? Infinity : Number(times) }),
	};
}

/** Settings as JSON: `null` stands for no limit and for what is unset. */
function settingsFrom(input: JsonObject): Partial<Settings> {
	const settings: JsonObject = {};
	for (const [key, value] of Object.entries(input)) {
		if (!Object.hasOwn(defaultSettings, key)) throw invalidParameter(`settings: ${key}`);
		const standard = defaultSettings[key as keyof Settings];
		const given = value ?? (key === 'rateLimit' ? Infinity : undefined);
		if (standard !== undefined && typeof given !== typeof standard) {
			throw invalidParameter(`settings: ${key}`);
		}
		settings[key] = given;
	}
	return settings;
}

/** A message as JSON: attachments come as `content` (text) or `contentBase64`. */
function messageFrom(input: JsonObject): MessageInput {
	const { attachments, ...rest } = input;
	if (attachments === undefined) return rest;
	if (!Array.isArray(attachments)) throw invalidParameter('attachments');
	return {
		...rest,
		attachments: attachments.map((entry) => {
			const { contentBase64, ...file } = objectFrom(entry, 'attachments');
			const content =
				typeof contentBase64 === 'string'
					? Buffer.from(contentBase64, 'base64')
					: String(file.content ?? '');
			return { ...file, name: requiredString(file, 'name'), content } satisfies AttachmentInput;
		}),
	};
}
