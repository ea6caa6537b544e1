import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Alimail } from '../../nodes/Alimail/Alimail.node.ts';
import { mail } from '../support/mail.mts';
import { NodeRunner } from '../support/nodeRunner.mts';
import { apiRequest, simulated } from '../support/simulated.mts';

const HOST = '127.0.0.1';
const MAILBOX = 'alice@example.com';

let certificate: Awaited<ReturnType<typeof generate>>;
const trusted = getCACertificates('default');

beforeAll(async () => {
	certificate = await generate([{ name: 'commonName', value: HOST }], {
		extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: HOST }] }],
	});
	setDefaultCACertificates([...trusted, certificate.cert]);
});

afterAll(() => setDefaultCACertificates(trusted));

/** Puts an https server before an http one. */
async function encrypted(url: string): Promise<string> {
	const { private: key, cert } = certificate;
	const server = createServer({ key, cert }, (outer) => {
		const inner = connect(Number(new URL(url).port), HOST);
		outer.pipe(inner).pipe(outer);
		for (const socket of [outer, inner]) {
			socket.on('error', () => {});
			socket.on('close', () => (socket === outer ? inner : outer).destroy());
		}
	}).listen(0, HOST);
	await once(server, 'listening');
	onTestFinished(() => void server.close());
	return `https://${HOST}:${(server.address() as AddressInfo).port}`;
}

/** The node and an API that is reached over https, with a message whose file lies at another server. */
async function scene() {
	const { simulator } = await simulated();
	const storage = await simulator.startStorage();
	const message = simulator.state.addMessage(MAILBOX, {
		attachments: [{ name: 'a.txt', content: Buffer.from('the bytes of the file') }],
	});
	const { clientId, clientSecret } = simulator;
	const url = await encrypted(simulator.url);
	const alimail = NodeRunner.forServer(new Alimail(), { url, clientId, clientSecret });
	const download = mail('attachment', 'download', {
		messageId: message.id,
		attachmentId: message.attachments[0]!.id,
	});
	return { simulator, storage, alimail, download };
}

it('file bytes follow a redirect from https to https', async () => {
	const { simulator, storage, alimail, download } = await scene();
	simulator.settings.storageOrigin = await encrypted(storage.url);
	const { error, items } = await alimail.run({ parameters: download });
	expect(error).toBeUndefined();
	expect(items[0]?.binary?.data?.fileName).toBe('a.txt');
	expect(storage.requests).toHaveLength(1);
});

it('file bytes do not follow a redirect from https to http', async () => {
	const { simulator, storage, alimail, download } = await scene();
	simulator.settings.storageOrigin = storage.url;
	const { error } = await alimail.run({ parameters: download });
	expect(`${error?.message} ${error?.description}`).toContain('not encrypted');
	expect(storage.requests).toHaveLength(0);
});

it('neither does any other request', async () => {
	const { simulator, storage, alimail } = await scene();
	simulator.fault({ path: '/v2/old', redirect: `${storage.url}/v2/users` });
	const { error } = await alimail.run({ parameters: apiRequest('GET', '/v2/old') });
	expect(`${error?.message} ${error?.description}`).toContain('not encrypted');
	expect(storage.requests).toHaveLength(0);
});
