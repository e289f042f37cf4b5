// Runs every check and test: `npm test`, or some of them: `npm test -- static unit`. Says what was left out, why, and the
// command that brings it; under CI=true what was left out is a failure. `--full`: with the tests that take long.
// `--install`: Debian's packages that some tests need are installed, as under CI=true; else nothing outside the clone is
// touched. Several checks run at a time; what a check prints is shown when it has ended.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { goToMemory } from './in-memory.mjs';
import { PLAIN_PYTHON, startTools } from './tools.mjs';

const root = join(import.meta.dirname, '..');
const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const full = process.argv.includes('--full');
const ci = process.env.CI === 'true';
const node = process.execPath;
const npm = (name) => join(root, 'node_modules', '.bin', name);
const CORES = Math.max(2, availableParallelism());
/** Each of them runs several tests at a time. More of them take longer in all: who waits polls. */
const AT_ONCE = CORES;
const SILENCE_MS = 15_000;

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `These checks run on Node 24, and this is ${process.version}: run them by "npm test". npm brings Node 24 on Linux only.`,
  );
  process.exit(1);
}

// Tests start Python thousands of times: what it has compiled is kept.
delete process.env.PYTHONDONTWRITEBYTECODE;

// The long tests write more than memory holds.
if (!full) await goToMemory();

const temporary = mkdtempSync(join(tmpdir(), 'checks-'));
process.once('exit', () => rmSync(temporary, { recursive: true, force: true }));

