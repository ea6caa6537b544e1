import type { AttachmentInput, MessageInput } from './model.mts';
import type { State } from './state.mts';

const firstDay = Date.parse('2025-01-06T01:30:00Z');
const HOUR_MS = 3_600_000;

function hoursLater(hours: number): string {
	return new Date(firstDay + hours * HOUR_MS).toISOString().replace('.000Z', 'Z');
}

/** The domain of the seeded organization. */
const SEED_DOMAIN = 'example.com';

const departmentSeed = [
	{ name: '示例公司 Example Ltd', parent: undefined, manager: 'alice' },
	{ name: '技术部 Engineering', parent: 0, manager: 'zhang.wei' },
	{ name: '销售部 Sales', parent: 0, manager: 'li.na' },
	{ name: '平台组 Platform', parent: 1, manager: 'chen.jing' },
	{ name: '人力资源部 Human Resources', parent: 0, manager: 'grace' },
];

const userSeed = [
	{ local: 'alice', name: 'Alice Martin', department: 0, jobTitle: 'Managing Director' },
	{ local: 'zhang.wei', name: '张伟', department: 1, jobTitle: '技术总监' },
	{ local: 'li.na', name: '李娜', department: 2, jobTitle: '销售经理' },
	{ local: 'bob', name: 'Bob Fischer', department: 2, jobTitle: 'Account Manager' },
	{ local: 'chen.jing', name: '陈静', department: 3, jobTitle: '平台负责人' },
	{ local: 'wang.fang', name: '王芳', department: 3, jobTitle: '工程师' },
	{ local: 'grace', name: 'Grace Okafor', department: 4, jobTitle: 'HR Manager' },
	{ local: 'old.account', name: '刘洋', department: 2, jobTitle: '销售', status: 'FREEZE' },
];

const contactSeed = [
	{
		name: '杭州物流有限公司',
		email: 'service@logistics.example.net',
		folder: 1,
		company: '杭州物流',
	},
	{
		name: 'Dana Suppliers',
		email: 'dana@suppliers.example.net',
		folder: 1,
		company: 'Suppliers Inc.',
	},
	{ name: 'Erik Customer', email: 'erik@customer.example.org', folder: 2, company: 'Customer AB' },
	{ name: '前台', email: 'reception@example.com', folder: 0, company: '示例公司' },
];

/** A one-pixel PNG. */
const pixel = Buffer.from(
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
	'base64',
);

/** Bytes that are no text: the magic of a PDF and every value of a byte. */
const pdf = Buffer.concat([
	Buffer.from('%PDF-1.4\n'),
	Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 31) % 256)),
	Buffer.from('\n%%EOF\n'),
]);

const filesOf: Record<number, AttachmentInput[]> = {
	22: [{ name: '会议纪要.txt', content: '一、预算\n二、排期\n', contentType: 'text/plain' }],
	23: [{ name: 'invoice 2025-01.pdf', content: pdf, contentType: 'application/pdf' }],
	24: [
		{
			name: 'logo.png',
			content: pixel,
			contentType: 'image/png',
			contentId: 'logo@example.com',
			isInline: true,
		},
	],
};

/** Fills an empty state. Everything is the same on each run. */
export function seed(state: State): void {
	state.organization = {
		id: 'organization-0001',
		name: '示例公司 Example Ltd',
		introduction: 'A company that exists for examples.',
		telephone: '+86 571 0000 0000',
		address: '杭州市示例路 1 号',
		preferredLanguage: 'zh_CN',
		domain: SEED_DOMAIN,
		createdTime: hoursLater(-8760),
	};
	seedDirectory(state);
	seedContacts(state);
	for (const mailbox of state.mailboxes.values()) {
		state.addFolder(mailbox, { displayName: '项目 Projects' });
		state.addFolder(mailbox, { displayName: 'Archive/2024 & older', parentFolderId: '104' });
	}
	seedMail(state);
}

