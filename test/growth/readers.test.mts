import { describe, expect, it } from 'vitest';
import { textOf } from '../../nodes/Alimail/transport/json.ts';
import { safeName } from '../../nodes/Alimail/mail/attachments.ts';
import { isEmailAddress } from '../../nodes/Alimail/parameters/emailAddress.ts';
import { listOfText } from '../../nodes/Alimail/parameters/values.ts';
import {
	addressesFrom,
	cleaned,
	formatAddress,
	parseAddresses,
} from '../../nodes/Alimail/mail/addresses.ts';
import { escapedHtml, quoteOf, textOfHtml } from '../../nodes/Alimail/mail/quote.ts';
import { searchQuery } from '../../nodes/Alimail/mail/searchQuery.ts';
import { headersOf, instantOf, simplifiedMessage } from '../../nodes/Alimail/mail/simplify.ts';
import { replyRecipients, replySubject, threadHeaders } from '../../nodes/Alimail/mail/thread.ts';
import { isFilter, searchFilter, userFilter } from '../../nodes/Alimail/actions/user/filter.ts';
import { originOf } from '../../nodes/Alimail/auth/application.ts';
import { describeAnswer, errorIn, reasonFor } from '../../nodes/Alimail/errors/answerError.ts';
import { nextCursor } from '../../nodes/Alimail/transport/pagination.ts';
import { listIn } from '../../nodes/Alimail/actions/apiRequest/listIn.ts';
import { withoutSecrets } from '../../nodes/Alimail/errors/redact.ts';
import { urlFor, fileUrl } from '../../nodes/Alimail/transport/url.ts';
import { filtersFrom, passes } from '../../nodes/Alimail/trigger/filters.ts';
import { timeOf } from '../../nodes/Alimail/trigger/folder.ts';
import { readState } from '../../nodes/Alimail/trigger/state.ts';
import { growthRatio } from '../support/growth.mts';

/** How much longer the longer text is. */
const TIMES = 50;

/**
 * So many times the time it may take. Memory and other programs make linear work on a long text up to five times as dear as
 * it should be; in proportion to the square of the text it would be 2,500 times.
 */
const LIMIT = 500;

/** Characters of the shorter text. */
const SHORT = 1000;

/** What makes careless code go back and forth, as one piece that is repeated. */
const PIECES: Record<string, string> = {
	spaces: ' ',
	'line breaks': '\r\n',
	backslashes: '\\',
	'doubled escapes': '%25',
	'doubled entities': '&amp;amp;',
	'spaces as entities': '&nbsp;&#32;',
	'opening angles': '<',
	tags: '<a ',
	'nested tags': '<<a>>',
	quotes: '"',
	'single quotes': "'",
	'escaped quotes': '\\"',
	brackets: '([{',
	'closed brackets': '()',
	places: '{a}',
	commas: ',',
	'wide commas': 'a，',
	colons: ':：',
	prefixes: 'Re: ',
	'prefixes without end': 're ',
	digits: '1',
	letters: 'a',
	'words and spaces': 'a ',
	'words in JSON': '.json',
	addresses: 'a@b.c,',
	'named addresses': '"a" <a@b.c>,',
	'at signs': '@',
	dots: 'a.',
	slashes: '/',
	'message IDs': '<a@b>',
	equals: 'filename*=',
	'half characters': '\ud800',
	'Chinese text': '回复：',
};

/** What makes an expression that has come so far fail after all. */
const ENDING = '!';

const attempt =
	(work: (text: string) => unknown) =>
	(text: string): unknown => {
		try {
			return work(text);
		} catch (error) {
			return error;
		}
	};

