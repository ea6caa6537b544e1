/** What some JSON values look like together: names and kinds, nothing of what they say. */
export interface Shape {
	/** How many values were seen. */
	seen: number;
	/** `object`, `list`, `number`, `string` and the like; for some fields more exactly, see {@link kindOf}. */
	kinds: Set<string>;
	/** How many of the values are objects. */
	objects: number;
	/** Of the objects, all together. */
	fields: Map<string, Shape>;
	/** Of the lists, all together. */
	entries?: Shape;
}

/** How a shape differs from the one that was expected. */
export interface ShapeDifference {
	text: string;
	/** Nothing is known to be different, for there was nothing to compare. */
	unseen?: true;
}

/** Stands for all names of an object whose names are data themselves. */
const ANY_NAME = '*';

/** Objects whose names are data: headers and what users add. */
const MAPS = ['customFields', 'extHeaders', 'extensions', 'internetMessageHeaders'];

/** A name that the API may have given. Others may be an address or an ID, and are not shown. */
const API_NAME = /^(?!.*\d{3})[A-Za-z_$][\w$-]{0,31}$/;

const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** The common shape of any number of JSON values. */
export function shapeOf(...values: unknown[]): Shape {
	const shape = emptyShape();
	for (const value of values) observe(shape, value, '');
	return shape;
}

/** How what came differs from what was expected, one difference each, e.g. `` `users[].id` is number, not string ``. */
export function shapeDifferences(actual: Shape, expected: Shape, path = ''): ShapeDifference[] {
	const found: ShapeDifference[] = [];
	const unexpected = [...actual.kinds].filter((kind) => !isExpected(kind, expected.kinds));
	if (unexpected.length > 0 && expected.kinds.size > 0) {
		const shown = describeShape({ ...actual, kinds: new Set(unexpected) });
		found.push({ text: `${placeOf(path)} is ${shown}, not ${[...expected.kinds].join(' or ')}` });
	}
	if (actual.objects > 0 && expected.objects > 0) found.push(...fieldDifferences());
	if (actual.entries && expected.entries) {
		const place = `${path}[]`;
		if (actual.entries.seen === 0) {
			if (expected.entries.seen > 0)
				found.push({ text: `${placeOf(place)} has no entry`, unseen: true });
		} else if (expected.entries.seen === 0) {
			found.push({ text: `${placeOf(place)} is ${describeShape(actual.entries)}, not known` });
		} else {
			found.push(...shapeDifferences(actual.entries, expected.entries, place));
		}
	}
	return found;

	function fieldDifferences(): ShapeDifference[] {
		const always = [...expected.fields].filter(
			([name, { seen }]) => name !== ANY_NAME && seen === expected.objects,
		);
		const countOf = (name: string) => actual.fields.get(name)?.seen ?? 0;
		const names = (wanted: (count: number) => boolean) =>
			always.filter(([name]) => wanted(countOf(name))).map(([name]) => `\`${name}\``);
		const missing = names((count) => count === 0);
		const rare = names((count) => count > 0 && count < actual.objects);
		const more = [...actual.fields].filter(([name]) => !expected.fields.has(name));
		return [
			...(missing.length > 0 ? [{ text: `${placeOf(path)} lacks ${missing.join(', ')}` }] : []),
			...(rare.length > 0
				? [{ text: `${placeOf(path)} lacks ${rare.join(', ')} in some answers` }]
				: []),
			...(more.length > 0
				? [
						{
							text: `${placeOf(path)} has also ${describeShape({ ...actual, kinds: new Set(['object']), fields: new Map(more) })}`,
						},
					]
				: []),
			...[...actual.fields].flatMap(([name, field]) => {
				const known = expected.fields.get(name);
				return known ? shapeDifferences(field, known, path ? `${path}.${name}` : name) : [];
			}),
		];
	}
}

/** A shape in the way of a TypeScript type. */
export function describeShape(shape: Shape): string {
	const { kinds, fields, objects, entries } = shape;
	return [...kinds]
		.map((kind) => {
			if (kind === 'list') return entries?.seen ? `[${describeShape(entries)}]` : '[]';
			if (kind !== 'object') return kind;
			const shown = [...fields].map(
				([name, field]) =>
					`${name}${field.seen < objects && name !== ANY_NAME ? '?' : ''}: ${describeShape(field)}`,
			);
			return shown.length > 0 ? `{ ${shown.join(', ')} }` : '{}';
		})
		.join(' | ');
}

function emptyShape(): Shape {
	return { seen: 0, kinds: new Set(), objects: 0, fields: new Map() };
}

function observe(shape: Shape, value: unknown, name: string): void {
	shape.seen++;
	if (Array.isArray(value)) {
		shape.kinds.add('list');
		shape.entries ??= emptyShape();
		for (const entry of value) observe(shape.entries, entry, name);
	} else if (typeof value === 'object' && value !== null) {
		shape.kinds.add('object');
		shape.objects++;
		for (const [key, field] of Object.entries(value)) {
			const shown = !MAPS.includes(name) && API_NAME.test(key) ? key : ANY_NAME;
			const known = shape.fields.get(shown) ?? emptyShape();
			shape.fields.set(shown, known);
			observe(known, field, key);
		}
	} else {
		shape.kinds.add(kindOf(value, name));
	}
}

/** The type of a value, and of fields on whose form the node relies also that. */
function kindOf(value: unknown, name: string): string {
	if (value === null) return 'null';
	if (typeof value !== 'string') return typeof value;
	if (name === 'nextCursor') return value === '' || value === '$' ? `"${value}"` : 'cursor';
	if (name === 'token_type' && /^bearer$/i.test(value)) return `"${value}"`;
	if (name === 'uploadUrl' || name === 'location') {
		return /^https?:\/\//i.test(value) ? 'absolute address' : 'relative address';
	}
	if (/Time$/.test(name)) return value === '' ? '""' : UTC_TIME.test(value) ? 'time' : 'string';
	return 'string';
}

function isExpected(kind: string, expected: ReadonlySet<string>): boolean {
	// Whether there is another page depends on the mailbox; text may happen to be a time.
	return kind === 'cursor' || expected.has(kind) || (kind === 'time' && expected.has('string'));
}

function placeOf(path: string): string {
	return path === '' ? 'the answer' : `\`${path}\``;
}
