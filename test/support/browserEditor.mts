import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import { startSimulator, type Simulator } from '../simulator/index.mts';
import { launchChromium } from './browserChromium.mts';
import { reducePalette } from './browserImage.mts';
import { N8nApi, type StoredCredential } from './n8nApi.mts';
import type { N8nInstallation } from './n8nInstallation.mts';
import type { Login } from './n8nRest.mts';
import { pollUntil } from './poll.mts';

/** Runs in the page: whether nothing moves but what always does. */
const ENDLESS_ONLY = `document.getAnimations().every(
	({ effect, playState }) => playState !== 'running' || effect.getComputedTiming().iterations === Infinity,
)`;

/** Runs in the page. */
const UNFOCUS = `document.activeElement?.matches('input, textarea') && document.activeElement.blur()`;

const images = new URL('../../docs/images/', import.meta.url);

/** Long, for a machine that has much else to do. */
const WAIT_MS = 60_000;

/** As most people have it. */
const viewport = { width: 1400, height: 900 };

/** What serves all editors of a test run. */
export interface EditorParts {
	installation: N8nInstallation;
	/** Where an n8n with the package runs. */
	url: string;
	login: Login;
	/** The browser's executable. */
	chromium: string;
}

/** What a picture shows, if not the whole window. */
export interface PictureOptions {
	of?: Locator;
	/** Leaves out what is further down. */
	height?: number;
}

/** An n8n that somebody else started. */
class RunningN8n extends N8nApi {
	readonly url: string;

	constructor({ installation, url }: EditorParts) {
		super(installation);
		this.url = url;
	}

	async join(login: Login): Promise<void> {
		await this.signIn(login);
	}
}

/** n8n's editor in a browser, signed in, with the package installed and a simulator beside it. */
export class Editor {
	simulator!: Simulator;
	n8n!: N8nApi;
	page!: Page;
	#browser: Browser | undefined;

