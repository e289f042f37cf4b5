// The demo's packages from npm, as scripts/demo/package-lock.json pins them: installed once into .cache/demo.
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withNews } from './news.mjs';
import { checkNpm } from './prerequisites.mjs';
import { DemoError } from './processes.mjs';
import { say } from './terminal.mjs';

const NEWEST = 24; // what action.yml names

/** Answers the Node on which the action runs. Throws DemoError. */
export async function installPackages(processes, folder) {
  const fitting = Number(process.versions.node.split('.')[0]) >= NEWEST;
  const mark = join(folder, 'complete');
  const lock = join(import.meta.dirname, 'package-lock.json');
  const wanted = `${fitting ? 'without' : 'with'} Node\n${readFileSync(lock, 'utf8')}`;
  const node = fitting ? process.execPath : join(folder, 'node_modules', 'node', 'bin', 'node');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted && existsSync(node)) return node;

  checkNpm();
  const what = fitting
    ? 'packages that render the summary'
    : `Node ${NEWEST}, on which the action runs (this is ${process.version}), and packages that render the summary. That may take a minute`;
  say(`Installing from npm, once: ${what}.`);
  mkdirSync(folder, { recursive: true });
  rmSync(mark, { force: true });
  for (const name of ['package.json', 'package-lock.json'])
    copyFileSync(join(import.meta.dirname, name), join(folder, name));
  const installed = await withNews(processes.run(() => npmCi(folder, fitting)));
  processes.check();
  if (installed.code !== 0 || !existsSync(node)) {
    throw new DemoError(
      `npm could not install the demo's packages: ${reasonOf(installed)}`,
      'Check that npm reaches its registry (npm ping; npm config get registry; a proxy: npm config set proxy), and run the demo again.',
    );
  }
  writeFileSync(mark, wanted);
  return node;
}

function npmCi(folder, withoutNode) {
  const words = ['ci', ...(withoutNode ? ['--omit=dev'] : ['--include=dev', '--ignore-scripts=false'])];
  words.push('--no-audit', '--no-fund', '--no-update-notifier', '--engine-strict=false', '--loglevel=error');
  words.push('--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-timeout=60000');
  const child = spawn('npm', words, { cwd: folder, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const chunks = [];
  child.stderr.setEncoding('utf8').on('data', (text) => chunks.push(text));
  const done = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stderr: chunks.join('') }));
  });
  return { child, done };
}

/** The first lines that npm calls errors. */
function reasonOf({ code, signal, stderr }) {
  const lines = stderr.split('\n').map((line) => /^npm (?:error|ERR!) (.*)$/.exec(line)?.[1] ?? '');
  const told = lines
    .filter((line) => line !== '' && !/complete log|^\s|^path |^command |^errno |^syscall /.test(line))
    .slice(0, 3);
  return told.length > 0 ? told.join('; ') : `it ended with ${signal ?? code}.`;
}
