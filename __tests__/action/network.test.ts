/**
 * Runs on a network whose only way out is a proxy (proxy-chain, https://www.npmjs.com/package/proxy-chain). With root the
 * step has no other way; without, the proxy's own record shows that each request went by it.
 */
import { execFile, execFileSync } from 'node:child_process';
import type { lookup } from 'node:dns';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Server as ProxyServer } from 'proxy-chain';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startStep } from '../../scripts/step.mjs';
import { ArtifactServer } from '../workflows/artifact-server.ts';
import { type Cell, makeCell } from './only-way-out.ts';
import { MAIN, makeRoles, runOf } from './setup.ts';
import { StandIn, type StepResult } from './stand-in.ts';

const PASSWORD = 'p@ss:word-1';
const DIGEST = `sha256:${'d'.repeat(64)}`;
const root = join(import.meta.dirname, '..', '..');

let aws: StandIn;
let cell: Cell | undefined;
let artifacts: ArtifactServer;
/** GitHub's OIDC tokens and a registry, as *.corp.test, with a certificate of its own authority. */
let services: Server;
let certificate: string;
let proxy: ProxyServer;
/** The hosts that the proxy was asked for. */
let asked: string[] = [];
let workspace: string;

beforeAll(async () => {
  aws = await StandIn.start(['--tls', '--time-scale', '0.01']);
  workspace = aws.workspace({ 'data/a.txt': 'a' });
  cell = makeCell(aws.folder);
  artifacts = await ArtifactServer.start();
  services = await startServices();
  proxy = new ProxyServer({
    port: 0,
    host: cell?.address ?? '127.0.0.1',
    prepareRequestFunction: ({ hostname, username, password }) => {
      if (username !== 'runner' || password !== PASSWORD) return { requestAuthentication: true };
      asked.push(hostname);
      return hostname.endsWith('.amazonaws.com') ? { upstreamProxyUrl: aws.tls.proxy } : { dnsLookup: toThisMachine };
    },
  });
  await proxy.listen();
});
afterAll(async () => {
  await proxy?.close(true);
  services?.close();
  await artifacts?.stop();
  cell?.remove();
  await aws.stop();
});
beforeEach(() => {
  asked = [];
});

type Found = (error: null, found: string | readonly object[], family?: number) => void;
const toThisMachine = ((_: string, { all }: { all?: boolean }, found: Found) =>
  all === true ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4)) as typeof lookup;

