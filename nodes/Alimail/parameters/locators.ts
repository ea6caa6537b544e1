import type { IExecuteFunctions, INodeProperties, IPollFunctions } from 'n8n-workflow';

import { parameterError } from '../errors/nodeErrors';
import { addressProblem } from './emailAddress';
import { collectionParameter } from './values';

/** Folders that every mailbox has (third-party and vendor code: dws, yaerp), by the name that people know them by. */
export const WELL_KNOWN_FOLDERS: ReadonlyArray<{ name: string; value: string }> = [
	{ name: 'Inbox', value: '2' },
	{ name: 'Sent Items', value: '1' },
	{ name: 'Drafts', value: '5' },
	{ name: 'Deleted Items', value: '6' },
	{ name: 'Junk', value: '3' },
];

const ADDRESS_VALIDATION = [
	{
		type: 'regex' as const,
		properties: {
			regex: '[^\\s@<>]+@[^\\s@<>]+',
			errorMessage: 'Not an email address, e.g. nathan@example.com',
		},
	},
];

const ID_VALIDATION = [
	{ type: 'regex' as const, properties: { regex: '\\S+', errorMessage: 'An ID has no spaces' } },
];

/** Whose mail an operation is about. Read it with {@link mailboxParameter}. */
export const mailboxProperty: INodeProperties = {
	displayName: 'Mailbox',
	name: 'mailbox',
	type: 'resourceLocator',
	default: { mode: 'list', value: '' },
	required: true,
	description: 'The mailbox to work with',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			typeOptions: { searchListMethod: 'searchMailboxes', searchable: true },
		},
		{
			displayName: 'By Address',
			name: 'address',
			type: 'string',
			placeholder: 'e.g. nathan@example.com',
			validation: ADDRESS_VALIDATION,
		},
	],
};

/** A resource locator by list or ID. Read it with {@link idParameter}. */
export function idLocator(
	property: Pick<INodeProperties, 'displayName' | 'name' | 'description'> &
		Partial<Pick<INodeProperties, 'default' | 'required'>>,
	searchListMethod: string,
	placeholder: string,
): INodeProperties {
	return {
		type: 'resourceLocator',
		default: { mode: 'list', value: '' },
		required: true,
		...property,
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				typeOptions: { searchListMethod, searchable: true },
			},
			{
				displayName: 'By ID',
				name: 'id',
				type: 'string',
				placeholder,
				validation: ID_VALIDATION,
			},
		],
	};
}

/** A folder of the chosen mailbox. */
export function folderProperty(
	property: Partial<Pick<INodeProperties, 'displayName' | 'name' | 'description' | 'default'>> = {},
): INodeProperties {
	return idLocator(
		{
			displayName: 'Folder',
			name: 'folder',
			description: 'The folder of the mailbox',
			default: { mode: 'list', value: '2', cachedResultName: 'Inbox' },
			...property,
		},
		'searchFolders',
		'e.g. 2 for the inbox',
	);
}

/** A user of the organization, by address or by ID. */
export const userProperty: INodeProperties = {
	displayName: 'User',
	name: 'user',
	type: 'resourceLocator',
	default: { mode: 'list', value: '' },
	required: true,
	description: 'The user to work with',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			typeOptions: { searchListMethod: 'searchUsers', searchable: true },
		},
		{
			displayName: 'By Address',
			name: 'address',
			type: 'string',
			placeholder: 'e.g. nathan@example.com',
			validation: ADDRESS_VALIDATION,
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. u-123456',
			validation: ID_VALIDATION,
		},
	],
};

/**
 * Reads {@link mailboxProperty}.
 *
 * @returns the address of the mailbox
 * @throws NodeOperationError when it is empty or no address
 */
export function mailboxParameter(
	context: IExecuteFunctions | IPollFunctions,
	itemIndex: number,
): string {
	const address = idParameter(context, 'mailbox', 'Mailbox', itemIndex);
	const problem = addressProblem(address);
	if (problem) throw parameterError(context.getNode(), 'Mailbox', problem, itemIndex);
	return address;
}

/**
 * Reads a resource locator.
 *
 * @returns the ID or address that was chosen or entered
 * @throws NodeOperationError when there is none, or one that could not stand in a path
 */
export function idParameter(
	context: IExecuteFunctions | IPollFunctions,
	name: string,
	displayName: string,
	itemIndex: number,
): string {
	const options = { extractValue: true };
	const value =
		'getInputData' in context
			? context.getNodeParameter(name, itemIndex, '', options)
			: context.getNodeParameter(name, '', options);
	const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
	if (text === '') throw parameterError(context.getNode(), displayName, 'is empty', itemIndex);
	// A dot segment would lead to another path, and half a character cannot be encoded.
	if (text === '.' || text === '..' || !text.isWellFormed()) {
		throw parameterError(
			context.getNode(),
			displayName,
			`is '${text.slice(0, 80)}', which is no ID`,
			itemIndex,
		);
	}
	return text;
}

/**
 * Reads a resource locator in a collection, as {@link idParameter} does.
 *
 * @returns undefined when the user did not add it
 * @throws NodeOperationError when it was added and is empty: that must not mean more than was meant
 */
export function addedIdParameter(
	context: IExecuteFunctions,
	collection: string,
	name: string,
	displayName: string,
	itemIndex: number,
): string | undefined {
	return Object.hasOwn(collectionParameter(context, collection, itemIndex), name)
		? idParameter(context, `${collection}.${name}`, displayName, itemIndex)
		: undefined;
}

export const messageIdProperty: INodeProperties = {
	displayName: 'Message ID',
	name: 'messageId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. DzzzzzzNpQ9$---.abCd',
	description: "The ID of the message, e.g. from Get Many. It is not the 'Message-ID' header.",
};

export const draftIdProperty: INodeProperties = {
	displayName: 'Draft ID',
	name: 'draftId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. DzzzzzzNpQ9$---.abCd',
	description: 'The ID of the draft, e.g. from Create. It no longer exists once the draft is sent.',
};
