import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	UnusableAddress,
	addressesFrom,
	formatAddress,
	parseAddresses,
	type Address,
} from '../../../nodes/Alimail/mail/addresses.ts';
import { isEmailAddress } from '../../../nodes/Alimail/parameters/emailAddress.ts';

const plain = (email: string) => ({ email, name: '' });

/** Addresses as people have them, also with letters of other scripts. */
const email = fc
	.tuple(
		fc.stringMatching(/^[a-z0-9._%+'-]{1,20}$/),
		fc.stringMatching(/^[a-z0-9]{1,10}(\.[a-z0-9-]{1,10}){0,3}$/),
		fc.constantFrom('', '用户', 'ü'),
	)
	.map(([local, domain, extra]) => `${local}${extra}@${domain}`);

/** Names that hold anything but control characters, without white space around them. */
const name = fc
	.oneof(
		fc.string({ unit: 'binary', maxLength: 30 }),
		fc.string({
			unit: fc.constantFrom(...'"\\<>,;，；@ ()张O\''.split('')),
			maxLength: 15,
		}),
	)
	.map((text) => text.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, '').trim());

const address: fc.Arbitrary<Address> = fc.record({ email, name });

describe('recipients written as text', () => {
	it.each<[string, Address[]]>([
		['a@b.c', [plain('a@b.c')]],
		['  <a@b.c> ', [plain('a@b.c')]],
		['a@b.c, d@e.f', [plain('a@b.c'), plain('d@e.f')]],
		['a@b.c;d@e.f\ng@h.i\r\nj@k.l', ['a@b.c', 'd@e.f', 'g@h.i', 'j@k.l'].map(plain)],
		['a@b.c,, ;\n,', [plain('a@b.c')]],
		['Jane Doe <j@b.c>', [{ email: 'j@b.c', name: 'Jane Doe' }]],
		['  Jane \t Doe<j@b.c>', [{ email: 'j@b.c', name: 'Jane Doe' }]],
		['"Doe, Jane" <j@b.c>', [{ email: 'j@b.c', name: 'Doe, Jane' }]],
		['"She said \\"hi\\"; \\\\" <j@b.c>', [{ email: 'j@b.c', name: 'She said "hi"; \\' }]],
		['Joe "Tiger" Smith <j@b.c>', [{ email: 'j@b.c', name: 'Joe Tiger Smith' }]],
		['"a@b.c" <d@e.f>', [{ email: 'd@e.f', name: 'a@b.c' }]],
		["Smith (Sales), O'Neil <o@b.c>".slice(15), [{ email: 'o@b.c', name: "O'Neil" }]],
		['张伟 <zhang@例子.中国>', [{ email: 'zhang@例子.中国', name: '张伟' }]],
		[
			'a@b.c，张伟 <d@e.f>；g@h.i',
			[plain('a@b.c'), { email: 'd@e.f', name: '张伟' }, plain('g@h.i')],
		],
		['张伟，技术部 <d@e.f>', [{ email: 'd@e.f', name: '张伟，技术部' }]],
	])('%j', (text, expected) => {
		expect(parseAddresses(text)).toEqual(expected);
	});

	it('are read back as they were written, whatever the names hold', () => {
		fc.assert(
			fc.property(
				fc.array(address, { maxLength: 6 }),
				fc.constantFrom(',', ';', '\n', '\r\n', ' , ', '，'),
				(addresses, separator) => {
					const text = addresses.map(formatAddress).join(separator);
					expect(parseAddresses(text)).toEqual(addresses);
				},
			),
			{ numRuns: 1000 },
		);
	});

	it.each([
		['nobody', 'nobody'],
		['a@b.c, nobody, d@e.f', 'nobody'],
		['a@b@c', 'a@b@c'],
		['a b@c.d', 'a b@c.d'],
		['a@b.c d@e.f', 'a@b.c d@e.f'],
		['<a@b.c', '<a@b.c'],
		['a@b.c>', 'a@b.c>'],
		['Jane <a@b.c> Doe', 'Jane <a@b.c> Doe'],
		['A <a@b.c> <d@e.f>', 'A <a@b.c> <d@e.f>'],
		['Doe, Jane <j@b.c>', 'Doe'],
		['a@', 'a@'],
		['@b.c', '@b.c'],
		['a@.b', 'a@.b'],
		['a@b..c', 'a@b..c'],
		['a@b.c.', 'a@b.c.'],
		['"a b"@c.d', '"a b"@c.d'],
		['a@[127.0.0.1]', 'a@[127.0.0.1]'],
		['Team: a@b.c', 'Team: a@b.c'],
	])('are refused where they are none: %j', (text, shown) => {
		expect(() => parseAddresses(text)).toThrow(UnusableAddress);
		expect(() => parseAddresses(text)).toThrow(`'${shown}'`);
	});

	it('are refused with a quote that does not end', () => {
		expect(() => parseAddresses('"Jane <j@b.c>, d@e.f')).toThrow('not an email address');
		expect(() => parseAddresses('Jane" <j@b.c>')).toThrow(UnusableAddress);
	});
});

describe('recipients from an expression', () => {
	it('may be a list of texts, of objects, or mixed', () => {
		expect(
			parseAddresses([
				'a@b.c',
				'"Doe, Jane" <d@e.f>',
				{ email: ' g@h.i ', name: 'Nathan, with comma' },
				{ email: 'j@k.l', name: null },
				{ email: 'm@n.o' },
			]),
		).toEqual([
			plain('a@b.c'),
			{ email: 'd@e.f', name: 'Doe, Jane' },
			{ email: 'g@h.i', name: 'Nathan, with comma' },
			plain('j@k.l'),
			plain('m@n.o'),
		]);
	});

	it('may be one object, or nothing', () => {
		expect(parseAddresses({ email: 'a@b.c', name: 'A' })).toEqual([{ email: 'a@b.c', name: 'A' }]);
		for (const nothing of [undefined, null, '', ' \n ', [], [null, '']]) {
			expect(parseAddresses(nothing)).toEqual([]);
		}
	});

	it('hold one address in each text of a list', () => {
		expect(() => parseAddresses(['a@b.c, d@e.f'])).toThrow('more than one address');
	});

	it.each([[42], [true], [[['a@b.c']]], [[{ address: 'a@b.c' }]], [[{ email: 5 }]], [[7]]])(
		'are refused as %j',
		(value) => {
			expect(() => parseAddresses(value)).toThrow('must be text, or a list');
		},
	);

	it('are refused with a name that is not text', () => {
		expect(() => parseAddresses({ email: 'a@b.c', name: 5 })).toThrow('not text');
	});
});

describe('hostile recipients', () => {
	const lineBreaks = [
		'\n',
		'\r',
		'\r\n',
		'\u2028',
		'\u2029',
		'\u0000',
		'\u0085',
		'\u001b',
		'\u007f',
	];

	it.each(lineBreaks)('cannot break the line in a name with %j', (control) => {
		const smuggled = `A${control}Bcc: victim@example.com`;
		expect(() => parseAddresses({ email: 'a@b.c', name: smuggled })).toThrow(UnusableAddress);
		expect(() => parseAddresses(`"${smuggled}" <a@b.c>`)).toThrow(UnusableAddress);
	});

	it.each([...lineBreaks, '\u200b', '\u202e', '\ud800', '\u00a0'])(
		'cannot break the line in an address with %j',
		(control) => {
			for (const value of [`a${control}@b.c`, `a@b${control}.c`, `a@b.c${control}x`]) {
				expect(() => parseAddresses({ email: value })).toThrow(UnusableAddress);
			}
		},
	);

	it('give addresses and names without control characters, or an error, whatever comes', () => {
		fc.assert(
			fc.property(
				fc.oneof(
					fc.string({ unit: 'binary' }),
					fc.string({ unit: fc.constantFrom(...'ab@.<>"\\,; \r\n\t()'.split('')), maxLength: 40 }),
					fc.anything(),
				),
				(input) => {
					let found: Address[];
					try {
						found = parseAddresses(input);
					} catch (error) {
						expect(error).toBeInstanceOf(UnusableAddress);
						expect((error as Error).message).not.toMatch(/\p{Cc}/u);
						return;
					}
					for (const one of found) {
						expect(isEmailAddress(one.email)).toBe(true);
						expect(one.email).toMatch(/^[^\s,;<>"\p{C}]+@[^\s,;<>"\p{C}@]+$/u);
						expect(one.name).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
					}
				},
			),
			{ numRuns: 2000 },
		);
	});

	it('are read in time that grows with their length only: else this would not end', () => {
		let read = 0;
		for (const unit of ['a', '"', '<', 'a@', '，', '\\', '"\\']) {
			try {
				parseAddresses(unit.repeat(200_000));
			} catch {
				// Refused or not, it has to end.
			}
			read++;
		}
		expect(read).toBe(7);
	});

	it('are too long when mail could not carry them', () => {
		expect(isEmailAddress(`${'a'.repeat(64)}@example.com`)).toBe(true);
		expect(isEmailAddress(`${'a'.repeat(65)}@example.com`)).toBe(false);
		expect(isEmailAddress(`a@${'b'.repeat(260)}`)).toBe(false);
	});
});

describe('addresses in an answer of the API', () => {
	it('lose what is no address, and control characters in names', () => {
		expect(
			addressesFrom([
				{ email: 'a@b.c', name: 'A\r\nBcc: x@y.z' },
				{ email: 'undisclosed', name: 'x' },
				{ email: 'd@e.f', name: 7 },
				null,
				'g@h.i',
			]),
		).toEqual([
			{ email: 'a@b.c', name: 'A Bcc: x@y.z' },
			{ email: 'd@e.f', name: '' },
		]);
	});

	it('may be one alone', () => {
		expect(addressesFrom({ email: 'a@b.c', name: 'A' })).toEqual([{ email: 'a@b.c', name: 'A' }]);
		expect(addressesFrom(undefined)).toEqual([]);
	});
});