/** Everything that reads text from outside: from the server, from the mail that it holds, and from the items of a workflow. */
const READERS: Record<string, (text: string) => unknown> = {
	'an error in JSON': (text) =>
		errorIn({ code: text, message: text, developerMessage: text, error: { message: text } }),
	'an answer that is no JSON': (text) => describeAnswer(null, text),
	'an answer with an error': (text) =>
		describeAnswer({ message: text, developerMessage: `${text}.` }, text),
	'the message of a broken connection': (text) => reasonFor({ message: text, code: text }),
	// Of longer texts no more than this is looked at.
	'text that may hold secrets': (text) => withoutSecrets(text.slice(0, 16_384)),
	'HTML as text': (text) => textOfHtml(text),
	'the quoted original, text': (text) => quoteOf({ body: { bodyText: text } }),
	'the quoted original, HTML': (text) => quoteOf({ body: { bodyHtml: text } }),
	'text as HTML': (text) => escapedHtml(text),
	'addresses in text': attempt((text) => parseAddresses(text)),
	'addresses in a list': attempt((text) => parseAddresses([text, { email: text, name: text }])),
	'an address with a name': attempt((text) => parseAddresses(`${text} <a@b.c>`)),
	'an address': (text) => isEmailAddress(text),
	'addresses in an answer': (text) => addressesFrom([{ email: text, name: text }]),
	'an address that is shown': (text) => formatAddress({ email: 'a@b.c', name: text }),
	'a subject on one line': (text) => cleaned(text),
	'the subject of a reply': (text) => replySubject(text),
	'the headers of a thread': (text) =>
		threadHeaders({
			internetMessageId: text,
			internetMessageHeaders: { References: text, 'In-Reply-To': text, 'Message-ID': text },
		}),
	'headers in a map': (text) => headersOf({ [text]: text, list: [text, text] }),
	'headers in a list': (text) => headersOf([{ name: text, value: text }]),
	'a message': (text) =>
		simplifiedMessage({ subject: text, from: { email: text, name: text }, size: text }, [
			'subject',
			'from',
			'size',
			'receivedDateTime',
		]),
	'a time in a message': (text) => [instantOf(text), timeOf(text)],
	'a message against filters': (text) =>
		passes(
			{ subject: text, from: { email: text, name: text } },
			filtersFrom({ subject: 'nowhere', sender: 'nowhere' }),
		),
	'filters against a message': (text) => passes({ subject: 'a' }, filtersFrom({ subject: text })),
	'the name of a file': (text) => safeName(text),
	'a list of texts': (text) => listOfText(text),
	'a search': (text) => searchQuery({ subject: text, folderId: text, tag: text }),
	'a filter of users': (text) => userFilter({ email: text, name: text, departmentId: text }),
	'a search for users': (text) => searchFilter(text),
	'a filter as it is': (text) => isFilter(`(${text}`),
	'a path': (text) => urlFor(`/${text}`, new Map([['a', 'b']]), 'https://a.example'),
	'a value in a path': (text) => urlFor('/{a}', new Map([['a', text]]), 'https://a.example'),
	'the address of a file': (text) => fileUrl(`/${text}`, 'https://a.example'),
	'the base URL of a credential': attempt((text) =>
		originOf({ region: 'custom', baseUrl: `https://a.example/${text}` }),
	),
	'the cursor of the next page': (text) => nextCursor({ nextCursor: text }),
	'a list in an answer': attempt((text) => listIn({ [text]: [text] }, text)),
	'the state of a trigger': (text) =>
		readState(
			{ version: 1, watching: text, since: 1, newest: 1, seen: { '1': text }, undated: text },
			text,
		),
	'an ID': (text) => textOf(text),
};

describe.each(Object.entries(READERS))('The time to read %s', (_name, read) => {
	it('grows with the text, and no faster', () => {
		const tooFast: string[] = [];
		for (const [name, piece] of Object.entries(PIECES)) {
			const textOfLength = (length: number) =>
				piece.repeat(Math.ceil(length / piece.length)) + ENDING;
			const growth = growthRatio(read, textOfLength, SHORT, { times: TIMES, limit: LIMIT });
			if (growth > LIMIT) tooFast.push(`${name}: ${growth.toFixed(0)}`);
		}
		expect(tooFast).toEqual([]);
	});
});

describe('The time to find out whom a reply goes to', () => {
	it('grows with the number of recipients, and no faster', () => {
		const recipients = (length: number) =>
			JSON.stringify(
				Array.from({ length: length / 20 }, (_, index) => ({ email: `r${index}@example.com` })),
			);
		const read = (text: string) =>
			replyRecipients({ from: { email: 'a@b.c' }, toRecipients: JSON.parse(text) }, [], {
				senderOnly: false,
			});
		expect(
			growthRatio(read, recipients, 4_000, { times: TIMES, limit: LIMIT }),
		).toBeLessThanOrEqual(LIMIT);
	});
});
