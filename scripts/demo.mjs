// Shows the action at work on this machine, without AWS: `npm run demo`. Needs Node 20 or later with npm, and Python 3.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { startStep } from './step.mjs';

const root = join(import.meta.dirname, '..');
const cache = join(root, '.cache');
const NODE = '24.21.0';

const title = (text) => console.log(`\n\x1b[1m— ${text}\x1b[0m`);

/** The action runs on Node 24: this one, or npm's. */
function node24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const binary = join(cache, 'node', 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(binary)) {
    console.log(`Installing Node ${NODE} into ${relative(root, join(cache, 'node'))} …`);
    mkdirSync(join(cache, 'node'), { recursive: true });
    const npm = [
      'install',
      '--prefix',
      join(cache, 'node'),
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      `node@${NODE}`,
    ];
    execFileSync('npm', npm, { cwd: join(cache, 'node'), stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return binary;
}

/** Prints a step's output as a runner's page would show it. */
function show() {
  let rest = '';
  let resume;
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, command, value = ''] = /^::([\w-]+)[^:]*::(.*)$/.exec(line) ?? [];
      if (resume !== undefined) {
        if (line === `::${resume}::`) resume = undefined;
        else console.log(`  │ ${line}`);
      } else if (command === 'stop-commands') resume = value;
      else if (command === 'group') console.log(`▾ ${value}`);
      else if (['error', 'warning', 'notice'].includes(command))
        console.log(`${command}: ${decodeURIComponent(value)}`);
      else if (command === undefined) console.log(line);
    }
  };
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function demo() {
  const node = node24();
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'demo-'));
  const inputs = JSON.parse(readFileSync(join(root, 'examples', 'demo', 'inputs.json'), 'utf8'));
  const output = join(root, 'sagemaker-output', inputs.task);
  const env = {
    ...process.env,
    RUNNER_TEMP: folder,
    RUNNER_TOOL_CACHE: join(cache, 'tools'),
    GITHUB_WORKSPACE: root,
    GITHUB_REPOSITORY: 'org/simple-sagemaker-demo',
    GITHUB_EVENT_PATH: '',
  };
  const local = { node, bundle: join(root, 'dist', 'local', 'index.js'), folder, onOutput: show() };
  const action = { node, bundle: join(root, 'dist', 'index.js'), folder, onOutput: show() };

  title('The stand-in for AWS starts on this machine');
  const stand = await startStep({ ...local, env }).done;
  let code = stand.code;
  try {
    if (code === 0) {
      title(`The action runs ${inputs.entrypoint} on ${inputs['instance-count']} instances`);
      const step = startStep({ ...action, env: { ...env, ...stand.env }, inputs });
      const stop = () => step.child.kill('SIGINT');
      process.once('SIGINT', stop);
      const ran = await step.done;
      process.off('SIGINT', stop);
      code = ran.code ?? 1;
      await startStep({ ...action, env: { ...env, ...stand.env }, state: ran.state }).done;
      title('The files that came back');
      for (const file of filesBelow(output)) console.log(relative(root, file));
      title('The job summary (HTML that GitHub renders)');
      console.log(ran.summary);
      title('The outputs of the step');
      for (const [name, value] of Object.entries(ran.outputs)) console.log(`${name}: ${value}`);
    }
  } finally {
    title('The stand-in ends');
    await startStep({ ...local, env, state: stand.state }).done;
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = code;
}

await demo();
