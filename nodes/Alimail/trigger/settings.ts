import type { IDataObject, IPollFunctions } from 'n8n-workflow';

import { parameterError } from '../errors/nodeErrors';
import { isObject } from '../flow/isObject';
import { attachmentsPrefix } from '../mail/attachmentBinaries';
import { selectedFields } from '../mail/messageFields';
import { idParameter, mailboxParameter } from '../parameters/locators';
import { refuseEmptyFilters, trimmedText } from '../parameters/values';
import { textOf } from '../transport/json';
import { FILTERED_FIELDS, type MessageFilters } from './filters';
import { LISTED_FIELDS, NO_ITEM, type WatchedFolder } from './folder';
import { DEFAULT_LOOK_BACK_HOURS, filtersProperty, MAX_LOOK_BACK_HOURS } from './properties';
import { LIST_FIELDS, type Output } from './reading';

const HOUR_MS = 3_600_000;

/** What the node's parameters ask for. */
export interface Settings {
	folder: WatchedFolder;
	filters: MessageFilters;
	output: Output;
	lookBackMs: number;
	catchUp: boolean;
}

/** The fields that a list has to give, for `$select`. */
export function listFields({ output: { fields } }: Settings): string[] {
	const shown = fields.filter((name) => LIST_FIELDS.includes(name));
	return [...new Set([...LISTED_FIELDS, ...FILTERED_FIELDS, ...shown])];
}

/**
 * Reads the node's parameters.
 *
 * @throws NodeOperationError for what cannot be used
 */
export function readSettings(context: IPollFunctions): Settings {
	const options = collection(context, 'options');
	const simplify = context.getNodeParameter('simplify', true) !== false;
	const hours = options.lookBackHours ?? DEFAULT_LOOK_BACK_HOURS;
	if (typeof hours !== 'number' || !(hours >= 1 && hours <= MAX_LOOK_BACK_HOURS)) {
		const problem = `must be a number from 1 to ${MAX_LOOK_BACK_HOURS}`;
		throw parameterError(context.getNode(), 'Look Back (Hours)', problem, NO_ITEM);
	}
	const mailbox = mailboxParameter(context, NO_ITEM);
	return {
		folder: { mailbox, folderId: idParameter(context, 'folder', 'Folder', NO_ITEM) },
		filters: readFilters(context),
		output: {
			mailbox,
			simplify,
			fields: selectedFields(options, { simplify, detailed: !simplify }),
			attachmentsPrefix: attachmentsPrefix(context, options, NO_ITEM),
		},
		lookBackMs: hours * HOUR_MS,
		catchUp: options.whenActivatedAgain !== 'startFromNow',
	};
}

/** Reads the filters. What was added and cannot judge is refused: without it every message would start the workflow. */
function readFilters(context: IPollFunctions): MessageFilters {
	const filters = collection(context, 'filters');
	refuseEmptyFilters(context, filtersProperty, filters, NO_ITEM);
	const text = (name: string, displayName: string) =>
		trimmedText(context, filters[name], displayName, NO_ITEM) || undefined;
	const boolean = (name: string, displayName: string) => {
		const value = filters[name];
		if (value === undefined || typeof value === 'boolean') return value;
		const said = textOf(value)?.trim().toLowerCase();
		if (said === 'true' || said === 'false') return said === 'true';
		throw parameterError(context.getNode(), displayName, 'must be true or false', NO_ITEM);
	};
	return {
		hasAttachments: boolean('hasAttachments', 'Has Attachments'),
		unreadOnly: boolean('unreadOnly', 'Unread Only') || undefined,
		sender: text('sender', 'Sender'),
		subject: text('subject', 'Subject Contains'),
		query: text('query', 'Search Query'),
	};
}

function collection(context: IPollFunctions, name: string): IDataObject {
	const value = context.getNodeParameter(name, {});
	return isObject(value) ? value : {};
}
