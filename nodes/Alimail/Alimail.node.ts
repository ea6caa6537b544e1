import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { resources } from './actions';
import { nodeProperties } from './actions/form';
import { runItems } from './actions/run';
import * as listSearch from './methods/listSearch';

export class Alimail implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Alimail',
		name: 'alimail',
		icon: { light: 'file:../../icons/alimail.svg', dark: 'file:../../icons/alimail.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{$parameter["operation"] + ": " + $parameter["resource"]}}',
		description: 'Work with Alimail (阿里邮箱), the business mail of Alibaba Cloud',
		defaults: { name: 'Alimail' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		sensitiveOutputFields: ['access_token'],
		credentials: [{ name: 'alimailApi', required: true }],
		properties: nodeProperties(resources),
	};

	methods = { listSearch };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runItems(this, resources);
	}
}
