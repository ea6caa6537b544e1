const { rm } = require('node:fs/promises');
const { dest, src } = require('gulp');

/** Removes what an earlier build left behind. */
exports.clean = () => rm('dist', { recursive: true, force: true });

/** Copies what tsc does not: the icons and the codex files (`*.node.json`). */
exports.assets = () =>
	src(['icons/*.svg', 'nodes/**/*.node.json'], { base: '.', encoding: false }).pipe(dest('dist'));
