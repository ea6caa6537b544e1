import { describe, expect, it } from 'vitest';
import { forgetFile, keepFile, keptFile } from '../../../nodes/Alimail/trigger/keptFiles.ts';

const MEGABYTE = 1024 * 1024;
const inItem = (size: number) => ({ data: 'a'.repeat(size), mimeType: 'text/plain' });
const onDisk = (id: string) => ({ id, data: 'filesystem-v2', mimeType: 'text/plain' });

describe('files that wait for the rest of their message', () => {
	it('are there until they are handed on', () => {
		keepFile('a', onDisk('1'));
		expect(keptFile('a')).toEqual(onDisk('1'));
		forgetFile('a');
		expect(keptFile('a')).toBeUndefined();
	});

	it('take at most 16 MiB of memory, and the oldest go first', () => {
		for (let i = 0; i < 40; i++) keepFile(`m${i}`, inItem(MEGABYTE));
		const kept = Array.from({ length: 40 }, (_, i) => i).filter((i) => keptFile(`m${i}`));
		expect(kept).toEqual(Array.from({ length: 16 }, (_, i) => i + 24));
		keepFile('too large', inItem(17 * MEGABYTE));
		expect(keptFile('too large')).toBeUndefined();
		expect(keptFile('m39')).toBeDefined();
		for (const i of kept) forgetFile(`m${i}`);
		keepFile('m', inItem(16 * MEGABYTE));
		expect(keptFile('m')).toBeDefined();
		forgetFile('m');
	});

	it('are at most a thousand', () => {
		for (let i = 0; i < 1500; i++) keepFile(`d${i}`, onDisk(String(i)));
		expect(keptFile('d499')).toBeUndefined();
		expect(keptFile('d500')).toBeDefined();
		for (let i = 0; i < 1500; i++) forgetFile(`d${i}`);
	});
});
