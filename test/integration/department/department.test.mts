import { beforeEach, describe, expect, it } from 'vitest';
import type { Simulator } from '../../simulator/index.mts';
import type { NodeRunner } from '../../support/nodeRunner.mts';
import { attempt, byId, fromExpressions, succeed } from '../../support/operations.mts';
import { simulated } from '../../support/simulated.mts';

const ROOT = 'department-0001';

let simulator: Simulator;
let alimail: NodeRunner;

beforeEach(async () => {
	({ simulator, alimail } = await simulated());
});

describe('someone who looks at the organization', () => {
	it('gets the departments directly below the uppermost one', async () => {
		const departments = await succeed(alimail, 'department', 'getAll', { returnAll: true });
		expect(departments).toEqual(
			['技术部 Engineering', '销售部 Sales', '人力资源部 Human Resources'].map((name) => ({
				id: expect.any(String),
				name,
				parentId: ROOT,
				createdTime: expect.any(String),
				path: name,
			})),
		);
		expect(simulator.apiRequests).toHaveLength(1);
		expect(simulator.apiRequests[0]?.path).toBe('/v2/departments/%24root/departments');
	});

	it('gets all levels with paths, and asks no department that has none below', async () => {
		const departments = await succeed(alimail, 'department', 'getAll', {
			returnAll: true,
			includeAllLevels: true,
			fields: ['name'],
		});
		expect(departments).toContainEqual({
			name: '平台组 Platform',
			path: '技术部 Engineering/平台组 Platform',
		});
		expect(departments).toHaveLength(4);
		expect(simulator.apiRequests).toHaveLength(2);
	});

	it.each([
		[100, 1],
		[101, 2],
		[200, 2],
		[Infinity, 3],
	])('gets %d of 203 with %i requests', async (limit, requests) => {
		for (let i = 0; i < 200; i++) addDepartment(`big-${i}`, ROOT);
		const departments = await succeed(alimail, 'department', 'getAll', {
			...(limit === Infinity ? { returnAll: true } : { returnAll: false, limit }),
		});
		expect(departments).toHaveLength(Math.min(limit, 203));
		expect(simulator.apiRequests).toHaveLength(requests);
	});

	it.each(['number', 'string'] as const)(
		'gets sizes as numbers (sent as %s)',
		async (numberShape) => {
			simulator.settings.numberShape = numberShape;
			const department = byId('department-0003');
			const fields = ['name', 'userCount', 'managers', 'hasSubDepartments'];
			expect(await succeed(alimail, 'department', 'get', { department, fields })).toEqual([
				{
					id: 'department-0003',
					name: '销售部 Sales',
					userCount: 3,
					managers: ['li.na@example.com'],
					hasSubDepartments: false,
				},
			]);
			const [listed] = await succeed(alimail, 'department', 'getAll', {
				returnAll: true,
				fields: ['userCount'],
			});
			expect(listed).toEqual({ userCount: 1, path: '技术部 Engineering' });
		},
	);

	it('comes to an end in a tree that leads back into itself', async () => {
		const departments = [{ id: 'a', name: 'A' }];
		simulator.fault({ path: '/v2/*', body: { departments, total: 1 }, times: Infinity });
		expect(
			await succeed(alimail, 'department', 'getAll', { returnAll: true, includeAllLevels: true }),
		).toEqual([{ id: 'a', name: 'A', path: 'A' }]);
		expect(simulator.apiRequests).toHaveLength(2);
	});

	function addDepartment(id: string, parentId: string) {
		const pattern = simulator.state.department('department-0002');
		simulator.state.departments.set(id, { ...pattern, id, name: id, parentId });
	}
});

