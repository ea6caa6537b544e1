import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, inject } from 'vitest';
import { Editor } from '../support/browserEditor.mts';

/** A `describe` with an editor of its own. When a test fails, the window as it is then is kept in a file. */
export function describeEditor(title: string, define: (editor: Editor) => void): void {
	describe(title, () => {
		const editor = new Editor();
		beforeAll(async () => await editor.start(inject('editorParts')));
		afterAll(async () => await editor.stop());
		afterEach(async ({ task }) => {
			if (task.result?.state !== 'fail') return;
			const path = join(tmpdir(), `${task.name.replace(/\W+/g, '-')}.png`);
			await editor.page.screenshot({ path });
			console.error(`The window when it failed: ${path}`);
		});
		define(editor);
	});
}
