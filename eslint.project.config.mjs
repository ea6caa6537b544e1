// The project's own rules. `eslint.config.mjs` has to stay as n8n's template has it, and knows no `.mts` files.
import js from '@eslint/js';
import { globalIgnores } from 'eslint/config';
import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

export default tseslint.config(
	globalIgnores(['dist', 'node_modules', 'test/support/n8n', 'test/e2e/fixtures']),
	{ linterOptions: { reportUnusedDisableDirectives: 'off' } },
	{
		files: ['**/*.mts'],
		extends: [js.configs.recommended, tseslint.configs.recommended],
		rules: {
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ ignoreRestSiblings: true, destructuredArrayIgnorePattern: '^_', varsIgnorePattern: '^_' },
			],
		},
	},
	{
		files: ['nodes/**/*.ts'],
		ignores: ['nodes/Alimail/transport/**', 'nodes/Alimail/auth/**'],
		languageOptions: { parser: tseslint.parser },
		rules: {
			'no-restricted-syntax': [
				'error',
				{
					selector: 'MemberExpression[property.name=/^httpRequest|^requestWith/]',
					message: 'Only transport/ and auth/ know HTTP: use callApi or request.',
				},
				{
					selector:
						':matches(MemberExpression[property.name=/^authorization$/i], Property[key.name=/^authorization$/i])',
					message: 'Only auth/ signs requests.',
				},
			],
		},
	},
	{
		files: ['nodes/**/*.ts', 'credentials/**/*.ts', 'test/**/*.mts', 'scripts/**/*.mts'],
		plugins: { jsdoc, '@typescript-eslint': tseslint.plugin },
		languageOptions: {
			parser: tseslint.parser,
			parserOptions: {
				project: ['tsconfig.json', 'test/tsconfig.json'],
				tsconfigRootDir: import.meta.dirname,
			},
		},
		rules: {
			'@typescript-eslint/no-explicit-any': 'error',
			'@typescript-eslint/no-floating-promises': 'error',
			'@typescript-eslint/no-misused-promises': 'error',
			'jsdoc/require-jsdoc': [
				'error',
				{ publicOnly: true, require: { FunctionDeclaration: true, ClassDeclaration: false } },
			],
			'jsdoc/check-param-names': [
				'error',
				{ checkDestructured: false, disableMissingParamChecks: true },
			],
		},
	},
);