const vitest = (project, ...args) => [
  node,
  join('node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--project',
  project,
  ...args,
];
const venv = (tools, name, ...args) => [join(tools.venv, 'bin', name), ...args];
/** With a folder of its own for each check: at its start, pytest takes everybody else's rights to the one that all share. */
const pytest = (tools, workers, ...args) => {
  const folder = mkdtempSync(join(temporary, 'pytest-'));
  const options = ['-n', String(workers), '--dist', 'loadfile', '--basetemp', folder];
  return venv(tools, 'pytest', ...options, ...(full ? [] : ['-m', 'not full']), ...args);
};
/** Of the stand-in's tests those that need a Docker engine. */
const contained = readdirSync(join(root, '__tests__', 'local'))
  .filter((name) => /^test_(containers.*|ecr_docker|images)\.py$/.test(name))
  .map((name) => join('__tests__', 'local', name));
const uncontained = contained.flatMap((path) => ['--ignore', path]);
const examples = readdirSync(join(root, 'examples'), { withFileTypes: true })
  .filter((entry) => existsSync(join(root, 'examples', entry.name, 'workflow.yml')))
  .flatMap(({ name }) => readdirSync(join(root, 'examples', name)).map((file) => join('examples', name, file)))
  .filter((path) => path.endsWith('.yml'));
const sources = ['toolkit', 'local', 'scripts', 'bench', '__tests__', 'examples'];

/** A check: `group`, `name`, its command by the tools that it needs, and `more`, see CHECKS. */
function check(group, name, command, more = {}) {
  return { group, name, command, ...more };
}

/**
 * Every check, the longest first: `needs` are tools that it waits for, without which it is left out; `wants`,
 * tools without which it leaves tests out; `folder`, `files`: of its tests.
 */
const CHECKS = [
  check('bare', 'the README on bare ground', () => [node, 'scripts/bare.mjs']),
  check('action', 'tests of the bundle as a process', () => vitest('action', `--maxWorkers=${CORES + 2}`), {
    needs: ['venv', 'standIns'],
    folder: 'action',
  }),
  check('security', 'attacks', () => vitest('security', `--maxWorkers=${CORES}`), {
    needs: ['venv', 'standIns'],
    folder: 'security',
  }),
  check('docker', 'tests of images, with a Docker engine', () => vitest('docker', `--maxWorkers=${CORES}`), {
    needs: ['venv', 'standIns', 'engine'],
    folder: 'docker',
  }),
  check('workflows', 'tests of workflows in the runner', () => vitest('workflows', `--maxWorkers=${CORES}`), {
    needs: ['venv', 'standIns', 'examples'],
    folder: 'workflows',
  }),
  check('toolkit', 'tests of the toolkit', (tools) => pytest(tools, CORES, '__tests__/toolkit'), {
    needs: ['venv', 'system'],
    folder: 'toolkit',
  }),
  check('local', 'tests of the stand-in', (tools) => pytest(tools, CORES + 1, '__tests__/local', ...uncontained), {
    needs: ['venv', 'standIns', 'system'],
    wants: ['conformance', 'crane'],
    folder: 'local',
  }),
  check('local', 'tests of the stand-in, with a Docker engine', (tools) => pytest(tools, CORES, ...contained), {
    needs: ['venv', 'standIns', 'engine'],
    folder: 'local',
    files: contained,
  }),
  check('dist', 'dist equals a fresh build', () => [node, 'scripts/build.mjs', '--check']),
  check('unit', 'unit tests', () => vitest('unit', `--maxWorkers=${CORES}`)),
  check('static', 'types', () => [npm('tsc'), '--noEmit', '-p', '.']),
  check('static', 'types of the tests', () => [npm('tsc'), '--noEmit', '-p', '__tests__']),
  check('static', 'lint, format and layers', () => [npm('biome'), 'ci', '--error-on-warnings', '--colors=off', '.']),
  check('static', 'tables of the docs', () => [node, 'scripts/tables.mjs', '--check']),
  check('static', 'AWS policies', (tools) => [node, 'scripts/policies.mjs', join(tools.venv, 'bin', 'python')], {
    needs: ['venv'],
  }),
  ...(full
    ? [check('static', "GitHub's description of its API", () => [node, 'scripts/github-api.mjs', '--check'])]
    : []),
  check('static', 'actionlint', (tools) => [tools.actionlint], { needs: ['actionlint'] }),
  ...Object.entries({
    'AWS template': ['cfn-lint', '-c', 'I', '-r', 'us-east-1', 'cn-north-1', 'us-gov-west-1', '--', 'aws/setup.yml'],
    // GovCloud has no API destinations.
    'AWS template of events': ['cfn-lint', '-r', 'us-east-1', 'cn-north-1', '--', 'aws/events.yml'],
    'python lint': ['ruff', 'check', '--no-cache', ...sources],
    'python format': ['ruff', 'format', '--no-cache', '--check', ...sources],
    'python types of the stand-in': ['mypy', 'local/sagemaker_local'],
    'python types of the toolkit': ['mypy', 'toolkit/task_toolkit', 'toolkit/worker_toolkit'],
    zizmor: ['zizmor', '--offline', '--quiet', '.github/workflows', 'action.yml', 'local/action.yml', ...examples],
  }).map(([name, words]) => check('static', name, (tools) => venv(tools, ...words), { needs: ['venv'] })),
];

const groups = [...new Set(CHECKS.map(({ group }) => group))];
const unknown = asked.filter((name) => !groups.includes(name));
if (unknown.length > 0) {
  console.error(`There is no group ${unknown.join(', ')}: use ${groups.sort().join(', ')}.`);
  process.exit(1);
}
const checks = CHECKS.filter(({ group }) => asked.length === 0 || asked.includes(group));

/** How many tests a folder, or the given files of it, define; a table of cases counts once. */
function testsIn({ folder, files }) {
  if (folder === undefined) return 'one check';
  const all = readdirSync(join(root, '__tests__', folder)).filter((name) => /\.test\.ts$|^test_.*\.py$/.test(name));
  const paths = files ?? all.map((name) => join('__tests__', folder, name));
  const texts = paths.map((path) => readFileSync(join(root, path), 'utf8'));
  return `${texts.join('\n').match(/^\s*(it(\.each.*)?\(|def test_)/gm)?.length ?? 0} tests`;
}

/** Where python3 itself lies: what stands before it on PATH (pyenv's) costs more than it does. */
function pythonFolder() {
  const told = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
  return told.status === 0 ? dirname(told.stdout.trim()) : undefined;
}
const PATH = [pythonFolder(), process.env.PATH].filter(Boolean).join(delimiter);

function environment(tools) {
  const env = {
    ...process.env,
    PATH: tools.venv ? [join(PLAIN_PYTHON, 'bin'), PATH].join(delimiter) : PATH,
    NO_COLOR: '1',
    SSM_TEST_FULL: full ? '1' : '',
    PAGE_TEST_BROWSER: tools.browser ?? '',
    CLIENT_VENVS: tools.clients ?? '',
    S3_SERVER: tools.s3 ?? '',
    BUILDKIT_READER: tools.reader ?? '',
    REGISTRY_CONFORMANCE: tools.conformance ?? '',
    CRANE: tools.crane ?? '',
    SAGEMAKER_LOCAL_VENV: tools.venv ?? '',
    STAND_INS: tools.standIns?.socket ?? '',
    EXAMPLES_VENV: tools.examples ?? '',
    TEST_DOCKER_HOST: tools.engine?.host ?? '',
    TEST_DOCKER_OWN: tools.engine?.own ? '1' : '',
    TEST_DOCKER_CONFIG: tools.engine?.config ?? '',
    TEST_BASE_IMAGE: tools.engine?.image ?? '',
    ACT: tools.venv ? join(tools.venv, 'bin', 'act') : '',
  };
  delete env.FORCE_COLOR;
  return env;
}

const begun = Date.now();
let spoken = begun;
function say(text) {
  spoken = Date.now();
  console.log(text);
}
const clock = (ms) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;

/** Name → when it was started. */
const running = new Map();
const children = new Set();

/** Runs a check; its failure, if any, and what it printed. */
function run([program, ...args], env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    const printed = [];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => printed.push(text));
    child.once('error', (error) => resolve({ failure: error.message, output: '' }));
    child.once('close', (code, signal) => {
      children.delete(child);
      resolve({ failure: code === 0 ? undefined : `exit ${signal ?? code}`, output: printed.join('') });
    });
  });
}

/** Whose turn it is: the first that waits, as soon as one of those under way has ended. */
const waiting = [];
let free = AT_ONCE;
function turn(check) {
  return new Promise((resolve) => {
    waiting.push({ check, resolve });
    waiting.sort((a, b) => checks.indexOf(a.check) - checks.indexOf(b.check));
    next();
  });
}
function next() {
  for (; free > 0 && waiting.length > 0; free--) waiting.shift().resolve();
}
function pass() {
  free++;
  next();
}

