import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** How and where a command runs. */
export interface CommandOptions {
	cwd: string;
	env?: Record<string, string>;
}

/** Runs a command to its end and returns what it printed to stdout; throws with all its output if it fails. */
export async function runCommand(
	command: string,
	args: string[],
	options: CommandOptions,
): Promise<string> {
	const child = spawn(command, args, {
		cwd: options.cwd,
		env: { ...process.env, ...options.env },
		stdio: ['ignore', 'pipe', 'pipe'],
		shell: process.platform === 'win32',
	});
	const exited = new Promise<number | null>((resolve, reject) => {
		child.once('error', reject);
		child.once('close', resolve);
	});
	const [exitCode, stdout, stderr] = await Promise.all([
		exited,
		text(child.stdout),
		text(child.stderr),
	]);
	if (exitCode !== 0) {
		throw new Error(
			`"${[command, ...args].join(' ')}" ended with ${exitCode}:\n${stdout}${stderr}`,
		);
	}
	return stdout;
}
