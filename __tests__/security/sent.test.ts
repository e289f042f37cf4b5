/** What must never be sent: private files in code, data, dependencies and a Docker context, under any name and by any way. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkFiles } from '../../src/config/check.ts';
import { claimOutput } from '../../src/files/output-folder.ts';
import { ContextPatterns } from '../../src/image/dockerignore.ts';
import { StandIn } from '../action/stand-in.ts';
import { type Given, specOf } from '../given.ts';
import { Tally } from './tally.ts';

const tally = new Tally('What must never be sent');
const root = mkdtempSync(join(tmpdir(), 'sent-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** No real key: what makes a file one is its first line. */
const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n';
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const WIDE = Buffer.from(`\ufeff${KEY}`, 'utf16le');

type Files = Readonly<Record<string, string | Uint8Array>>;

function workspace(files: Files): string {
  const folder = mkdtempSync(join(root, 'workspace-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** Each way on which a folder leaves the runner: code, a dependency, data, and the context of an image. */
const WAYS: readonly (readonly [string, Given])[] = [
  ['source-dir', { 'source-dir': 'in', entrypoint: 'w.py' }],
  ['dependencies', { dependencies: 'in' }],
  ['inputs', { inputs: 'd=./in' }],
  ['dockerfile', { dockerfile: 'in' }],
];
const OWN = { 'w.py': '', 'in/w.py': '', 'in/Dockerfile': 'FROM x\nCOPY . /\n' };

interface Sent {
  /** Paths below the folder `in`, or whatever else was named. */
  readonly paths: readonly string[];
  readonly mistakes: readonly string[];
  readonly notice: string;
}

async function sent(folder: string, given: Given): Promise<Sent> {
  const { files, mistakes } = await checkFiles(specOf(given), folder);
  const { code, channels, build } = files;
  const all = [...code, ...channels.flatMap((channel) => channel.files ?? []), ...(build?.files ?? [])];
  return {
    paths: all.map(({ path }) => path),
    mistakes: mistakes.map(({ problem }) => problem),
    notice: files.leftOut?.notice() ?? '',
  };
}

/** Whether a text of that file is among what is sent, by whatever name. */
async function leaks(files: Files, secret: string, links: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const folder = workspace({ ...OWN, ...files });
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(target, join(folder, path));
  }
  const text = readFileSync(join(folder, secret));
  for (const [, given] of WAYS) {
    const { files: found } = await checkFiles(specOf(given), folder);
    const all = [
      ...found.code,
      ...found.channels.flatMap((channel) => channel.files ?? []),
      ...(found.build?.files ?? []),
    ];
    if (all.some(({ absolute }) => readFileSync(absolute).equals(text))) return true;
  }
  return false;
}

const PRIVATE = [
  ...['.env', '.env.prod', '.env.local', '.netrc', '.npmrc', '.pypirc', '.aws/credentials', '.aws/sso/cache/x.json'],
  ...['.ssh/known_hosts', '.ssh/keys/mine', '.docker/config.json', '.terraform/terraform.tfstate', '.env/bin/python'],
  ...['id_rsa', 'id_dsa', 'id_ecdsa', 'id_ed25519', 'id_ed25519_sk', 'gha-creds-0123456789abcdef.json'],
];
const GIT = ['.git/config', '.git/objects/ab/cd', '.git', '.git/HEAD'];
const inCases = (path: string): string[] => [
  path,
  path.toUpperCase(),
  path.replace(/[a-z]/, (first) => first.toUpperCase()),
];
const atDepths = (path: string): string[] => [`in/${path}`, `in/deep/er/${path}`];

describe('a file that may contain credentials', () => {
  const paths = PRIVATE.flatMap(inCases).flatMap(atDepths);
  tally.attack('a private file by its name, in each case and depth', paths, (path) =>
    leaks({ [path]: 'secret' }, path),
  );

  const keys: Readonly<Record<string, string | Uint8Array>> = {
    ...{ 'key.pem': KEY, 'KEY.PEM': KEY, id_work: KEY, 'id_rsa.bak': KEY, ID_deploy: KEY, 'id_deploy.txt': KEY },
    ...{ 'chain.pem': CERTIFICATE.repeat(2000) + KEY, 'bag.pem': `Bag Attributes\n    friendlyName: x\n${KEY}` },
    ...{ 'wide.pem': WIDE, 'pkcs8.pem': '-----BEGIN PRIVATE KEY-----\nA' },
    ...{ 'locked.pem': '-----BEGIN ENCRYPTED PRIVATE KEY-----\nA' },
  };
  tally.attack('a private key by its content', Object.keys(keys), (name) =>
    leaks({ [`in/${name}`]: keys[name] ?? '' }, `in/${name}`),
  );

  tally.attack('.git by its name, in each case and depth', GIT.flatMap(inCases).flatMap(atDepths), (path) =>
    leaks({ [path]: 'secret', 'in/.sagemakerignore': '!.git\n!.GIT\n!.git/**\n!**/.git/config\n' }, path),
  );

  const links: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    ['in/.env', 'secret', { 'in/settings.txt': '.env' }],
    ['in/.aws/credentials', 'secret', { 'in/cloud': '.aws' }],
    ['in/.aws/credentials', 'secret', { 'in/a.txt': '.aws/credentials' }],
    ['in/.docker/config.json', 'secret', { 'in/docker': '.docker' }],
    ['in/.git/config', 'secret', { 'in/git': '.git' }],
    ['in/.git/config', 'secret', { 'in/a/b.txt': '../.git/config' }],
    ['in/sub/.git/config', 'secret', { 'in/a': 'sub', 'in/b': 'a/.git/config' }],
    ['in/id_work', KEY, { 'in/a.txt': 'id_work' }],
    ['in/out/model/w', 'result', { 'in/m': 'out/model', 'in/w': 'out/model/w' }],
    ['in/out/model/w', 'result', { 'in/o': 'out' }],
  ];
  tally.attack('a link by another name', links, ([secret, text, made]) =>
    leaks({ 'in/out/.simple-sagemaker-output': '', [secret]: text }, secret, made),
  );

  const ignoring = [
    '!src/**',
    '*\n!w.py\n!src\n!src/**',
    '!*',
    '!**',
    '!.*',
    '!src/',
    '!*.json',
    '!*.pem',
    '!.env.example',
  ];
  tally.attack('a line that was written for something else', ignoring, async (text) => {
    const ignore = { 'in/.sagemakerignore': text, 'in/.dockerignore': text };
    const files = {
      'in/src/.env': 'a',
      'in/src/.docker/config.json': 'b',
      'in/src/gha-creds-1.json': 'c',
      'in/src/k.pem': KEY,
    };
    const found = await Promise.all(Object.keys(files).map((path) => leaks({ ...files, ...ignore }, path)));
    return found.includes(true);
  });

  tally.attack(
    'a private file that an input names itself',
    [
      ...PRIVATE.flatMap((path): Given[] => [{ inputs: `d=./${path}` }, { dependencies: path }]),
      ...['.aws', '.ssh', '.terraform', '.aws/sso'].map((path): Given => ({ inputs: `d=./${path}` })),
      ...['.git', '.git/config', '.git/objects'].flatMap((path): Given[] => [
        { inputs: `d=./${path}` },
        { dependencies: path },
        { entrypoint: '', run: 'x', 'source-dir': path },
        { dockerfile: 'FROM x\nCOPY . /', 'docker-context': path },
      ]),
      { dockerfile: 'FROM x\nCOPY . /', 'docker-context': '.aws' },
      { inputs: 'd=./link' },
      { inputs: 'd=./gitlink/config' },
    ],
    async (given) => {
      const files = Object.fromEntries(PRIVATE.filter((path) => path !== '.env').map((path) => [path, 'secret']));
      const isFile = given.inputs === 'd=./.env' || given.dependencies === '.env';
      const { '.env/bin/python': venv, ...others } = files;
      const folder = workspace({
        ...(isFile ? { ...others, '.env': 'secret' } : { ...others, '.env/bin/python': venv ?? '' }),
        ...{ 'w.py': '', '.git/config': 'secret', '.git/objects/a': 'secret' },
      });
      symlinkSync('.env', join(folder, 'link'));
      symlinkSync('.git', join(folder, 'gitlink'));
      const { paths, mistakes } = await sent(folder, given);
      return mistakes.length === 0 || paths.some((path) => path !== 'w.py');
    },
  );
});

describe('results of the action', () => {
  const places: readonly (readonly [string, Given])[] = [
    ['sagemaker-output/train', {}],
    ['sagemaker-output/other', {}],
    ['in/results', {}],
    ['mine', { 'output-path': 'mine' }],
  ];
  tally.attack('results beside what is sent', places, async ([place, given]) => {
    const folder = workspace({
      ...OWN,
      Dockerfile: 'FROM x\nCOPY . /',
      [`${place}/model/w`]: 'r',
      [`${place}/logs/logs0`]: 'r',
    });
    await claimOutput(join(folder, place), folder);
    const ways: Given[] = [
      { inputs: 'd=.' },
      { entrypoint: 'w.py', 'source-dir': '.' },
      { dockerfile: '.' },
      ...WAYS.map(([, way]) => way),
    ];
    const found = await Promise.all(ways.map((way) => sent(folder, { ...way, ...given })));
    return found.some(({ paths }) => paths.some((path) => /model|logs/.test(path)));
  });

  tally.attack('the step’s own results, named', ['sagemaker-output/train/model', 'mine/logs', 'link'], async (path) => {
    const folder = workspace({ 'w.py': '', 'sagemaker-output/train/model/w': 'r', 'mine/logs/logs0': 'r' });
    symlinkSync('sagemaker-output/train/model', join(folder, 'link'));
    const output: Given = path.startsWith('mine') ? { 'output-path': 'mine' } : {};
    const { mistakes } = await sent(folder, { inputs: `d=./${path}`, ...output });
    return mistakes.length === 0;
  });

  it('of another step are fed to a job by their name', async () => {
    const folder = workspace({ 'w.py': '', 'sagemaker-output/prepare/model/w': 'r' });
    await claimOutput(join(folder, 'sagemaker-output/prepare'), folder);
    const { paths, mistakes } = await sent(folder, {
      inputs: 'd=./sagemaker-output/prepare\ne=./sagemaker-output/prepare/model',
    });
    expect(mistakes).toEqual([]);
    expect(paths).toEqual(['w.py', '.simple-sagemaker-output', 'model/w', 'w']);
  });
});

describe('what is not private', () => {
  const PLAIN = {
    ...{ 'in/.env.example': 'a', 'in/id_mapping.csv': 'b', 'in/id_rsa.pub': 'ssh-rsa AAAA', 'in/ca.pem': CERTIFICATE },
    ...{
      'in/config.json': 'c',
      'in/.github/x': 'd',
      'in/.gitignored': 'e',
      'in/.envrc': 'f',
      'in/aws/credentials': 'g',
    },
    ...{
      'in/.gitx/config': 'h',
      'in/environment': 'i',
      'in/id_': 'j',
      'in/.dockerconfig.json': 'k',
      'in/x.pem.txt': KEY,
    },
  };
  it.each(WAYS)('is sent as ever: %s', async (_, given) => {
    const { paths, mistakes, notice } = await sent(workspace({ ...OWN, ...PLAIN }), given);
    const own = given.dependencies === undefined ? (path: string) => path.slice('in/'.length) : (path: string) => path;
    expect(mistakes).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(Object.keys(PLAIN).map(own)));
    expect(notice).toBe('');
  });

  const SECRETS = {
    'in/.env': 'a',
    'in/sub/.env.prod': 'b',
    'in/.aws/config': 'c',
    'in/.aws/credentials': 'd',
    'in/k.pem': KEY,
  };
  it.each(WAYS)('is what an ignore file brings back, just that: %s', async (_, given) => {
    const back = '# Read by the worker.\n!.env\n!sub/.env.*\n  \n!.aws/config\n!/k.pem\n';
    const ignore = { 'in/.sagemakerignore': back, 'in/.dockerignore': back };
    const { paths, mistakes, notice } = await sent(workspace({ ...OWN, ...SECRETS, ...ignore }), given);
    const names = paths.map((path) => path.replace(/^in\//, ''));
    expect(mistakes).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['.env', 'sub/.env.prod', '.aws/config', 'k.pem']));
    expect(names).not.toContain('.aws/credentials');
    expect(notice).toContain('in/.aws/credentials');
  });

  it('may be brought back from the workspace’s own ignore file, which leaves out nothing of the data', async () => {
    const files = { 'w.py': '', 'data/a.csv': '', 'data/.env': '', '.sagemakerignore': 'data/\n*.csv\n!data/.env\n' };
    const { paths, notice } = await sent(workspace(files), { inputs: 'd=./data' });
    expect([paths, notice]).toEqual([['w.py', '.env', 'a.csv'], '']);
    expect((await sent(workspace(files), { inputs: 'd=./data/.env' })).paths).toEqual(['w.py', '.env']);
  });
});

