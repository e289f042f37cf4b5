// Runs every check and test: `npm test`, or some of them: `npm test -- static unit`. Says what was left out, and why;
// under CI=true what was left out is a failure. `--full`: with the tests that take long.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchTools } from './tools.mjs';

const root = join(import.meta.dirname, '..');
const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const full = process.argv.includes('--full');
const node = process.execPath;
const npm = (name) => join(root, 'node_modules', '.bin', name);

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `These checks run on Node 24, which npm installs as a package; this is ${process.version}. Run them by "npm test".`,
  );
  process.exit(1);
}

/** Groups that need npm's packages alone. */
const plain = ['dist', 'unit'];
const bare = asked.length > 0 && asked.every((group) => plain.includes(group));
const tools = bare ? { missing: [] } : await fetchTools(full);
const python = (name, ...args) => (tools.bin ? [join(tools.bin, name), ...args] : undefined);
const vitest = (project, ...args) => [
  node,
  join(root, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--project',
  project,
  ...args,
];
const pytest = (...args) => python('pytest', '-n', '2', ...(full ? [] : ['-m', 'not full']), ...args);
/** Of the stand-in's tests those that need a Docker engine. */
const contained = readdirSync(join(root, '__tests__', 'local'))
  .filter((name) => /^test_(containers.*|ecr_docker|images)\.py$/.test(name))
  .map((name) => join('__tests__', 'local', name));
const examples = readdirSync(join(root, 'examples'), { withFileTypes: true })
  .map((entry) => join('examples', entry.name, 'workflow.yml'))
  .filter((path) => existsSync(join(root, path)));
const sources = ['toolkit', 'local', 'scripts', '__tests__', 'examples'];

/** Group → [name, command, folder of its tests]; a command that needs what is not there is undefined. */
const groups = {
  static: [
    ['types', [npm('tsc'), '--noEmit', '-p', '.']],
    ['types of the tests', [npm('tsc'), '--noEmit', '-p', '__tests__']],
    ['lint, format and layers', [npm('biome'), 'ci', '--error-on-warnings', '--colors=off', '.']],
    ['tables of the docs', [node, 'scripts/tables.mjs', '--check']],
    ['python lint', python('ruff', 'check', '--no-cache', ...sources)],
    ['python format', python('ruff', 'format', '--no-cache', '--check', ...sources)],
    ['python types of the stand-in', python('mypy', 'local/sagemaker_local')],
    ['python types of the toolkit', python('mypy', 'toolkit/task_toolkit')],
    [
      'zizmor',
      python('zizmor', '--offline', '--quiet', '.github/workflows', 'action.yml', 'local/action.yml', ...examples),
    ],
    ['actionlint', tools.actionlint && [tools.actionlint]],
  ],
  dist: [['dist equals a fresh build', [node, 'scripts/build.mjs', '--check']]],
  unit: [['unit tests', vitest('unit')]],
  toolkit: [['tests of the toolkit', pytest('__tests__/toolkit'), 'toolkit']],
  local: [
    ['tests of the stand-in', pytest('__tests__/local', ...contained.flatMap((path) => ['--ignore', path])), 'local'],
    ['tests of the stand-in, with a Docker engine', tools.engine && pytest(...contained), 'local', contained],
  ],
  action: [['tests of the bundle as a process', tools.bin && vitest('action'), 'action']],
  docker: [
    [
      'tests of images, with a Docker engine',
      tools.bin && tools.engine && vitest('docker', '--no-file-parallelism'),
      'docker',
    ],
  ],
  workflows: [['tests of workflows in the runner', tools.bin && vitest('workflows'), 'workflows']],
};

/** How many tests a folder, or the given files of it, define; a table of cases counts once. */
function testsIn(folder, files) {
  const all = readdirSync(join(root, '__tests__', folder)).filter((name) => /\.test\.ts$|^test_.*\.py$/.test(name));
  const paths = files ?? all.map((name) => join('__tests__', folder, name));
  const texts = paths.map((path) => readFileSync(join(root, path), 'utf8'));
  return texts.join('\n').match(/^\s*(it(\.each.*)?\(|def test_)/gm)?.length ?? 0;
}

const unknown = asked.filter((name) => !Object.hasOwn(groups, name));
if (unknown.length > 0) {
  console.error(`There is no group ${unknown.join(', ')}; there are ${Object.keys(groups).join(', ')}.`);
  process.exit(1);
}

const env = {
  ...process.env,
  NO_COLOR: '1',
  SSM_TEST_FULL: full ? '1' : '',
  PAGE_TEST_BROWSER: tools.browser ?? '',
  CLIENT_VENVS: tools.clients ?? '',
  S3_SERVER: tools.s3 ?? '',
  SAGEMAKER_LOCAL_VENV: tools.venv ?? '',
  EXAMPLES_VENV: tools.examples ?? '',
  TEST_DOCKER_HOST: tools.engine?.host ?? '',
  TEST_DOCKER_OWN: tools.engine?.own ? '1' : '',
  TEST_DOCKER_CONFIG: tools.engine?.config ?? '',
  TEST_BASE_IMAGE: tools.engine?.image ?? '',
  ACT: tools.bin ? join(tools.bin, 'act') : '',
};
delete env.FORCE_COLOR;

function run([program, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `exit ${signal ?? code}`));
  });
}

const results = [];
for (const [group, checks] of Object.entries(groups)) {
  if (asked.length > 0 && !asked.includes(group)) continue;
  for (const [name, command, folder, files] of checks) {
    if (!command) {
      results.push({ name, left: folder === undefined ? 'one check' : `${testsIn(folder, files)} tests` });
      continue;
    }
    console.log(`\n=== ${name}`);
    const begun = Date.now();
    const failure = await run(command);
    results.push({ name, failure, seconds: (Date.now() - begun) / 1000 });
  }
}

await tools.engine?.stop();

console.log('\n=== summary');
for (const { name, failure, left, seconds } of results) {
  console.log(
    left
      ? `left out  ${name}: ${left}`
      : `${failure ? 'FAILED  ' : 'ok      '}  ${name}${failure ? `: ${failure}` : ''} (${seconds.toFixed(1)} s)`,
  );
}
for (const { what, why } of tools.missing) console.log(`not to be had: ${what}: ${why}`);
const failed = results.filter((result) => result.failure).length;
const left = results.filter((result) => result.left).length;
const strict = process.env.CI === 'true' && (left > 0 || tools.missing.length > 0);
if (strict) console.log('Under CI=true everything must be there: what is missing is a failure.');
console.log(
  `${results.length - failed - left} passed, ${failed + (strict ? Math.max(left, 1) : 0)} failed, ${strict ? 0 : left} skipped`,
);
process.exitCode = failed > 0 || strict ? 1 : 0;
