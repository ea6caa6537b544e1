import type { INodeProperties } from 'n8n-workflow';

export const draftIdProperty: INodeProperties = {
	displayName: 'Draft ID',
	name: 'draftId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. DzzzzzzNpQ9$---.abCd',
	description: 'The ID of the draft, e.g. from Create. It no longer exists once the draft is sent.',
};
