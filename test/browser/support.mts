import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, inject } from 'vitest';
import { Editor } from '../support/browserEditor.mts';

const SHOWN_TEXT_LENGTH = 2000;

/**
 * A `describe` with an editor of its own. When a test fails, the window as it is then is kept in a file and its text
 * shown, and the next test, or another try, finds a window with nothing open.
 */
export function describeEditor(title: string, define: (editor: Editor) => void): void {
	describe(title, () => {
		const editor = new Editor();
		beforeAll(async () => await editor.start(inject('editorParts')));
		afterAll(async () => await editor.stop());
		afterEach(async ({ task }) => {
			if (task.result?.state !== 'fail') return;
			const path = join(tmpdir(), `${task.name.replace(/\W+/g, '-')}.png`);
			await editor.page.screenshot({ path });
			const text = await editor.page.locator('body').innerText();
			console.error(`The window when it failed, in ${path}:\n${text.slice(-SHOWN_TEXT_LENGTH)}`);
			await editor.startAnew();
		});
		define(editor);
	});
}
