import type { INodeProperties } from 'n8n-workflow';

import { downloadProperties } from '../mail/attachmentBinaries';
import { fieldsProperty, SIMPLE_FIELDS } from '../mail/messageFields';
import { folderProperty, mailboxProperty } from '../parameters/locators';
import { optionsProperty, simplifyProperty } from '../parameters/properties';

/** How long before the last poll a message may have been received that turns up, unless the user says otherwise. */
export const DEFAULT_LOOK_BACK_HOURS = 24;

/** More would fill the static data, and take many requests per poll. */
export const MAX_LOOK_BACK_HOURS = 720;

/** What messages can be picked by. Read it with settings.ts. */
export const filtersProperty: INodeProperties = {
	displayName: 'Filters',
	name: 'filters',
	type: 'collection',
	placeholder: 'Add Filter',
	default: {},
	description: 'Messages have to pass all filters at the time when they are found',
	options: [
		{
			displayName: 'Has Attachments',
			name: 'hasAttachments',
			type: 'boolean',
			default: true,
			description: 'Whether to trigger on messages with attachments only, or on those without',
		},
		{
			displayName: 'Search Query',
			name: 'query',
			type: 'string',
			default: '',
			placeholder: 'e.g. body:invoice AND NOT attachname:draft',
			description:
				"Trigger only on messages that Alimail's search finds with this query. A message has to be in the search index first, so it may take a poll longer. One that never gets there comes after a day or more, with an error field.",
		},
		{
			displayName: 'Sender',
			name: 'sender',
			type: 'string',
			default: '',
			placeholder: 'e.g. nathan@example.com',
			description: 'Part of the name or address of the sender, in any case',
		},
		{
			displayName: 'Subject Contains',
			name: 'subject',
			type: 'string',
			default: '',
			placeholder: 'e.g. invoice',
			description: 'Part of the subject, in any case',
		},
		{
			displayName: 'Unread Only',
			name: 'unreadOnly',
			type: 'boolean',
			default: true,
			description:
				'Whether to leave out messages that are already read when they are found. They do not come later either.',
		},
	],
};

const options: INodeProperties = optionsProperty([
	...downloadProperties,
	fieldsProperty(SIMPLE_FIELDS),
	{
		displayName: 'Look Back (Hours)',
		name: 'lookBackHours',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: MAX_LOOK_BACK_HOURS },
		default: DEFAULT_LOOK_BACK_HOURS,
		description:
			'How long before the last poll a message may have been received that turns up in the folder, for example because a rule or a person moved it there. More hours mean more to read per poll: one request per 100 messages of that time.',
	},
	{
		displayName: 'When Activated Again',
		name: 'whenActivatedAgain',
		type: 'options',
		default: 'catchUp',
		options: [
			{
				name: 'Catch Up',
				value: 'catchUp',
				description: 'Trigger on the messages that came while the workflow was inactive',
			},
			{
				name: 'Start From Now',
				value: 'startFromNow',
				description: 'Pass over the messages that came while the workflow was inactive',
			},
		],
		description:
			'What to do about messages that came while the workflow was inactive. After a restart of n8n the trigger always catches up.',
	},
]);

/** There is one. n8n's list of nodes takes the name of the trigger from here: *On message received*. */
const event: INodeProperties = {
	displayName: 'Event',
	name: 'event',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'Message Received',
			value: 'messageReceived',
			description: 'A message arrives in the folder, or is moved there',
		},
	],
	default: 'messageReceived',
};

export const triggerProperties: INodeProperties[] = [
	event,
	{ ...mailboxProperty, description: 'The mailbox to watch' },
	folderProperty({ description: 'The folder to watch. Its subfolders are not.' }),
	filtersProperty,
	simplifyProperty,
	options,
];
