// Builds dist/: tsc to lib/, then one bundle an entry point. The same sources give the same bytes.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);
const run = (name, ...args) => execFileSync(bin(name), args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });

/** Builds into `out`. */
function build(out) {
  rmSync(join(root, 'lib'), { recursive: true, force: true });
  rmSync(out, { recursive: true, force: true });
  run('tsc', '-p', root);
  // Without a cache: from one, the list of licenses can come out shorter.
  run('ncc', 'build', 'lib/main.js', '--no-cache', '--out', out, '--license', 'licenses.txt');
  run('ncc', 'build', 'lib/local/main.js', '--no-cache', '--out', join(out, 'local'));
}

/** path → bytes of all files below a folder, as text. */
function contents(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [relative(folder, path), readFileSync(path, 'latin1')]));
}

/** The paths that are not the same in both. */
function differences(one, other) {
  const [a, b] = [contents(one), contents(other)];
  return [...new Set([...a.keys(), ...b.keys()])].filter((path) => a.get(path) !== b.get(path));
}

const dist = join(root, 'dist');
const built = mkdtempSync(join(tmpdir(), 'dist-'));
build(built);
if (process.argv.includes('--check')) {
  const different = differences(dist, built);
  console.log(
    different.length === 0
      ? 'dist/ is what src/ builds.'
      : `Run "npm run build" and commit dist/: ${different.join(', ')}`,
  );
  process.exitCode = different.length === 0 ? 0 : 1;
} else {
  rmSync(dist, { recursive: true, force: true });
  cpSync(built, dist, { recursive: true });
}
rmSync(built, { recursive: true });
