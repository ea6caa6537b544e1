import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rememberSecrets, withoutSecrets } from '../../nodes/Alimail/errors/redact.ts';
import { growthRatio } from '../support/growth.mts';

/** With characters that are written in other ways in URLs, JSON and HTML. */
const SECRET = 'S3cr3t+/=& %中"<\\>\'Zz9 end';

/** As long as the longest that are known. */
const jwt = () => `eyJ${randomBytes(9_000).toString('base64url')}`;

describe('hiding secrets', () => {
	it.each([
		'%25',
		'%',
		'\\',
		'\\u',
		'\\u00',
		'&amp;',
		'&#0',
		'&#x0',
		'&',
		'a',
		' ',
		'<',
		'+',
		'bearer ',
	])('takes time in proportion to a text of %j', (piece) => {
		for (let count = 0; count < 8; count++) rememberSecrets(`many ${count}`, SECRET, jwt());
		const textOf = (length: number) => piece.repeat(length / piece.length);
		expect(growthRatio(withoutSecrets, textOf, 4096)).toBeLessThanOrEqual(12);
	});
});
