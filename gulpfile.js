const { dest, src } = require('gulp');

/** Copies what tsc leaves behind: the icons and the codex files (`*.node.json`). */
function assets() {
	return src(['icons/*.svg', 'nodes/**/*.node.json'], { base: '.', encoding: false }).pipe(
		dest('dist'),
	);
}

exports.build = assets;
