/** What users are looked for by. All of it has to be true of a user. */
export interface UserFilters {
	departmentId?: string;
	/** Also the departments below `departmentId`. */
	includeSubDepartments?: boolean;
	/** A part of the address, or a whole one. */
	email?: string;
	employeeNo?: string;
	employeeType?: string;
	jobTitle?: string;
	name?: string;
	nickname?: string;
	status?: string;
	workLocation?: string;
	/** A filter in Alimail's own form, for whatever else. */
	raw?: string;
}

const WHOLE_ADDRESS = /^[^@]+@[^@]+$/;

/** Characters that mean something in a filter. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
	['\\', '\\5c'],
	['*', '\\2a'],
	['(', '\\28'],
	[')', '\\29'],
	['\0', '\\00'],
]);

/** Fields in which a part is enough. */
const SEARCHED_FIELDS = ['name', 'nickname', 'jobTitle', 'workLocation'] as const;

/** Fields that have to be the same. */
const COMPARED_FIELDS = ['employeeNo', 'employeeType', 'status'] as const;

/**
 * The `filter` of the user list. It is LDAP-style, not OData, and its fields are the API's own (third-party: two clients
 * and a reference for agents). `(departmentId=ID*)` stands for a department with those below it.
 *
 * @returns undefined when nothing is asked for
 */
export function userFilter(filters: UserFilters): string | undefined {
	const { departmentId, includeSubDepartments, email, raw } = filters;
	const conditions: string[] = [];
	if (departmentId) {
		const below = includeSubDepartments ? '*' : '';
		conditions.push(`(departmentId=${escapeFilterValue(departmentId)}${below})`);
	}
	if (email) conditions.push((WHOLE_ADDRESS.test(email) ? equal : contains)('email', email));
	for (const field of SEARCHED_FIELDS) {
		const value = filters[field];
		if (value) conditions.push(contains(field, value));
	}
	for (const field of COMPARED_FIELDS) {
		const value = filters[field];
		if (value) conditions.push(equal(field, value));
	}
	if (raw) conditions.push(raw);
	return conditions.length > 1 ? `(&${conditions.join('')})` : conditions[0];
}

/** The filter for users whose name or address contains a text. */
export function searchFilter(text: string): string {
	return anyOf([...containing('name', text), ...containing('email', text)]);
}

/**
 * Escapes text for a filter, so that it stands for itself only: RFC 4515, section 3. That Alimail undoes this is inferred
 * from the form of its filters.
 */
export function escapeFilterValue(text: string): string {
	// Half a character cannot be sent; it is replaced as every encoder would.
	return [...text.toWellFormed()].map((character) => ESCAPES.get(character) ?? character).join('');
}

/** Whether a text can stand in a filter as one condition: every parenthesis in it is closed, none before it was opened. */
export function isFilter(text: string): boolean {
	if (!text.startsWith('(')) return false;
	let depth = 0;
	for (const { 0: parenthesis, index } of text.matchAll(/[()]/g)) {
		if (parenthesis === '(') depth++;
		else if (--depth === 0) return index === text.length - 1;
	}
	return false;
}

/**
 * Conditions of which one is true when a field contains a text. Third-party clients all write `(name=*x)` and mean
 * "contains"; in LDAP that is "ends with", and `(name=*x*)` "contains". Both together cover either reading.
 */
function containing(field: string, value: string): string[] {
	const text = escapeFilterValue(value);
	return [`(${field}=*${text})`, `(${field}=*${text}*)`];
}

function contains(field: string, value: string): string {
	return anyOf(containing(field, value));
}

function anyOf(conditions: string[]): string {
	return `(|${conditions.join('')})`;
}

function equal(field: string, value: string): string {
	return `(${field}=${escapeFilterValue(value)})`;
}
