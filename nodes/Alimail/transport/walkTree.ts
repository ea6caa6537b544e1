import type { IDataObject } from 'n8n-workflow';

import { UnusablePage } from './pagination';

/** How many parents are asked for their children at the same time. */
const PARENTS_AT_ONCE = 10;

/** A server that always names one more level is not followed for ever. */
const DEEPEST_LEVEL = 100;

/** An entry of a tree as the server lists it. */
export interface TreeEntry {
	/** Missing when the server names none; such an entry has no children that could be asked for. */
	id: string | undefined;
	name: string;
	/** `false` saves the question; say `true` when it is not known. */
	mayHaveChildren: boolean;
	data: IDataObject;
}

/** An entry and its place. */
export interface PlacedEntry extends TreeEntry {
	/** The names from where the walk began, separated by slashes. */
	path: string;
}

/**
 * Walks a tree level by level, so that parents come before their children. An entry that was met before is passed over:
 * a tree that leads back into itself comes to an end.
 *
 * @param childrenOf - lists what is directly below a parent, up to `limit` entries
 * @param options.limit - how many entries are wanted; no parent is asked that is not needed for them
 * @throws UnusablePage when the tree has more than 100 levels
 */
export async function walkTree<Start extends string | undefined>(
	childrenOf: (parentId: Start | string, limit: number) => Promise<TreeEntry[]>,
	start: Start,
	options: { allLevels: boolean; limit: number },
): Promise<PlacedEntry[]> {
	const { allLevels, limit } = options;
	const found: PlacedEntry[] = [];
	const seen = new Set<string | undefined>([start]);
	let parents: Array<{ id: Start | string; prefix: string }> = [{ id: start, prefix: '' }];
	for (let level = 0; parents.length > 0; level++) {
		if (level === DEEPEST_LEVEL) {
			throw new UnusablePage(
				`The tree has no end: after ${DEEPEST_LEVEL} levels there is still one more below.`,
			);
		}
		const next: typeof parents = [];
		for (let first = 0; first < parents.length; first += PARENTS_AT_ONCE) {
			const group = parents.slice(first, first + PARENTS_AT_ONCE);
			const lists = await Promise.all(
				group.map(async ({ id, prefix }) => ({
					prefix,
					children: await childrenOf(id, limit - found.length),
				})),
			);
			for (const { prefix, children } of lists) {
				for (const child of children) {
					if (child.id !== undefined && seen.has(child.id)) continue;
					seen.add(child.id);
					const path = prefix + child.name;
					found.push({ ...child, path });
					if (allLevels && child.mayHaveChildren && child.id !== undefined) {
						next.push({ id: child.id, prefix: `${path}/` });
					}
				}
			}
			if (found.length >= limit) return found.slice(0, limit);
		}
		parents = next;
	}
	return found;
}
