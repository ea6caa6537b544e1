import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeAnswer, errorIn } from '../../../nodes/Alimail/errors/answerError.ts';
import { rememberSecrets, withoutSecrets } from '../../../nodes/Alimail/errors/redact.ts';

it.each([24, 32, 36, 39])('a token of %i characters that lost its last one', (length) => {
	const token = createHash('sha256').update(String(length)).digest('hex').slice(0, length);
	rememberSecrets(`f${length}`, 'another-secret-of-some-length', token);
	const shown = withoutSecrets(`no permission for ${token.slice(0, -1)}…`);
	expect(shown).not.toContain(token.slice(0, 12));
});

it('a token that a page of HTML breaks with tags', () => {
	const token = createHash('sha256').update('html').digest('hex');
	rememberSecrets('html', 'another-secret-of-some-length', token);
	const broken = token.match(/.{7}/g)!.join('<wbr>');
	const said = describeAnswer(null, `<html><body>${broken}</body></html>`);
	expect(said.replaceAll(' ', '')).not.toContain(token.slice(0, 28));
});

// Each text is searched for every secret: 2,000 levels with four texts (164 KB) took 0.5 s with one application, and 6.9 s
// with 64 applications of two tokens each, twice per error.
it('of errors within errors only the outer ones are read', () => {
	let read = 0;
	let nested: object = {};
	for (let level = 0; level < 2000; level++) {
		nested = {
			get message() {
				read++;
				return 'm m';
			},
			error: nested,
		};
	}
	errorIn(nested);
	expect(read).toBeLessThan(100);
});
