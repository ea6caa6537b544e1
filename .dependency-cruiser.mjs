// The floors of nodes/Alimail, see docs/architecture.md: a file imports from its own floor and from those below it.
const floors = [
	['methods'],
	['actions', 'trigger'],
	['mail'],
	['parameters'],
	['transport'],
	['auth'],
	['errors'],
	['flow'],
];
const inside = (names) => `^nodes/Alimail/(${names.join('|')})/`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
	forbidden: [
		{ name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
		...floors.slice(1).map((floor, index) => ({
			name: `nothing-above-${floor.join('-and-')}`,
			severity: 'error',
			from: { path: inside(floor) },
			to: {
				path: [inside(floors.slice(0, index + 1).flat()), '^nodes/Alimail/[^/]+$', '^credentials/'],
			},
		})),
		{
			name: 'actions-and-trigger-apart',
			severity: 'error',
			from: { path: inside(['actions', 'trigger']) },
			to: { path: inside(['actions', 'trigger']), pathNot: '^nodes/Alimail/$1/' },
		},
		{
			name: 'only-auth-for-the-credential',
			comment: "The credential's form needs nothing but what n8n calls.",
			severity: 'error',
			from: { path: '^credentials/' },
			to: { path: '^nodes/Alimail/', pathNot: inside(['auth']) },
		},
		{
			name: 'nobody-imports-it',
			severity: 'error',
			from: { orphan: true, pathNot: '\\.node\\.ts$' },
			to: {},
		},
	],
	options: {
		tsConfig: { fileName: 'tsconfig.json' },
		tsPreCompilationDeps: true,
		doNotFollow: { path: 'node_modules' },
	},
};
