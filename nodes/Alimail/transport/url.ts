/** Why a path or one of its parameters cannot be used. */
export interface UnusablePath {
	/** Display name of the parameter at fault. */
	parameter: 'Path' | 'Path Parameters';
	/** Continues a sentence that starts with the parameter. */
	problem: string;
}

/**
 * The address that a path stands for on a server.
 *
 * @param template - begins with `/`, or is an absolute URL of that same origin; may carry a query. Every `{name}` in it is
 * filled with the value of that name, percent-encoded: Alimail's IDs hold `$` and may hold anything
 * @returns why not, when a place has no value or a value no place, or when the path could mean another server or another
 * path than it seems to
 */
export function urlFor(
	template: string,
	values: ReadonlyMap<string, string>,
	origin: string,
): URL | UnusablePath {
	const places = [...template.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name);
	const unfilled = places.find((name) => !values.has(name));
	if (unfilled !== undefined) {
		return {
			parameter: 'Path',
			problem: `has the place {${unfilled}}, and no path parameter fills it`,
		};
	}
	for (const [name, value] of values) {
		if (!places.includes(name)) {
			return {
				parameter: 'Path Parameters',
				problem: `names '${name}', and the path has no {${name}}`,
			};
		}
		if (value === '' || !value.isWellFormed()) {
			return { parameter: 'Path Parameters', problem: `has no usable value for {${name}}` };
		}
	}
	const path = template.replace(/\{([^{}]*)\}/g, (_place, name: string) =>
		encodeURIComponent(values.get(name) ?? ''),
	);

	// URL parsers drop some of these silently, and take others for a slash or the end.
	if ([...path].some((char) => char <= ' ' || '\u007f\\#{}'.includes(char))) {
		return {
			parameter: 'Path',
			problem:
				'contains a space, a backslash, a brace, a # or a control character. Percent-encode it, or use a path parameter',
		};
	}
	const isAbsolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(path);
	if (!isAbsolute && (!path.startsWith('/') || path.startsWith('//'))) {
		return { parameter: 'Path', problem: 'must begin with one slash, e.g. /v2/users' };
	}
	if (!URL.canParse(path, origin)) return { parameter: 'Path', problem: 'is not a valid address' };
	const url = new URL(path, origin);
	if (url.origin !== origin || url.username !== '' || url.password !== '') {
		return {
			parameter: 'Path',
			problem: `leads to another server. The credential is for ${origin} only`,
		};
	}
	const [pathname = ''] = path.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '').split('?');
	if (pathname.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) {
		return {
			parameter: 'Path',
			problem: "contains '.' or '..' as a segment, which would leave the path",
		};
	}
	return url;
}

/**
 * The address of a file's bytes as the API names it, absolute or relative (vendor code and third-party: dws, yaerp).
 *
 * @param origin - of the API
 * @returns undefined for what is no address, and for one that is not encrypted although the API is
 */
export function fileUrl(named: unknown, origin: string): URL | undefined {
	if (typeof named !== 'string' || named === '' || !URL.canParse(named, origin)) return undefined;
	const url = new URL(named, origin);
	const safe = url.protocol === 'https:' || url.protocol === new URL(origin).protocol;
	return safe && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
		? url
		: undefined;
}