async function startServices(): Promise<Server> {
  certificate = join(aws.folder, 'corp.pem');
  const key = join(aws.folder, 'corp-key.pem');
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=corp', '-addext', 'subjectAltName=DNS:*.corp.test'];
  execFileSync('openssl', [...kind, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url } = await runOf(aws, MAIN);
  const server = createServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    async (request, response) => {
      if (request.url?.startsWith('/v2/') === true) {
        return void response.writeHead(200, { 'docker-content-digest': DIGEST }).end();
      }
      const headers = { authorization: request.headers.authorization ?? '' };
      const answer = await fetch(`${url}&audience=sts.amazonaws.com`, { headers });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const way = (userinfo = `runner:${encodeURIComponent(PASSWORD)}@`): string =>
  `http://${userinfo}${proxy.host}:${proxy.port}`;

/** A step inside, which is given no endpoint. */
function inside(inputs: Record<string, string>, env: Record<string, string>): Promise<StepResult> {
  const { AWS_ENDPOINT_URL: _, ...others } = aws.environment(workspace);
  return startStep({
    ...(cell && { node: cell.node }),
    bundle: join(root, 'dist', 'index.js'),
    folder: join(aws.folder, 'steps'),
    inputs,
    env: { ...others, AWS_EC2_METADATA_DISABLED: 'true', ...env },
  }).done as Promise<StepResult>;
}

const TASK = { run: 'cat $SM_CHANNEL_DATA/a.txt > $SM_MODEL_DIR/w', inputs: 'data=./data' };

describe('where a proxy is the only way out', () => {
  it('nothing else is reached', async ({ skip }) => {
    if (cell === undefined) return skip('needs root and the command ip; the other tests go by the proxy’s own record');
    const ask = `fetch('${aws.url}').then(() => console.log('reached'), () => console.log('not reached'))`;
    expect((await promisify(execFile)(cell.node, ['-e', ask])).stdout.trim()).toBe('not reached');
  });

  it.each([
    ['ALL_PROXY', ['all_proxy'], {}],
    [
      'HTTPS_PROXY and HTTP_PROXY, which Node uses itself, too',
      ['https_proxy', 'HTTP_PROXY'],
      { NODE_USE_ENV_PROXY: '1' },
    ],
  ])('a whole run goes by it: %s', async (_, names, env) => {
    const { roles } = await makeRoles(aws, {}, `setup-${names.length}`);
    const { ACTIONS_ID_TOKEN_REQUEST_TOKEN } = await runOf(aws, MAIN);
    const service = new URL(artifacts.environment['ACTIONS_RESULTS_URL'] ?? '');
    const task = `train-${names.length}`;
    const result = await inside(
      { ...TASK, task, 'role-to-assume': roles.DefaultBranchRole.arn },
      {
        ...{ ...Object.fromEntries(names.map((name) => [name, way()])), NO_PROXY: 'other.test,10.0.0.0/8', ...env },
        ...{ AWS_CA_BUNDLE: aws.tls.bundle, NODE_EXTRA_CA_CERTS: certificate },
        ...{ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
        ...{ ...artifacts.environment, ACTIONS_RESULTS_URL: `http://results.corp.test:${service.port}/` },
        ACTIONS_ID_TOKEN_REQUEST_URL: `https://oidc.corp.test:${portOf(services)}/token?a=b`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN,
      },
    );
    expect(result.stdout).not.toMatch(/::(error|warning)/);
    expect(result.outputs['status']).toBe('Completed');
    expect([...artifacts.artifacts.keys()]).toContain(`project-${task}-model`);
    expect(new Set(asked)).toEqual(
      new Set([
        ...['oidc.corp.test', 'results.corp.test', 'sts.us-east-1.amazonaws.com', 'iam.amazonaws.com'],
        ...[`${aws.bucket}.s3.us-east-1.amazonaws.com`, 'api.sagemaker.us-east-1.amazonaws.com'],
        ...['logs.us-east-1.amazonaws.com', 'api.ecr.us-east-1.amazonaws.com'],
        ...['servicequotas.us-east-1.amazonaws.com', 'api.pricing.us-east-1.amazonaws.com'],
      ]),
    );
    const leaks = result.stdout.split('\n').filter((line) => line.includes(PASSWORD));
    expect(leaks).toEqual([`::add-mask::${PASSWORD}`]);
  });

  it('a registry is asked for a digest by it', async () => {
    const file = (path: string): string => JSON.stringify(join(root, 'src', path));
    const image = `registry.corp.test:${portOf(services)}/group/name:1`;
    const code = `
      import { registryDigest } from ${file('docker/registry-api.ts')};
      import { Network } from ${file('network/network.ts')};
      console.log(await registryDigest(new Network(process.env), '${image}', AbortSignal.timeout(20000)));`;
    const flags = ['--no-warnings', '--experimental-strip-types', '--input-type=module', '-e', code];
    const env = { PATH: process.env['PATH'], HTTPS_PROXY: way(), AWS_CA_BUNDLE: certificate };
    // The proxy runs in this process, which must not wait.
    const { stdout } = await promisify(execFile)(cell?.node ?? process.execPath, flags, { env, cwd: root });
    expect([stdout.trim(), asked]).toEqual([DIGEST, ['registry.corp.test']]);
  });

  it('a failure is told as what it is', async () => {
    const trusted = { AWS_CA_BUNDLE: aws.tls.bundle };
    const rows: readonly [Record<string, string>, RegExp][] = [
      [{ ...trusted }, /The host sts.us-east-1.amazonaws.com cannot be (found|looked up).*HTTPS_PROXY/],
      [
        { ...trusted, HTTPS_PROXY: way(), no_proxy: '.amazonaws.com' },
        /The host sts.us-east-1.amazonaws.com cannot be/,
      ],
      [{ ...trusted, HTTPS_PROXY: way('') }, /The proxy \S+ \(HTTPS_PROXY\) requires a user name/],
      [{ ...trusted, HTTPS_PROXY: way('runner:other-word@') }, /does not accept the user name and the password/],
      [{ ...trusted, HTTPS_PROXY: 'http://127.0.0.1:9' }, /The proxy 127.0.0.1:9 .*refuses the connection/],
      [{ HTTPS_PROXY: way() }, /The certificate of sts.us-east-1.amazonaws.com is from an authority.*AWS_CA_BUNDLE/],
      [{ AWS_CA_BUNDLE: '/no/such.pem' }, /AWS_CA_BUNDLE names the file \/no\/such.pem, which cannot be read/],
      [{ AWS_CA_BUNDLE: join(workspace, 'data', 'a.txt') }, /AWS_CA_BUNDLE .* no certificate in PEM format/],
      [{ HTTPS_PROXY: 'socks5://proxy.corp.test:1080' }, /HTTPS_PROXY names a proxy of the kind socks5:/],
      [{ ...trusted, HTTPS_PROXY: way(), AWS_ACCESS_KEY_ID: '' }, /There are no credentials for AWS/],
      [
        { ...trusted, AWS_ENDPOINT_URL: aws.url, AWS_USE_FIPS_ENDPOINT: 'true' },
        /AWS STS cannot be asked.*FIPS.*AWS_USE_FIPS_ENDPOINT/,
      ],
    ];
    const told = await Promise.all(
      rows.map(async ([env, expected]) => {
        const { stdout, code } = await inside({ ...TASK, task: 'fails' }, env);
        return {
          expected,
          code,
          error: stdout
            .split('\n')
            .filter((line) => line.startsWith('::error'))
            .join(),
        };
      }),
    );
    for (const { expected, code, error } of told) {
      expect(error).toMatch(expected);
      expect(error).not.toMatch(/does not accept the credentials|word-1/);
      expect(code).toBe(1);
    }
  });
});
