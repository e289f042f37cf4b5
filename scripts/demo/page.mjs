// The page with the steps' summaries; written on the action's Node, which the packages that render it need.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { DemoError } from './processes.mjs';

/** `packages`: the folder that has node_modules; `summaries`: `{ title, markdown }` of each step. Throws DemoError. */
export async function writePage(processes, { node, packages, page, summaries }) {
  const rendered = await processes.run(() => render(node, packages, page, summaries));
  processes.check();
  if (rendered.code !== 0) {
    throw new DemoError(
      `the page could not be written: ${rendered.stderr.trim().split('\n').at(-1)}`,
      `Remove ${packages}, which the demo then installs anew, and run the demo again.`,
    );
  }
}

function render(node, packages, page, summaries) {
  const child = spawn(node, [join(import.meta.dirname, 'render.mjs'), packages, page], {
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const chunks = [];
  child.stderr.setEncoding('utf8').on('data', (text) => chunks.push(text));
  // One that ended before it had read all tells why by its exit code.
  child.stdin.on('error', (error) => chunks.push(`${error.message}\n`));
  child.stdin.end(JSON.stringify(summaries));
  const done = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stderr: chunks.join('') }));
  });
  return { child, done };
}