	async start(parts: EditorParts): Promise<void> {
		this.simulator = await startSimulator();
		const n8n = new RunningN8n(parts);
		this.n8n = n8n;
		await n8n.join(parts.login);
		await this.#removeCredentials();
		this.#browser = await launchChromium(parts.chromium);
		const context = await this.#browser.newContext({
			locale: 'en-US',
			timezoneId: 'UTC',
			viewport,
			colorScheme: 'light',
			reducedMotion: 'reduce',
		});
		this.page = await context.newPage();
		this.page.setDefaultTimeout(WAIT_MS);
		await this.#signIn(parts.login);
	}

	async stop(): Promise<void> {
		await this.#browser?.close();
		// Undefined when the start failed before.
		await (this.simulator as Simulator | undefined)?.close();
	}

	/** A credential that the simulator accepts. */
	async createCredential(name = 'Alimail'): Promise<StoredCredential> {
		const { url, clientId, clientSecret } = this.simulator;
		const fields = { region: 'custom', baseUrl: url, clientId, clientSecret };
		return await this.n8n.createCredential('alimailApi', fields, name);
	}

	/** What n8n's editor marks with this name, as far as it can be seen. */
	at(testId: string): Locator {
		return this.page.locator(`[data-test-id="${testId}"]:visible`);
	}

	/** Loads the start page anew, whatever is open. */
	async startAnew(): Promise<void> {
		await this.page.goto(new URL('/home/workflows', this.n8n.url).href);
		await this.at('universal-add').waitFor();
	}

	/** Opens an empty workflow, without loading the editor anew. */
	async newWorkflow(): Promise<void> {
		const leave = this.page.getByRole('button', { name: 'Leave without saving' });
		const empty = this.at('canvas-plus-button');
		// A page that is still being set up may drop the wish.
		await pollUntil(
			async () => {
				await this.#addNew('New workflow');
				const wait = { timeout: 10_000 };
				await leave
					.or(empty)
					.first()
					.waitFor(wait)
					.catch(() => undefined);
				if (await leave.isVisible()) await leave.click();
				return await empty.waitFor(wait).then(
					() => true,
					() => undefined,
				);
			},
			WAIT_MS,
			() => 'The editor opens no empty workflow',
		);
	}

	/** Opens the form of a new credential. */
	async newCredential(): Promise<void> {
		await this.#addNew('New credential');
		const search = this.at('new-credential-type-select').locator('input');
		const type = this.at('new-credential-type-select-option').filter({ hasText: 'Alimail API' });
		const proceed = this.at('new-credential-type-button');
		// While the window opens, n8n opens the list or closes it again; closed, it takes no text.
		const brief = { timeout: 5000 };
		const choose = async () => {
			if (!(await search.isEditable(brief))) await search.click(brief);
			await search.fill('alimail', brief);
			await type.click(brief);
		};
		await pollUntil(
			async () => {
				await choose().catch(() => undefined);
				return (await proceed.isEnabled()) || undefined;
			},
			WAIT_MS,
			() => "n8n's list of credential types does not offer Alimail API",
		);
		await proceed.click();
		await this.at('credential-connection-parameter').first().waitFor();
	}

	/** Closes the panel of a node. */
	async closePanel(): Promise<void> {
		await this.at('ndv-close-button').click();
		await this.at('ndv').waitFor({ state: 'hidden' });
	}

	/** The list of nodes, in the state that it is in. */
	get nodeCreator(): Locator {
		return this.at('nodes-list-header').locator('..');
	}

	/** Opens the list of nodes and types into its search; the list then has what n8n finds. */
	async searchNodes(text: string): Promise<Locator> {
		const search = this.at('node-creator-search-bar');
		if (!(await search.isVisible())) await this.at('node-creator-plus-button').first().click();
		await search.fill(text);
		const found = this.at('item-iterator-item');
		await found.first().waitFor();
		return found;
	}

	/** Shows all actions of the node, as the list of nodes offers them. */
	async showActions(): Promise<void> {
		await (await this.searchNodes('alimail')).filter({ hasText: 'Alimail' }).first().click();
		const category = this.at('node-creator-category-item').filter({ hasText: /^Actions/ });
		await category.waitFor();
		const first = this.page.getByText('Send message', { exact: true });
		if (!(await first.isVisible())) await category.click();
		await first.waitFor();
	}

	/** Drops the node into an empty workflow, with one of its actions; its panel is open then. */
	async addAction(action: string): Promise<void> {
		await this.newWorkflow();
		await this.showActions();
		await this.page.getByText(action, { exact: true }).first().click();
		await this.at('ndv').waitFor();
	}

	/** The field of a parameter. */
	parameter(name: string): Locator {
		return this.at(`parameter-input-${name}`);
	}

	/** Types into the field of a parameter. */
	async fill(name: string, value: string): Promise<void> {
		await this.parameter(name).locator('input, textarea').first().fill(value);
	}

	/** Opens a list of options. */
	async openOptions(name: string): Promise<Locator> {
		await this.parameter(name).locator('input').first().click();
		const options = this.page.locator('.el-select-dropdown__item:visible');
		await options.first().waitFor();
		return options;
	}

	/** Chooses an option by the beginning of its text. */
	async choose(name: string, option: string): Promise<void> {
		const options = await this.openOptions(name);
		await options
			.filter({ hasText: new RegExp(`^\\s*${option}`) })
			.first()
			.click();
		await options.first().waitFor({ state: 'hidden' });
	}

	/** Adds an entry to a collection such as *Options*. */
	async addOption(name: string): Promise<void> {
		await this.at('collection-parameter-add').last().click();
		const options = this.page.locator('.el-select-dropdown__item:visible');
		await options.filter({ hasText: name }).first().click();
	}

	/** Opens a resource locator that is in the mode *From List*; its entries are there then. */
	async openList(name: string): Promise<Locator> {
		await this.at(`resource-locator-${name}`).locator('[data-test-id="rlc-input"]').click();
		const entries = this.at('rlc-item');
		await entries.first().waitFor();
		return entries;
	}

	/** Searches in a resource locator that is open. */
	async searchList(text: string): Promise<void> {
		await this.at('rlc-search').locator('input').or(this.at('rlc-search')).last().fill(text);
	}

	/** Chooses an entry of a resource locator by a part of its text. */
	async chooseFromList(name: string, entry: string): Promise<void> {
		const entries = await this.openList(name);
		await entries.filter({ hasText: entry }).first().click();
		await entries.first().waitFor({ state: 'hidden' });
	}

	/** Runs the node whose panel is open. */
	async executeStep(): Promise<void> {
		await this.at('node-execute-button').click();
	}

	/** Where the node whose panel is open shows what came out. */
	get output(): Locator {
		return this.at('output-panel');
	}

	/** Lets everything that fades away be gone, and nothing be hovered or focused. */
	async settle(): Promise<void> {
		await this.page.mouse.move(0, 0);
		await this.page.evaluate(UNFOCUS);
		const notices = this.page.locator('.el-notification');
		for (const close of await notices.locator('.el-notification__closeBtn').all()) {
			await close.click({ timeout: 1000 }).catch(() => undefined);
		}
		await this.page.mouse.move(0, 0);
		await notices.first().waitFor({ state: 'detached' });
		await pollUntil(
			async () => ((await this.page.evaluate(ENDLESS_ONLY)) === true ? true : undefined),
			WAIT_MS,
			() => 'The window does not come to rest',
		);
	}

	/** Writes `docs/images/<name>.png` if it is not there or `UPDATE_IMAGES` is 1. */
	async picture(name: string, { of, height }: PictureOptions = {}): Promise<void> {
		const file = new URL(`${name}.png`, images);
		if (existsSync(file) && process.env.UPDATE_IMAGES !== '1') return;
		await this.settle();
		const box = await of?.boundingBox();
		const png = await this.page.screenshot({
			...(box && { clip: { ...box, height: Math.min(box.height, height ?? Infinity) } }),
			caret: 'hide',
		});
		await mkdir(images, { recursive: true });
		await writeFile(file, reducePalette(png));
	}

	/** A choice of the menu that adds things. */
	async #addNew(choice: string): Promise<void> {
		if (await this.at('ndv').isVisible()) await this.closePanel();
		await this.at('universal-add').click();
		const item = this.page.locator('[role="menuitem"]:visible').filter({ hasText: choice });
		await item.waitFor();
		// The menu takes no click while it unfolds.
		await pollUntil(
			async () => {
				await item.click({ timeout: 1000 }).catch(() => undefined);
				return (await item.isVisible()) ? undefined : true;
			},
			WAIT_MS,
			() => `The menu does not take '${choice}'`,
		);
	}

	/** So that nodes take the one that a test creates. */
	async #removeCredentials(): Promise<void> {
		const credentials = await this.n8n.rest<StoredCredential[]>('GET', '/rest/credentials');
		for (const { id } of credentials) await this.n8n.rest('DELETE', `/rest/credentials/${id}`);
	}

	async #signIn({ email, password }: Login): Promise<void> {
		await this.page.goto(new URL('/signin', this.n8n.url).href);
		await this.page.locator('input[name="emailOrLdapLoginId"]').fill(email);
		await this.page.locator('input[name="password"]').fill(password);
		await this.at('form-submit-button').click();
		await this.at('universal-add').waitFor();
	}
}
