/** Which folder may import which: read from the import lines, so that the house stays as CONTRIBUTING.md draws it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');

/** Adapters: the only folders that touch AWS, Docker, the disk, the runner. They know `core/` and the network, and else each other not. */
const ADAPTERS = ['aws', 'docker', 'files', 'github'];

/** Folder → what it may import beside itself. A concept comes after all that it builds on, so there is no circle. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  core: [],
  network: ['core'],
  aws: ['core', 'network'],
  docker: ['core', 'network'],
  files: ['core'],
  github: ['core', 'network'],
  local: ['core', 'network'],
  'step.ts': ['core', 'aws', 'network'],
  code: ['core', 'step.ts', 'aws', 'files', 'github'],
  image: ['core', 'step.ts', ...ADAPTERS],
  metrics: ['core', 'github'],
  failure: ['core', 'files'],
  follow: ['core', 'step.ts', 'aws', 'files', 'github', 'metrics', 'failure'],
  results: ['core', 'step.ts', 'aws', 'files', 'github'],
  history: ['core', 'step.ts', 'aws', 'code'],
  data: ['core', 'step.ts', 'aws', 'files', 'github', 'history', 'results'],
  money: ['core', 'step.ts', 'aws'],
  job: [
    'core',
    'step.ts',
    'aws',
    'github',
    'code',
    'data',
    'follow',
    'history',
    'image',
    'metrics',
    'money',
    'results',
  ],
  report: [
    'core',
    'step.ts',
    'aws',
    'files',
    'github',
    'follow',
    'history',
    'job',
    'metrics',
    'failure',
    'money',
    'results',
  ],
  plan: ['core', 'step.ts', 'aws', 'docker', 'github', 'data', 'history', 'image', 'job', 'money'],
  config: ['core', 'files', 'code', 'data', 'follow', 'history', 'image', 'job', 'metrics', 'report', 'results'],
};
const CONCEPTS = [
  'code',
  'image',
  'metrics',
  'failure',
  'follow',
  'results',
  'history',
  'data',
  'money',
  'job',
  'report',
  'plan',
  'config',
];

/** Files that do something. The others know something: they are pure, and import only such as are. */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  code: ['explain', 'list', 'upload'],
  image: ['build-and-push', 'ensure', 'named-image', 'plan', 'plan-build', 'read-build'],
  metrics: ['metric-reader'],
  failure: ['locate'],
  follow: ['follow', 'job-log', 'kept-log', 'log-sources', 'outage', 'poll', 'printed-log', 'read-log', 'set-up-group'],
  results: ['changed-names', 'download', 'fetch-archive', 'fetch-files', 'upload-artifacts'],
  history: ['describe-tasks', 'find', 'jobs', 'marks', 'records'],
  data: ['list', 'locate', 'send', 'sync'],
  money: ['find-price'],
  job: ['check-cost', 'check-quotas', 'launch', 'make-way', 'next-attempt', 'reuse-or-start', 'stop', 'when-busy'],
  report: ['leave', 'metrics-output', 'outputs', 'report', 'show-errors', 'statuses', 'tell-github'],
  plan: ['checks', 'cost', 'plan-run', 'report'],
  config: ['check'],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
const imports: readonly Import[] = files.flatMap((from) => {
  const text = readFileSync(join(SRC, from), 'utf8');
  const targets = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+\.ts)'/g)].map(([, path = '']) => path);
  return targets.map((path) => ({ from, to: relative(SRC, join(SRC, dirname(from), path)) }));
});
/** `core/errors.ts` → `core`; a file at the root is its own folder. */
const folderOf = (path: string): string => path.split('/')[0] ?? '';
const isVerb = (path: string): boolean => {
  const [folder = '', name = ''] = path.split('/');
  return VERBS[folder]?.includes(name.replace(/\.ts$/, '')) ?? false;
};
const shown = ({ from, to }: Import): string => `${from} → ${to}`;

describe('the layers', () => {
  it('are known: each folder has a row', () => {
    const folders = new Set(files.filter((path) => path.includes('/')).map(folderOf));
    expect([...folders].sort()).toEqual(
      Object.keys(MAY)
        .filter((name) => !name.endsWith('.ts'))
        .sort(),
    );
  });

  it('import what they may, and nothing above them', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [own, other] = [folderOf(from), folderOf(to)];
      return own !== other && MAY[own] !== undefined && !MAY[own].includes(other);
    });
    expect(wrong.map(shown)).toEqual([]);
  });

  it('allow no circle', () => {
    const reaches = (from: string, seen: ReadonlySet<string>): boolean =>
      (MAY[from] ?? []).some((next) => seen.has(next) || reaches(next, new Set([...seen, next])));
    expect(Object.keys(MAY).filter((name) => reaches(name, new Set([name])))).toEqual([]);
  });

  it('keep what knows apart from what does', () => {
    const pure = (path: string): boolean =>
      folderOf(path) === 'core' || (CONCEPTS.includes(folderOf(path)) && !isVerb(path));
    const wrong = imports.filter(({ from, to }) => CONCEPTS.includes(folderOf(from)) && !isVerb(from) && !pure(to));
    expect(wrong.map(shown)).toEqual([]);
  });

  it('name each file that does something, and none that is gone', () => {
    const named = Object.entries(VERBS).flatMap(([folder, names]) => names.map((name) => `${folder}/${name}.ts`));
    expect(named.filter((path) => !files.includes(path))).toEqual([]);
  });

  it('have in core/ only what several folders use', () => {
    const users = (path: string): number =>
      new Set(imports.filter(({ to }) => to === path).map(({ from }) => folderOf(from))).size;
    const rare = files.filter((path) => folderOf(path) === 'core' && users(path) < 2);
    expect(rare).toEqual([]);
  });
});
