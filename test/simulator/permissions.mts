/** Permissions of which one suffices. Groups without a known name are in none of these lists [unknown]. */
export const permissions = {
	readMail: ['Mail.Read.All', 'Mail.ReadWrite.All'],
	writeMail: ['Mail.ReadWrite.All'],
	/** Some say that sending covers drafts, others ask for read and write: both are accepted [3P]. */
	draftMail: ['Mail.Send.All', 'Mail.ReadWrite.All'],
	sendMail: ['Mail.Send.All'],
	readUsers: ['User.Read.All', 'User.ReadWrite.All'],
	writeUsers: ['User.ReadWrite.All'],
	readSharedContacts: ['SharedContact.Read.All'],
} as const satisfies Record<string, readonly string[] | undefined>;

/**
 * Whether an app with these permissions may call a route. A route that names none (organization, domains,
 * departments: the names of their permissions are unknown) is closed to an app whose permissions are set.
 */
export function isPermitted(
	granted: readonly string[] | undefined,
	sufficient: readonly string[] | undefined,
): boolean {
	if (granted === undefined) return true;
	return sufficient?.some((name) => granted.includes(name)) ?? false;
}