/** Waits for its tools and its turn, runs it, and tells. */
async function perform(check, tools) {
  const had = {};
  for (const need of check.needs ?? []) {
    had[need] = await tools[need];
    if (had[need] === undefined) return { name: check.name, left: testsIn(check) };
  }
  const long = full ? ['browser', 'clients', 's3', 'pytorch', 'reader'] : [];
  for (const want of [...(check.wants ?? []), ...long]) had[want] = await tools[want];
  await turn(check);
  const started = Date.now();
  running.set(check.name, started);
  const attempt = () => run(check.command(had), environment(had));
  const crashes = () => had.engine?.crashes() ?? 0;
  const before = crashes();
  let { failure, output } = await attempt();
  if (failure && crashes() > before) {
    say(`=== ${check.name}: ${failure}. The Docker engine itself crashed and was started again, so it runs once more`);
    ({ failure, output } = await attempt());
  }
  running.delete(check.name);
  pass();
  const seconds = (Date.now() - started) / 1000;
  // How many tests there were, and the tables of what was tried against the action.
  const counted = output.match(/^(?:.*\d+ passed.*|\|.*\|)$/gm) ?? [];
  say(`=== ${check.name}: ${failure ?? 'ok'} (${seconds.toFixed(1)} s)`);
  const shown = failure ? output : counted.join('\n');
  if (shown.trim() !== '') say(shown.trimEnd());
  return { name: check.name, failure, seconds, check, had, files: failure ? failedFiles(output) : [] };
}

/** The test files in which a test failed, as vitest and pytest name them. */
function failedFiles(output) {
  const named = output.matchAll(/^\s*(?:FAIL {2}\|\w+\| |(?:FAILED|ERROR) )(__tests__\/[^\s:]+\.(?:test\.ts|py))/gm);
  return [...new Set([...named].map(([, path]) => path))];
}

/** Of more files than these the cause is not that the machine was busy. */
const MOST_AGAIN = 3;

/**
 * Runs the files that failed once more, with nothing beside them: on a busy machine a test can run out of time. What then
 * passes is no failure, and the summary says so. What fails again has failed.
 */
async function again(result) {
  const { name, failure, files = [], check, had } = result;
  if (!failure || files.length === 0 || files.length > MOST_AGAIN) return result;
  say(`=== ${name}: once more, alone: ${files.join(', ')}`);
  const [program, ...args] = check.command(had);
  const options = args.filter((word) => !/^__tests__|^--ignore$/.test(word));
  const { failure: still, output } = await run([program, ...options, ...files], environment(had));
  say(`=== ${name}, alone: ${still ?? 'ok'}`);
  if (!still) return { ...result, failure: undefined, unsteady: files };
  say(output.trimEnd());
  return result;
}

const first = checks.find(({ group }) => group === 'bare');
const bare = first ? perform(first, {}) : Promise.resolve();
const needed = new Set(checks.flatMap(({ needs = [], wants = [] }) => [...needs, ...wants]));
// What bare ground has not, this machine has not yet either: nothing is installed before that is proven.
const tools = startTools({ needed, full, mayInstall: ci || process.argv.includes('--install'), after: bare, say });
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    for (const child of children) child.kill('SIGTERM');
    await tools.stop();
    process.exit(130);
  });
const progress = setInterval(() => {
  if (Date.now() - spoken < SILENCE_MS - 1000) return;
  const names = [...running].map(([name, since]) => `${name} (${clock(Date.now() - since)})`);
  say(`[${clock(Date.now() - begun)}] ${[...names, ...tools.underway()].join(', ') || 'waiting'}`);
}, 1000);
const results = await Promise.all(checks.map((check) => (check === first ? bare : perform(check, tools))));
for (const [at, result] of results.entries()) results[at] = await again(result);
clearInterval(progress);
await tools.stop();

console.log('\n=== summary');
for (const { name, failure, left, seconds } of results) {
  console.log(
    left
      ? `left out  ${name}: ${left}`
      : `${failure ? 'FAILED  ' : 'ok      '}  ${name}${failure ? `: ${failure}` : ''} (${seconds.toFixed(1)} s)`,
  );
}
for (const { name, unsteady } of results)
  if (unsteady) console.log(`unsteady  ${name}: passed only when nothing ran beside them: ${unsteady.join(', ')}`);
for (const { what, why } of tools.missing) console.log(`missing   ${what}: ${why}`);
const failed = results.filter((result) => result.failure).length;
const left = results.filter((result) => result.left).length;
const strict = ci && (left > 0 || tools.missing.length > 0);
if (strict) console.log('Under CI=true everything must be there: what is missing is a failure.');
console.log(`all of it took ${clock(Date.now() - begun)}`);
console.log(
  `${results.length - failed - left} passed, ${failed + (strict ? Math.max(left, 1) : 0)} failed, ${strict ? 0 : left} skipped`,
);
process.exitCode = failed > 0 || strict ? 1 : 0;