describe('what is said', () => {
  it('is one notice with the names and the way back, and a line of what .gitignore leaves out', async () => {
    const folder = workspace({
      ...{
        '.gitignore': 'node_modules/\n*.log\n.env.local\n',
        'w.py': '',
        'a.log': '',
        'b/c.log': '',
        'node_modules/x': '',
      },
      ...{
        '.env': '',
        '.env.local': '',
        '.aws/credentials': '',
        '.git/config': '',
        id_rsa: '',
        'data/.NPMRC': '',
        'data/a': '',
      },
    });
    const { files } = await checkFiles(specOf({ 'source-dir': '.', entrypoint: 'w.py', inputs: 'd=./data' }), folder);
    expect(files.leftOut.notice()).toBe(
      'Not sent, because they may contain credentials: .aws/, .env, data/.NPMRC, id_rsa. If the job needs one of them, add ' +
        'a line such as "!.aws/" to .sagemakerignore. If an image needs one, add the line to .dockerignore.',
    );
    expect(files.leftOut.lines()).toEqual([
      '.gitignore excludes 1 folder and 3 files from the code: .env.local, a.log, b/c.log, node_modules/',
    ]);
  });

  it.each<[string, Given, RegExp]>([
    ['an input', { inputs: 'd=./.env' }, /^\.env is not sent, because \.env may contain credentials$/],
    ['a folder', { dependencies: 'conf' }, /^conf is not sent, because conf\/\.npmrc may contain credentials$/],
    ['an entrypoint', { 'source-dir': '.', entrypoint: '.env.sh' }, /may contain credentials$/],
    [
      'COPY',
      { dockerfile: 'FROM x\nCOPY .npmrc /', 'docker-context': 'conf' },
      /the Dockerfile copies \.npmrc, which is not/,
    ],
    [
      'RUN',
      { dockerfile: 'FROM x\nRUN --mount=source=.git,target=/g x', 'docker-context': '.' },
      /copies \.git, which is never/,
    ],
  ])('is a mistake before anything is made: %s', async (_, given, problem) => {
    const folder = workspace({ 'w.py': '', '.env': '', '.env.sh': '', 'conf/.npmrc': '', '.git/config': '' });
    expect((await sent(folder, given)).mistakes).toEqual([expect.stringMatching(problem)]);
  });
});

