import { NodeOperationError, type INode } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { isServerWide } from '../../../nodes/Alimail/trigger/folder.ts';
import {
	refusedError,
	restatedError,
	unansweredError,
} from '../../../nodes/Alimail/errors/nodeErrors.ts';

const node: INode = {
	id: '1',
	name: 'Alimail Trigger',
	type: 'alimailTrigger',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};
const refused = (statusCode: number) =>
	refusedError(node, { request: 'GET /v2/x', statusCode, answer: {}, text: '{}' }, 0);

describe('whose fault it is that something of a message cannot be read', () => {
	it.each([200, 400, 403, 404, 410, 422])('the message, with status %i', (status) => {
		expect(isServerWide(refused(status))).toBe(false);
		expect(isServerWide(restatedError(node, refused(status), 0))).toBe(false);
	});

	it.each([401, 429, 500, 502, 503, 504])('the server, with status %i', (status) => {
		expect(isServerWide(refused(status))).toBe(true);
		expect(isServerWide(restatedError(node, refused(status), 0))).toBe(true);
	});

	it.each(['network', 'unsent', 'cancelled'] as const)(
		'the server, without an answer: %s',
		(kind) => {
			const error = unansweredError(node, { kind, request: 'GET /v2/x', reason: 'it broke' }, 0);
			expect(isServerWide(error)).toBe(true);
			expect(isServerWide(restatedError(node, error, 0))).toBe(true);
		},
	);

	it('the message, with an ID that cannot be sent', () => {
		expect(isServerWide(new NodeOperationError(node, 'no usable value'))).toBe(false);
	});
});
