import type { FastifyInstance } from 'fastify';
import type { Context } from '../context.mts';
import { objectFrom, optionalString } from '../input.mts';

const changeable = ['name', 'introduction', 'telephone', 'address', 'preferredLanguage'] as const;

/** Adds the operations on the organization [3P]. */
export function organizationRoutes(app: FastifyInstance, { state }: Context): void {
	app.get('/v2/organization/$current', () => state.organization);

	app.patch('/v2/organization/$current', ({ body }) => {
		const input = objectFrom(body, 'body');
		for (const key of changeable) {
			const value = optionalString(input, key);
			if (value !== undefined) state.organization[key] = value;
		}
		return state.organization;
	});
}