function seedDirectory(state: State): void {
	const departmentIds = departmentSeed.map(() => state.ids.numbered('department'));
	departmentSeed.forEach(({ name, parent, manager }, i) => {
		const id = departmentIds[i] ?? '';
		state.departments.set(id, {
			id,
			name,
			parentId: parent === undefined ? undefined : departmentIds[parent],
			createdTime: hoursLater(-8000),
			isHidden: false,
			hiddenExcludeUsers: [],
			hiddenExcludeDepartments: [],
			managers: [`${manager}@${SEED_DOMAIN}`],
			email: '',
		});
	});
	userSeed.forEach(({ local, name, department, jobTitle, status }, i) => {
		state.addUser({
			email: `${local}@${SEED_DOMAIN}`,
			name,
			departmentIds: [departmentIds[department] ?? ''],
			jobTitle,
			nickname: local,
			employeeNo: `E${String(i + 1).padStart(3, '0')}`,
			workLocation: i % 2 ? '上海' : '杭州',
			phone: `+86 1380000000${i}`,
			managerEmail: i === 0 ? '' : `alice@${SEED_DOMAIN}`,
			emailAliases: local === 'alice' ? [`a.martin@${SEED_DOMAIN}`] : [],
			createdTime: hoursLater(-7000 + i),
			lastLoginTime: hoursLater(i),
			...(status !== undefined && { status, freezedTime: hoursLater(-100) }),
		});
	});
}

function seedContacts(state: State): void {
	const folders = [
		{ name: '公共联系人', parent: undefined },
		{ name: '供应商 Suppliers', parent: 0 },
		{ name: '客户 Customers', parent: 0 },
	];
	const folderIds = folders.map(() => state.ids.numbered('contact-folder'));
	folders.forEach(({ name, parent }, i) => {
		const id = folderIds[i] ?? '';
		const parentId = parent === undefined ? undefined : folderIds[parent];
		state.sharedContactFolders.set(id, {
			id,
			name,
			parentId,
			isHidden: false,
			createdTime: hoursLater(-6000),
		});
	});
	for (const { name, email, folder, company } of contactSeed) {
		const id = state.ids.numbered('contact');
		state.sharedContacts.set(id, {
			id,
			name,
			nickname: '',
			folderId: folderIds[folder] ?? '',
			email,
			workPhone: '',
			phone: '',
			companyName: company,
			jobTitle: '',
			homeAddress: '',
			workAddress: '',
			manager: '',
			info: '',
			isHidden: false,
			createdTime: hoursLater(-5000),
			modifiedTime: hoursLater(-5000),
		});
	}
}

function seedMail(state: State): void {
	const alice = `alice@${SEED_DOMAIN}`;
	const senders = [...state.users.values()].filter(({ email }) => email !== alice);
	for (let i = 0; i < 25; i++) {
		const sender = senders[i % senders.length];
		if (sender === undefined) continue;
		const chinese = i % 2 === 1;
		state.addMessage(alice, {
			receivedDateTime: hoursLater(i * 5),
			subject: chinese ? `第 ${i} 周进展` : `Weekly report ${i}`,
			from: { email: sender.email, name: sender.name },
			body: bodyOf(i, chinese),
			isRead: i < 18,
			priority: i % 10 === 9 ? 'PRY_HIGH' : 'PRY_NORMAL',
			tags: i === 20 ? ['1'] : [],
			...(i % 6 === 5 && {
				ccRecipients: [{ email: `grace@${SEED_DOMAIN}`, name: 'Grace Okafor' }],
			}),
			...(filesOf[i] && { attachments: filesOf[i] }),
		});
	}
	state.addMessage(alice, {
		receivedDateTime: hoursLater(60),
		folderId: '1',
		subject: 'Re: Weekly report 10',
		from: { email: alice, name: 'Alice Martin' },
		toRecipients: [{ email: `zhang.wei@${SEED_DOMAIN}`, name: '张伟' }],
		body: { bodyText: 'Thank you.' },
		isRead: true,
		sendStatus: 'success',
	});
	state.addMessage(alice, {
		receivedDateTime: hoursLater(61),
		folderId: '104',
		subject: 'Project plan',
		isRead: true,
	});
}

function bodyOf(i: number, chinese: boolean): NonNullable<MessageInput['body']> {
	const text = chinese ? `各位好,\n这是第 ${i} 周的进展。` : `Hello,\nthis is report ${i}.`;
	const image = i === 24 ? '<img src="cid:logo@example.com">' : '';
	return { bodyText: text, bodyHtml: `<p>${text.replace('\n', '<br>')}</p>${image}` };
}
