import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import {
	ALICE,
	call,
	encoded,
	send,
	simulator,
	startSimulatorAnew,
	useSimulator,
} from '../support/simulatorClient.mts';
import { startSimulator } from './index.mts';

useSimulator();

describe('starting and ending', () => {
	it('removes what was uploaded and stops listening', async () => {
		const directory = await mkdtemp(join(tmpdir(), 'simulator-test-'));
		vi.stubEnv('TMPDIR', directory);
		try {
			const draft = (await call(`${ALICE}/messages`, { json: { message: {} } })).json.message.id;
			const path = `${ALICE}/messages/${encoded(draft)}/attachments/createUploadSession`;
			const { uploadUrl } = (await call(path, { json: { attachment: { name: 'a' } } })).json;
			const headers = { 'content-type': 'application/octet-stream' };
			await send(uploadUrl, { method: 'POST', headers, body: 'bytes' });
			expect(await readdir(directory)).toHaveLength(1);
			await simulator.close();
			expect(await readdir(directory)).toEqual([]);
			await expect(send(simulator.url)).rejects.toThrow();
		} finally {
			vi.unstubAllEnvs();
			await rm(directory, { recursive: true });
			await startSimulatorAnew();
		}
	});

	it('does not wait for answers that are held back', async () => {
		const second = await startSimulator();
		second.fault({ delayMs: 600_000 });
		const refused = expect(send(second.url)).rejects.toThrow();
		await vi.waitUntil(() => second.requests.length === 1);
		await second.close();
		await refused;
	});

	it('runs as a program that tells address, ID and secret, and stops on SIGTERM', async () => {
		const main = fileURLToPath(new URL('./main.mts', import.meta.url));
		const options = ['--port', '0', '--rate-limit', '2', '--token-lifetime', '60'];
		const program = spawn(process.execPath, [main, ...options]);
		const ended = once(program, 'exit');
		let output = '';
		program.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
		await vi.waitUntil(() => output.includes('Ctrl+C'), { timeout: 10_000 });
		expect(output).toContain('demo-app');
		expect(output).toContain('s3cret+/=& %中');
		const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? '';
		const { json } = await send(`${url}/_simulator/settings`);
		expect(json).toMatchObject({ rateLimit: 2, tokenLifetimeSeconds: 60 });
		program.kill('SIGTERM');
		expect(await ended).toEqual([0, null]);
	});
});
