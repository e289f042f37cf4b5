/**
 * One workflow in a real runner: `act` (https://github.com/nektos/act) in host mode, without Docker and without a network.
 * It runs in a fresh repository of the files that git would commit, so a forgotten file of dist/ is missed here.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

export const root = join(import.meta.dirname, '..', '..');
const act = process.env['ACT'] || join(root, '.cache', 'venv', 'bin', 'act');
/** The folder of Node 24 as npm installed it, and of nothing else. */
const node = dirname(realpathSync(join(root, 'node_modules', '.bin', 'node')));

export interface Workflow {
  /** Path in the repository. */
  readonly workflow: string;
  /** Further files of the repository, by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly event?: 'push' | 'pull_request' | 'repository_dispatch' | 'schedule';
  readonly payload?: object;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  /** Stubs of other actions: `owner/name@ref` → its folder in `files`. */
  readonly actions?: Readonly<Record<string, string>>;
  /** Folders that come first on PATH. */
  readonly path?: readonly string[];
  readonly onLine?: (message: string, runner: Runner) => void;
}

export interface Command {
  readonly command: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface Ran {
  readonly code: number | null;
  /** Job → success, failure, … A job that the runner skipped is missing. */
  readonly jobs: Readonly<Record<string, string>>;
  /** What the steps printed, masked as a page would show it. */
  readonly log: string;
  readonly summary: string;
  /** Workflow commands that got through. */
  readonly commands: readonly Command[];
  /** Processes that were left when the workflow had ended. */
  readonly orphans: readonly string[];
}

export interface Runner {
  readonly child: ChildProcess;
  /** The step's own process: a child of the runner's. */
  readonly steps: () => number[];
  readonly done: Promise<Ran>;
}

interface Line {
  readonly msg?: string;
  readonly job?: string;
  readonly jobResult?: string;
  readonly command?: string;
  readonly content?: string;
  readonly name?: string;
  readonly arg?: string;
  readonly kvPairs?: Record<string, string>;
}

function git(folder: string, ...words: string[]): void {
  execFileSync('git', ['-C', folder, '-c', 'user.name=test', '-c', 'user.email=test@example.com', ...words], {
    stdio: 'pipe',
  });
}

/** What no workflow reads. The runner copies an action's folder several times for each step, and these are two of three files. */
const UNREAD = ['__tests__/', 'docs/', 'src/'];

let committed: string | undefined;
/** A repository of what git would commit of the working tree: one for all workflows of this process. */
function workingTree(): string {
  if (committed !== undefined) return committed;
  const to = mkdtempSync(join(root, '.cache', 'tests', 'repository-'));
  process.once('exit', () => rmSync(to, { recursive: true, force: true }));
  const listed = execFileSync('git', ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  const isRead = (path: string): boolean => path !== '' && !UNREAD.some((folder) => path.startsWith(folder));
  for (const path of listed.split('\0').filter((name) => isRead(name) && existsSync(join(root, name))))
    cpSync(join(root, path), join(to, path));
  git(to, 'init', '-q', '-b', 'main');
  git(to, 'add', '-A', '-f');
  git(to, 'commit', '-qm', 'snapshot');
  committed = to;
  return to;
}

/** What git would commit of the working tree, and `files`, as a repository of its own. */
function snapshot(to: string, files: Readonly<Record<string, string>>): void {
  // Links to the same files: whoever changes one of them below replaces the link.
  execFileSync('cp', ['-al', `${workingTree()}/.`, to]);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    rmSync(join(to, path), { force: true });
    writeFileSync(join(to, path), text);
  }
  git(to, 'add', '-A', '-f');
  git(to, 'commit', '-q', '--allow-empty', '-m', 'files');
}

export function startWorkflow({
  workflow,
  files = {},
  event = 'push',
  payload = {},
  secrets = {},
  env = {},
  vars = {},
  actions = {},
  path = [],
  onLine,
}: Workflow): Runner {
  // Instances of jobs have a /tmp of their own, so what they need lies elsewhere.
  mkdirSync(join(root, '.cache', 'tests'), { recursive: true });
  const state = mkdtempSync(join(root, '.cache', 'tests', 'act-'));
  const repository = join(state, 'repository');
  for (const name of ['repository', 'home', 'tmp']) mkdirSync(join(state, name));
  snapshot(repository, files);
  writeFileSync(join(state, 'event.json'), JSON.stringify(payload));
  const tracking = `github_${randomUUID()}`;
  const pairs = (flag: string, values: Readonly<Record<string, string>>): string[] =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  const words = [
    ...[event, '-e', join(state, 'event.json'), '-W', workflow, '-P', 'ubuntu-latest=-self-hosted', '--json', '--rm'],
    ...['--action-cache-path', join(state, 'actions'), '--no-cache-server', '--container-daemon-socket', '-'],
    ...[
      '--env-file',
      '/dev/null',
      '--secret-file',
      '/dev/null',
      '--var-file',
      '/dev/null',
      '--input-file',
      '/dev/null',
    ],
    ...pairs('--env', {
      GITHUB_REPOSITORY: 'org/project',
      RUNNER_TRACKING_ID: tracking,
      // An engine of the machine's is none of a workflow's business, unless it is given one.
      DOCKER_HOST: 'unix:///nowhere.sock',
      SAGEMAKER_LOCAL_VENV: process.env['SAGEMAKER_LOCAL_VENV'] || join(root, '.cache', 'venv'),
      ...env,
    }),
    ...pairs('--var', vars),
    ...Object.entries(actions).flatMap(([name, folder]) => [
      '--local-repository',
      `${name}=${join(repository, folder)}`,
    ]),
    ...pairs('-s', { GITHUB_TOKEN: 'ghs_0123456789abcdef', ...secrets }),
    ...['--local-repository', `org/simple-sagemaker-action@v1=${repository}`],
  ];
  const child = spawn(act, words, {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: [node, ...path, process.env['PATH']].join(':'),
      HOME: join(state, 'home'),
      XDG_CACHE_HOME: join(state, 'cache'),
      XDG_CONFIG_HOME: join(state, 'config'),
      TMPDIR: join(state, 'tmp'),
      LANG: 'C.UTF-8',
      NO_COLOR: '1',
    },
  });
  const jobs: Record<string, string> = {};
  const commands: Command[] = [];
  let log = '';
  let summary = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const lines = createInterface({ input: child.stdout });
  const runner: Runner = { child, steps: () => childrenOf(child.pid ?? 0), done: finish() };
  lines.on('line', (text) => {
    const line = parseLine(text);
    log += `${(line.msg ?? '').replace(/\n$/, '')}\n`;
    if (line.jobResult !== undefined) jobs[(line.job ?? '').trim()] = line.jobResult;
    if (line.command === 'summary') summary += line.content ?? '';
    else if (line.command !== undefined)
      commands.push({
        command: line.command,
        properties: line.kvPairs ?? { name: line.name ?? '' },
        text: line.arg ?? '',
      });
    onLine?.(line.msg ?? '', runner);
  });
  async function finish(): Promise<Ran> {
    const [code] = await Promise.all([
      new Promise<number | null>((resolve) => child.once('close', (number) => resolve(number))),
      new Promise<void>((resolve) => lines.once('close', () => resolve())),
    ]);
    const orphans = endOrphans(tracking);
    rmSync(state, { recursive: true, force: true });
    return { code, jobs, log, summary, commands, orphans };
  }
  return runner;
}

export function runWorkflow(workflow: Workflow): Promise<Ran> {
  return startWorkflow(workflow).done;
}

/** A line that is no JSON is the runner's own word. */
function parseLine(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { msg: text };
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

/** GitHub's runner ends what carries its tracking id; here it is ended too, and told. */
function endOrphans(tracking: string): string[] {
  const orphans: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`RUNNER_TRACKING_ID=${tracking}`))
        continue;
      orphans.push(readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' '));
      process.kill(Number(pid), 'SIGKILL');
    } catch (error) {
      // It ended meanwhile, or is another user's.
      if (!['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return orphans;
}

/** A workflow of one job: the stand-in, then these steps (YAML, indented by six). */
export function workflowOf(steps: string, local = ''): string {
  return `name: test
on: [push, pull_request]
permissions: {}
jobs:
  train:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: local
        uses: org/simple-sagemaker-action/local@v1
${local}${steps}`;
}