describe('someone who reorganizes', () => {
	it('adds a department, changes, moves and deletes it', async () => {
		const [made] = await succeed(alimail, 'department', 'create', {
			name: 'Research',
			additionalFields: { managers: 'alice@example.com, grace@example.com', isHidden: true },
		});
		expect(made).toMatchObject({ name: 'Research', parentId: ROOT });
		expect(simulator.apiRequests.at(-1)).toMatchObject({
			method: 'POST',
			path: '/v2/departments',
			body: {
				name: 'Research',
				// What stands for the uppermost department is known for paths alone.
				parentId: ROOT,
				managers: ['alice@example.com', 'grace@example.com'],
				isHidden: true,
			},
		});
		const department = byId(String(made?.id));

		const updateFields = { parentId: 'department-0002', name: 'R&D', managers: '' };
		expect(
			await succeed(alimail, 'department', 'update', { department, updateFields }),
		).toMatchObject([{ success: true, id: made?.id, name: 'R&D', parentId: 'department-0002' }]);
		expect(simulator.apiRequests.at(-1)).toMatchObject({
			method: 'PATCH',
			body: { parentId: 'department-0002', name: 'R&D', managers: [] },
		});

		expect(await succeed(alimail, 'department', 'delete', { department })).toEqual([
			{ deleted: true, id: made?.id },
		]);
		expect(simulator.state.departments.has(String(made?.id))).toBe(false);
	});

	it.each([
		['create', { name: ' ' }, "'Name' is empty"],
		['create', { name: 'x', parentDepartment: byId('') }, "'Parent Department' is empty"],
		['update', { department: byId('d') }, "'Update Fields' is empty"],
		[
			'update',
			{ department: byId('d'), updateFields: { email: 'x' } },
			"'Email' is 'x', which is not an email address",
		],
		['update', { department: byId('d'), updateFields: { name: ' ' } }, "'Name' cannot be empty"],
		[
			'update',
			{ department: byId('d'), updateFields: { parentId: '' } },
			"'Parent Department ID' cannot be empty",
		],
		['delete', { department: byId('..') }, "'Department' is '..', which is no ID"],
		[
			'delete',
			{ department: byId('$root') },
			"'Department' is $root, the uppermost one. It cannot be deleted",
		],
		[
			'delete',
			{ department: byId(' $ROOT ') },
			"'Department' is $root, the uppermost one. It cannot be deleted",
		],
		['get', { department: byId(' ') }, "'Department' is empty"],
	])(
		'learns before anything is sent what cannot be: %s %j',
		async (operation, parameters, message) => {
			const { error } = await attempt(
				alimail,
				'department',
				operation,
				fromExpressions(parameters),
			);
			expect(error?.message).toBe(message);
			expect(simulator.requests).toEqual([]);
		},
	);

	const NOTHING = ['={{ null }}', '={{ undefined }}', '={{ $json.missing }}'];

	it.each(['parentId', 'name', 'managers', 'email', 'isHidden', 'hiddenExcludeDepartments'])(
		'leaves %s as it is when its expression finds nothing',
		async (name) => {
			const department = byId('department-0002');
			for (const nothing of NOTHING) {
				const updateFields = { hiddenExcludeUsers: 'a@example.com', [name]: nothing };
				await succeed(alimail, 'department', 'update', { department, updateFields });
			}
			expect(simulator.apiRequests.map(({ body }) => body)).toEqual(
				NOTHING.map(() => ({ hiddenExcludeUsers: ['a@example.com'] })),
			);
		},
	);

	it('changes nothing when no expression finds anything', async () => {
		for (const nothing of NOTHING) {
			const { error } = await attempt(alimail, 'department', 'update', {
				department: byId('department-0002'),
				updateFields: { name: nothing, managers: nothing },
			});
			expect(error?.message).toBe("'Update Fields' has no field with a value");
		}
		expect(simulator.requests).toEqual([]);
	});

	it('moves a department below the uppermost one, by the ID that this has', async () => {
		await succeed(alimail, 'department', 'update', {
			department: byId('department-0004'),
			updateFields: { parentId: '$root', hiddenExcludeDepartments: '$root' },
		});
		expect(simulator.apiRequests.map(({ method }) => method)).toEqual(['GET', 'PATCH']);
		expect(simulator.apiRequests[1]?.body).toEqual({
			parentId: ROOT,
			hiddenExcludeDepartments: [ROOT],
		});
	});

	it.each(['a/b', '../users/alice@example.com', 'department-0004?x'])(
		'reaches no other path than that of the department: %s',
		async (id) => {
			const { error } = await attempt(alimail, 'department', 'delete', { department: byId(id) });
			expect(error).toMatchObject({ httpCode: '404' });
			expect(simulator.apiRequests.map(({ url }) => url)).toEqual([
				`/v2/departments/${encodeURIComponent(id)}`,
			]);
		},
	);
});
