import {
	NodeConnectionTypes,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IPollFunctions,
} from 'n8n-workflow';

import * as listSearch from './methods/listSearch';
import { pollFolder } from './trigger/poll';
import { triggerProperties } from './trigger/properties';

export class AlimailTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Alimail Trigger',
		name: 'alimailTrigger',
		icon: { light: 'file:../../icons/alimail.svg', dark: 'file:../../icons/alimail.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: 'new message',
		description:
			'Starts the workflow when a message arrives in a folder of an Alimail (阿里邮箱) mailbox',
		defaults: { name: 'Alimail Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'alimailApi', required: true }],
		properties: triggerProperties,
	};

	methods = { listSearch };

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		return await pollFolder(this);
	}
}
