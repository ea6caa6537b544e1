import type { FastifyInstance } from 'fastify';
import type { Context } from '../context.mts';
import { invalidParameter } from '../errors.mts';
import { counted, presentDepartment, presentUser, selectedFields } from '../fields.mts';
import {
	objectFrom,
	directoryBoolean,
	optionalString,
	optionalStrings,
	queryBoolean,
	requiredString,
	textUnlessEmpty,
	type JsonObject,
} from '../input.mts';
import type { Department } from '../model.mts';
import { MAX_PAGE_SIZE, offsetPage } from '../pagination.mts';
import { instantOf, ROOT_ID } from '../state.mts';

interface DepartmentParams {
	Params: { id: string };
}

/** Adds the operations on departments [3P]. The name of their permission is unknown, so none is declared. */
export function departmentRoutes(app: FastifyInstance, { state, settings }: Context): void {
	app.get<DepartmentParams>('/v2/departments/:id', ({ params, query }) =>
		presentDepartment(state.department(params.id), state, settings, selectedFields(query)),
	);

	app.get<DepartmentParams>('/v2/departments/:id/users', ({ params, query }) => {
		const { id } = state.department(params.id);
		queryBoolean(query, 'managed');
		const users = [...state.users.values()].filter((user) => user.departmentIds.includes(id));
		return {
			users: offsetPage(users, query, MAX_PAGE_SIZE).map((user) =>
				presentUser(user, state, selectedFields(query)),
			),
			total: counted(users.length, settings),
		};
	});

	app.get<DepartmentParams>('/v2/departments/:id/departments', ({ params, query }) => {
		const children = childrenOf(state.department(params.id));
		queryBoolean(query, 'managed');
		return {
			departments: offsetPage(children, query, MAX_PAGE_SIZE).map((department) =>
				presentDepartment(department, state, settings, selectedFields(query)),
			),
			total: counted(children.length, settings),
		};
	});

	app.post('/v2/departments', ({ body }) => {
		const input = objectFrom(body, 'body');
		const department: Department = {
			id: state.ids.numbered('department'),
			name: requiredString(input, 'name'),
			parentId: state.department(textUnlessEmpty(input, 'parentId') ?? ROOT_ID).id,
			createdTime: instantOf(Date.now()),
			isHidden: false,
			hiddenExcludeUsers: [],
			hiddenExcludeDepartments: [],
			managers: [],
			email: '',
			...changesFrom(input),
		};
		state.departments.set(department.id, department);
		return presentDepartment(department, state, settings);
	});

	app.patch<DepartmentParams>('/v2/departments/:id', ({ params, body }) => {
		const department = state.department(params.id);
		const input = objectFrom(body, 'body');
		const changes = changesFrom(input);
		const parentId = textUnlessEmpty(input, 'parentId');
		if (parentId !== undefined) {
			const parent = state.department(parentId);
			if (state.isWithinDepartment(parent.id, department.id)) throw invalidParameter('parentId');
			changes.parentId = parent.id;
		}
		return presentDepartment(Object.assign(department, changes), state, settings);
	});

	app.delete<DepartmentParams>('/v2/departments/:id', ({ params }) => {
		const department = state.department(params.id);
		const inUse =
			department.parentId === undefined ||
			childrenOf(department).length > 0 ||
			[...state.users.values()].some(({ departmentIds }) => departmentIds.includes(department.id));
		// What the service does with the members is unknown.
		if (inUse) throw invalidParameter('department is not empty');
		state.departments.delete(department.id);
		return {};
	});

	function childrenOf({ id }: Department): Department[] {
		return [...state.departments.values()].filter(({ parentId }) => parentId === id);
	}
}

function changesFrom(input: JsonObject): Partial<Department> {
	const changes: Partial<Department> = {};
	for (const key of ['name', 'email'] as const) {
		const value = optionalString(input, key);
		if (value !== undefined) changes[key] = value;
	}
	for (const key of ['managers', 'hiddenExcludeUsers', 'hiddenExcludeDepartments'] as const) {
		const value = optionalStrings(input, key);
		if (value !== undefined) changes[key] = value;
	}
	const isHidden = directoryBoolean(input, 'isHidden');
	if (isHidden !== undefined) changes.isHidden = isHidden;
	return changes;
}
