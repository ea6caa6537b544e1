import GithubSlugger from 'github-slugger';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AlimailApi } from '../../credentials/AlimailApi.credentials.ts';
import { resources } from '../../nodes/Alimail/actions/index.ts';
import { N8N_VERSIONS } from '../support/n8nInstallation.mts';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const READMES = ['README.md', 'README.zh-CN.md'];
const documents = [
	...READMES,
	'CHANGELOG.md',
	'CONTRIBUTING.md',
	'SECURITY.md',
	...readdirSync(join(root, 'docs'))
		.filter((name) => name.endsWith('.md'))
		.map((name) => `docs/${name}`),
];

/** The text without blocks of code. */
const prose = (file: string) => read(file).replace(/^```[^]*?^```/gm, '');

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(file: string): string[] {
	const slugger = new GithubSlugger();
	return [...prose(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slugger.slug(heading!));
}

const linksIn = (file: string) =>
	[...prose(file).matchAll(/\]\(([^)\s]+)\)/g)]
		.map(([, link]) => link!)
		.filter((link) => !/^[a-z]+:/.test(link));

describe.each(documents)('%s', (file) => {
	it('leads to pages and headings that exist', () => {
		const broken = linksIn(file).filter((link) => {
			const [path, anchor] = link.split('#');
			const target = path === '' ? file : join(dirname(file), path!);
			if (!existsSync(join(root, target))) return true;
			return anchor !== undefined && !anchorsOf(target).includes(decodeURIComponent(anchor));
		});
		expect(broken).toEqual([]);
	});

	it('names commands that exist', () => {
		const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
		const named = [...read(file).matchAll(/\bnpm run ([\w:]+)/g)].map(([, name]) => name!);
		expect(named.filter((name) => !(name in scripts))).toEqual([]);
	});
});

describe.each(READMES)('%s', (file) => {
	const text = read(file);

	it('names every example', () => {
		const examples = readdirSync(join(root, 'examples'));
		expect(examples.filter((name) => !text.includes(`(examples/${name})`))).toEqual([]);
	});

	it('names the server of every region', () => {
		const region = new AlimailApi().properties.find(({ name }) => name === 'region')!;
		const servers = region.options!.flatMap((option) =>
			'description' in option && option.description?.includes('aliyuncs.com')
				? [option.description]
				: [],
		);
		expect(servers).toHaveLength(5);
		expect(servers.filter((server) => !text.includes(`\`${server}\``))).toEqual([]);
	});

	it('names every operation in the row of its resource', () => {
		for (const { name, operations } of resources) {
			const row = new RegExp(`^\\| ${name}\\b.*$`, 'm').exec(text)?.[0] ?? '';
			expect(operations.filter((operation) => !row.includes(operation.name))).toEqual([]);
		}
	});

	it('names the versions of n8n that are tested', () => {
		for (const version of N8N_VERSIONS) expect(text).toMatch(new RegExp(`^\\| ${version} `, 'm'));
	});
});

it('both READMEs show the same pictures and lead to the same pages', () => {
	const [english, chinese] = READMES.map((file) =>
		linksIn(file).filter((link) => !link.startsWith('#') && !link.startsWith('README')),
	);
	expect(chinese!.toSorted()).toEqual(english!.toSorted());
});

it('every picture is shown', () => {
	const shown = documents.flatMap(linksIn).join('\n');
	const pictures = readdirSync(join(root, 'docs/images'));
	expect(pictures.filter((name) => !shown.includes(name))).toEqual([]);
});
