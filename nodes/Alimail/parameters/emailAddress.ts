/** RFC 5321, section 4.5.3.1: octets of the part before the @, and of the whole. */
const LONGEST_LOCAL_PART = 64;
export const LONGEST_ADDRESS = 254;

/** RFC 5322 atoms joined by dots, with letters of all scripts (RFC 6531). Dots may stand anywhere: some providers do so. */
const LOCAL_PART = /^[\p{L}\p{N}\p{M}.!#$%&'*+/=?^_`{|}~-]+$/u;
const DOMAIN = /^[\p{L}\p{N}\p{M}_-]+(\.[\p{L}\p{N}\p{M}_-]+)*$/u;

/** Whether a text is an address such as `nathan@example.com`: no name, no quotes, no comment. */
export function isEmailAddress(text: string): boolean {
	const at = text.lastIndexOf('@');
	const [local, domain] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
	return (
		Buffer.byteLength(local) <= LONGEST_LOCAL_PART &&
		Buffer.byteLength(text) <= LONGEST_ADDRESS &&
		LOCAL_PART.test(local) &&
		DOMAIN.test(domain)
	);
}

/** What is wrong with a text that should be an e-mail address, as `parameterError` takes it. */
export function addressProblem(text: string): string | undefined {
	return isEmailAddress(text)
		? undefined
		: `is '${text.slice(0, 80)}', which is not an email address`;
}
