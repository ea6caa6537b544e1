import type { INodeProperties } from 'n8n-workflow';

export const messageIdProperty: INodeProperties = {
	displayName: 'Message ID',
	name: 'messageId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. DzzzzzzNpQ9$---.abCd',
	description: "The ID of the message, e.g. from Get Many. It is not the 'Message-ID' header.",
};
