import type { FastifyInstance } from 'fastify';
import type { Context } from '../context.mts';
import { notFound } from '../errors.mts';
import { objectFrom, optionalString } from '../input.mts';

const CHANGEABLE = ['name', 'introduction', 'telephone', 'address', 'preferredLanguage'] as const;

/** Adds the operations on the organization, and reading its domain [3P]. */
export function organizationRoutes(app: FastifyInstance, { state }: Context): void {
	app.get('/v2/organization/$current', () => state.organization);

	app.patch('/v2/organization/$current', ({ body }) => {
		const input = objectFrom(body, 'body');
		for (const key of CHANGEABLE) {
			const value = optionalString(input, key);
			if (value !== undefined) state.organization[key] = value;
		}
		return state.organization;
	});

	app.get('/v2/domains', () => ({ domains: [domain()] }));

	app.get<{ Params: { domain: string } }>('/v2/domains/:domain', ({ params }) => {
		const found = domain();
		if (params.domain !== found.id && params.domain !== found.domain) throw notFound('domain');
		return found;
	});

	function domain() {
		return {
			id: 'domain-0001',
			domain: state.organization.domain,
			aliases: [],
			isMaster: true,
			isMxVerified: true,
			isVerified: true,
			createdTime: state.organization.createdTime,
			aliasInfos: [],
		};
	}
}