describe('the ignore file that Docker gets', () => {
  it('leaves out what is not hashed, by exactly its path', async () => {
    const odd = [
      'in/a*b/.env',
      'in/[x]/.npmrc',
      'in/!y/.netrc',
      'in/#z/.env',
      'in/a b /.env',
      'in/ü/.git/config',
      'in/back\\slash/.env',
    ];
    const near = odd.map((path) => path.replace(/\.(env|npmrc|netrc|git)/, 'plain'));
    const files = Object.fromEntries([...odd, ...near].map((path) => [path, 'x']));
    const folder = workspace({ ...OWN, ...files });
    const { build } = (await checkFiles(specOf({ dockerfile: 'in' }), folder)).files;
    const patterns = new ContextPatterns(build?.ignore.text ?? '');
    const below = (path: string): string => path.slice('in/'.length);
    expect(odd.filter((path) => !patterns.match(below(path)))).toEqual([]);
    expect(near.filter((path) => patterns.match(below(path)))).toEqual([]);
    expect(build?.files.map(({ path }) => path)).toEqual(expect.arrayContaining(near.map(below)));
  });
});

describe('the bundle', () => {
  let aws: StandIn;
  beforeAll(async () => {
    aws = await StandIn.start(['--time-scale', '0.05']);
  });
  afterAll(() => aws.stop());

  it('sends none of it, says so once, and skips what has not changed although results lie in its input', async () => {
    const secrets = [
      '.git/config',
      '.GIT/config',
      '.env',
      '.aws/credentials',
      '.netrc',
      '.npmrc',
      'id_rsa',
      'gha-creds-1.json',
    ];
    const folder = aws.workspace({
      ...Object.fromEntries(secrets.map((path) => [path, `SECRET of ${path}`])),
      ...{ 'w.py': 'print("ran")', 'a.csv': '1' },
    });
    const inputs = { task: 'sent', 'source-dir': '.', entrypoint: 'w.py', inputs: 'x=.' };
    const first = await aws.run(folder, inputs);
    expect(first.code, first.stdout).toBe(0);
    expect(await aws.keys('project/sent/input/')).toEqual(
      ['a.csv', 'w.py'].map((name) => `project/sent/input/x/${name}`),
    );
    expect(first.stdout.match(/^::notice::Not sent, because they may contain credentials: .*\.npmrc/gm)).toHaveLength(
      1,
    );
    expect(holds(join(aws.folder, 'data'), 'SECRET of')).toEqual([]);
    const second = await aws.run(folder, inputs);
    expect(second.outputs['skipped'], second.stdout).toBe('true');
  });
});

/** The files below a folder that hold the text, as they are: archives are looked into by the test of the list. */
function holds(folder: string, text: string): string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return found.map((entry) => join(entry.parentPath, entry.name)).filter((path) => readFileSync(path).includes(text));
}
