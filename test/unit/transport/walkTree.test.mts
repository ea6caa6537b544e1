import { describe, expect, it } from 'vitest';
import { walkTree, type TreeEntry } from '../../../nodes/Alimail/transport/walkTree.ts';

const entry = (id: string | undefined, mayHaveChildren = true): TreeEntry => ({
	id,
	name: `n${id}`,
	mayHaveChildren,
	data: {},
});

/** A tree by parents, and whom it was asked about. */
function tree(children: Record<string, TreeEntry[]>) {
	const asked: string[] = [];
	const childrenOf = async (id: string) => {
		asked.push(id);
		return children[id] ?? [];
	};
	return { asked, childrenOf };
}

const all = { allLevels: true, limit: Infinity };

describe('a tree that leads back into itself', () => {
	it('is walked once', async () => {
		const { asked, childrenOf } = tree({
			root: [entry('a'), entry('b')],
			a: [entry('b'), entry('a'), entry('root')],
			b: [entry('a'), entry('c')],
		});
		const found = await walkTree(childrenOf, 'root', all);
		expect(found.map(({ path }) => path)).toEqual(['na', 'nb', 'nb/nc']);
		expect(asked).toEqual(['root', 'a', 'b', 'c']);
	});
});

describe('a tree without an end', () => {
	it('is given up', async () => {
		let asked = 0;
		const childrenOf = async () => {
			asked++;
			return [entry(`new-${asked}`)];
		};
		await expect(walkTree(childrenOf, 'root', all)).rejects.toThrow('no end: after 100 levels');
		expect(asked).toBe(100);
	});
});

describe('a tree of which a part is enough', () => {
	it('is not asked for more', async () => {
		const wide = Array.from({ length: 25 }, (_, i) => entry(`p${i}`));
		const { asked, childrenOf } = tree({
			root: wide,
			...Object.fromEntries(wide.map(({ id }) => [id, [entry(`${id}-child`, false)]])),
		});
		const found = await walkTree(childrenOf, 'root', { allLevels: true, limit: 26 });
		expect(found).toHaveLength(26);
		expect(found.at(-1)?.path).toBe('np0/np0-child');
		// The top level, and one group of parents side by side.
		expect(asked).toHaveLength(11);
	});

	it('is not asked about entries that have nothing below, or no ID', async () => {
		const { asked, childrenOf } = tree({
			root: [entry('a', false), entry(undefined), entry(undefined)],
		});
		expect(await walkTree(childrenOf, 'root', all)).toHaveLength(3);
		expect(asked).toEqual(['root']);
	});
});
