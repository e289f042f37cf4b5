// One step of a workflow job without a runner: the action's bundle as a process, its files of commands read back.
// Used by the demo and by the tests; whole workflows run in a real runner (__tests__/workflows).
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY', 'GITHUB_PATH'];

/** The variables of a step, `env` among them, and its files of commands in a new folder below `folder`. */
export function stepEnvironment({ folder, inputs = {}, env = {}, state = {} }) {
  mkdirSync(folder, { recursive: true });
  const own = mkdtempSync(join(folder, 'step-'));
  const files = Object.fromEntries(FILES.map((name) => [name, join(own, name)]));
  for (const file of Object.values(files)) writeFileSync(file, '');
  const named = (prefix, values, name) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + name(key), value]));
  const variables = {
    ...env,
    ...files,
    ...named('INPUT_', inputs, (key) => key.replaceAll(' ', '_').toUpperCase()),
    ...named('STATE_', state, (key) => key),
  };
  return { files, variables };
}

/**
 * Starts it. `folder`: where its files lie; `inputs`: as under `with:`; `state`: of main, for post.
 * `detached`: whether it leads a process group; `onError`: takes its standard error, which else is this process's own.
 * `done` resolves to what it did: `{ code, signal, stdout, outputs, state, env, summary }`.
 */
export function startStep({
  node = process.execPath,
  bundle,
  folder,
  inputs = {},
  env = {},
  state = {},
  detached = false,
  onOutput = () => {},
  onError,
}) {
  const { files, variables } = stepEnvironment({ folder, inputs, env, state });
  const child = spawn(node, [bundle], {
    cwd: env.GITHUB_WORKSPACE,
    env: variables,
    detached,
    stdio: ['ignore', 'pipe', onError ? 'pipe' : 'inherit'],
  });
  const chunks = [];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    chunks.push(text);
    onOutput(text);
  });
  child.stderr?.setEncoding('utf8').on('data', onError);
  const done = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const read = (name) => readFileSync(files[name], 'utf8');
      resolve({
        code,
        signal,
        stdout: chunks.join(''),
        outputs: parseFile(read('GITHUB_OUTPUT')),
        state: parseFile(read('GITHUB_STATE')),
        env: parseFile(read('GITHUB_ENV')),
        summary: read('GITHUB_STEP_SUMMARY'),
      });
    });
  });
  return { child, files, done };
}

/** `NAME<<DELIMITER`, lines, `DELIMITER`, as the toolkit writes them. */
export function parseFile(text) {
  const pairs = [...text.matchAll(/^(.+?)<<(\S+)\n([\s\S]*?)\n?\2$/gm)].map(([, name, , value]) => [name, value]);
  return Object.fromEntries(pairs);
}
