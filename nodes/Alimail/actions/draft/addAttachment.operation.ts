import { parameterError } from '../../errors/nodeErrors';
import { outgoingFile, readFieldNames } from '../../mail/composition';
import { uploadFile } from '../../mail/delivery';
import { mailboxParameter, mailboxProperty, draftIdProperty } from '../../parameters/locators';
import { optionsProperty } from '../../parameters/properties';
import { collectionParameter, requiredTextParameter } from '../../parameters/values';
import type { ItemOperation } from '../types';

/** Source: https://help.aliyun.com/document_detail/2856471.html */
export const addAttachment: ItemOperation = {
	value: 'addAttachment',
	name: 'Add Attachment',
	action: 'Add attachment to draft',
	description: 'Put a file into a draft that exists',
	properties: [
		mailboxProperty,
		draftIdProperty,
		{
			displayName: 'Input Data Field Name',
			name: 'inputDataFieldName',
			type: 'string',
			required: true,
			default: 'data',
			placeholder: 'e.g. data',
			hint: 'The name of the input field containing the binary file data to be attached',
		},
		optionsProperty([
			{
				displayName: 'Content ID',
				name: 'contentId',
				type: 'string',
				default: '',
				placeholder: 'e.g. logo',
				description: 'For an image that the HTML of the draft shows: what stands after cid: there',
			},
			{
				displayName: 'File Name',
				name: 'fileName',
				type: 'string',
				default: '',
				placeholder: 'e.g. invoice.pdf',
				description: 'The name that the recipients see, if not the one of the binary field',
			},
		]),
	],

	async execute(context, itemIndex) {
		const mailbox = mailboxParameter(context, itemIndex);
		const id = requiredTextParameter(context, 'draftId', 'Draft ID', itemIndex);
		const fieldNames = readFieldNames(
			context,
			context.getNodeParameter('inputDataFieldName', itemIndex),
			'Input Data Field Name',
			itemIndex,
		);
		const [fieldName] = fieldNames;
		if (fieldName === undefined || fieldNames.length > 1) {
			const problem = 'must be the name of one binary field';
			throw parameterError(context.getNode(), 'Input Data Field Name', problem, itemIndex);
		}
		const { fileName, contentId } = collectionParameter(context, 'options', itemIndex);
		const file = await outgoingFile(context, fieldName, itemIndex, {
			...(typeof fileName === 'string' && fileName.trim() !== '' && { name: fileName }),
			...(typeof contentId === 'string' && contentId.trim() !== '' && { contentId }),
		});
		await uploadFile(context, { mailbox, id }, file, itemIndex);
		const { name, mimeType, sizeBytes } = file;
		return [{ json: { success: true, draftId: id, mailbox, name, mimeType, sizeBytes } }];
	},
};
