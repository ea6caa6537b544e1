import type { FastifyReply } from 'fastify';
import { errorBody, errorForStatus } from './errors.mts';
import { pathOf } from './record.mts';
import type { Settings } from './settings.mts';

/** What is to go wrong, and where. Kinds may be combined: a delay before a status, half of an error body. */
export interface FaultRule {
	/** Shown in the record; otherwise made from the kind. */
	name?: string;
	/**
	 * A pathname, encoded or decoded, compared as a whole (a final `*` stands for any ending), or an expression that is
	 * tried on the pathname as received. Every path if missing.
	 */
	path?: string | RegExp;
	method?: string;
	/** How many requests it hits; 1 if missing. */
	times?: number;
	/** Answer with this status; Alimail's error body unless `body` says otherwise. */
	status?: number;
	/** Headers of the answer, also of an otherwise ordinary one. */
	headers?: Record<string, string>;
	/** `garbage-json`, `html`, `empty`, other text, or an object that is sent as JSON; status 200 unless given. */
	body?: 'garbage-json' | 'html' | 'empty' | (string & {}) | object;
	/** Wait, then go on as usual. */
	delayMs?: number;
	/** Reset the connection before the request is handled, or after the work was done and before the answer. */
	reset?: 'before' | 'after';
	/** Declare the whole length, send half, close the connection. */
	half?: boolean;
	/**
	 * Fall silent, with the connection open until the client or the simulator closes it: before reading the body
	 * (`upload`), after the request was read and before anything is done (`request`), after the headers of the answer, which
	 * declare its length (`headers`), or after half of its bytes (`body`).
	 */
	stall?: 'upload' | 'request' | 'headers' | 'body';
	/** Send the bytes of the answer slowly and steadily. */
	drip?: { bytes: number; everyMs: number };
	/** Answer with a redirect to this URL; status 302 unless given. */
	redirect?: string;
	/** Value of a `Retry-After` header; status 429 unless given. */
	retryAfter?: number | string;
}

/** A fault that was set. */
export interface FaultHandle {
	readonly name: string;
	/** How many more requests it hits. */
	readonly remaining: number;
	clear(): void;
}

/** A fault that hits a request. */
export interface ActiveFault {
	readonly name: string;
	readonly rule: FaultRule;
}

interface StoredFault extends ActiveFault {
	remaining: number;
	readonly matches: (method: string, path: string) => boolean;
}

/** The faults that wait for requests; the earliest that matches wins. */
export class Faults {
	#stored: StoredFault[] = [];

	/** Sets a fault. */
	add(rule: FaultRule): FaultHandle {
		const fault: StoredFault = {
			name: rule.name ?? describeRule(rule),
			rule,
			remaining: rule.times ?? 1,
			matches: matcher(rule),
		};
		if (fault.remaining > 0) this.#stored.push(fault);
		const clear = () => {
			fault.remaining = 0;
			this.#stored = this.#stored.filter((other) => other !== fault);
		};
		return {
			name: fault.name,
			get remaining() {
				return fault.remaining;
			},
			clear,
		};
	}

	/** Removes them all. */
	clear(): void {
		for (const fault of this.#stored) fault.remaining = 0;
		this.#stored = [];
	}

	/** Takes the fault that hits this request, if there is one. */
	take(method: string, path: string): ActiveFault | undefined {
		const fault = this.#stored.find((entry) => entry.matches(method, path));
		if (fault === undefined) return undefined;
		fault.remaining -= 1;
		if (fault.remaining <= 0) this.#stored = this.#stored.filter((other) => other !== fault);
		return fault;
	}
}

function matcher({ method, path }: FaultRule): StoredFault['matches'] {
	const expression =
		path instanceof RegExp ? new RegExp(path.source, path.flags.replace(/[gy]/g, '')) : undefined;
	const fits = (pathname: string): boolean => {
		if (expression) return expression.test(pathname);
		if (typeof path !== 'string') return true;
		if (path.endsWith('*')) return pathname.startsWith(path.slice(0, -1));
		return pathname === path;
	};
	return (requestMethod, pathname) =>
		(method === undefined || method.toUpperCase() === requestMethod) &&
		(fits(pathname) || (typeof path === 'string' && fits(decoded(pathname))));
}

function decoded(pathname: string): string {
	try {
		return decodeURIComponent(pathname);
	} catch {
		return pathname;
	}
}

function describeRule(rule: FaultRule): string {
	const kinds: string[] = [];
	if (rule.delayMs !== undefined) kinds.push(`delay ${rule.delayMs} ms`);
	if (rule.status !== undefined) kinds.push(`status ${rule.status}`);
	if (rule.redirect !== undefined) kinds.push('redirect');
	if (rule.retryAfter !== undefined) kinds.push('retry-after');
	if (typeof rule.body === 'string') kinds.push(`body ${rule.body.slice(0, 20)}`);
	if (typeof rule.body === 'object') kinds.push('body');
	if (rule.half) kinds.push('half');
	if (rule.stall !== undefined) kinds.push(`stall ${rule.stall}`);
	if (rule.drip !== undefined) kinds.push('drip');
	if (rule.reset !== undefined) kinds.push(`reset ${rule.reset}`);
	if (kinds.length === 0) kinds.push('headers');
	return kinds.join(', ');
}

/** Whether the fault gives the answer itself, so that no route runs. */
export function answersItself({ rule }: ActiveFault): boolean {
	return (
		rule.status !== undefined ||
		rule.body !== undefined ||
		rule.redirect !== undefined ||
		rule.retryAfter !== undefined
	);
}

/** Gives the fault's answer. */
export function sendFault(
	{ rule }: ActiveFault,
	reply: FastifyReply,
	shape: Settings['errorShape'],
): FastifyReply {
	const fallback = rule.redirect !== undefined ? 302 : rule.retryAfter !== undefined ? 429 : 200;
	const status = rule.status ?? fallback;
	const path = pathOf(reply.request.originalUrl);
	const { type, content } = answerBody(rule, status, shape, path);
	void reply.code(status);
	if (type !== undefined) void reply.type(type);
	if (rule.redirect !== undefined) void reply.header('location', rule.redirect);
	if (rule.retryAfter !== undefined) void reply.header('retry-after', String(rule.retryAfter));
	// Bytes, because Node writes the headers in the encoding of a first piece that is text.
	return reply.headers(rule.headers ?? {}).send(Buffer.from(content));
}

function answerBody(rule: FaultRule, status: number, shape: Settings['errorShape'], path: string) {
	const json = 'application/json; charset=utf-8';
	const text = 'text/plain; charset=utf-8';
	switch (rule.body) {
		case undefined: {
			if (status < 400) return { type: undefined, content: '' };
			const body = errorBody(errorForStatus(status), shape, path);
			return typeof body === 'string'
				? { type: text, content: body }
				: { type: json, content: JSON.stringify(body) };
		}
		case 'garbage-json':
			return { type: json, content: '{"messages":[{"id":"Dz' };
		case 'html':
			return {
				type: 'text/html; charset=utf-8',
				content: '<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>',
			};
		case 'empty':
			return { type: json, content: '' };
		default:
			return typeof rule.body === 'string'
				? { type: text, content: rule.body }
				: { type: json, content: JSON.stringify(rule.body) };
	}
}
