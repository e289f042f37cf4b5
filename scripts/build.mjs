// Builds dist/: tsc to lib/, then one bundle an entry point, minified. The same sources give the same bytes.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { rolldown } from 'rolldown';
import { minifySync } from 'rolldown/utils';

const root = join(import.meta.dirname, '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);
const run = (name, ...args) => execFileSync(bin(name), args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });

/** The post step's entry point. The saved state does not say that main ran if main was killed before it saved anything. */
const POST = "process.env.STATE_main = 'started';\nawait import('./index.js');\n";

/** Builds into `out`. */
async function build(out) {
  rmSync(join(root, 'lib'), { recursive: true, force: true });
  rmSync(out, { recursive: true, force: true });
  run('tsc', '-p', root);
  await shakePackages();
  // Without a cache: from one, the list of licenses can come out shorter.
  const stats = join(root, 'lib', 'stats.json');
  run('ncc', 'build', 'lib/main.js', '--no-cache', '--out', out, '--license', 'licenses.txt', '--stats-out', stats);
  writeFileSync(join(out, 'post.js'), POST);
  run('ncc', 'build', 'lib/local/main.js', '--no-cache', '--out', join(out, 'local'));
  minify(out);
  shareLicenses(join(out, 'licenses.txt'), packagesIn(stats));
}

/**
 * AWS's clients bring a service's every operation, @actions/core a client for HTTP, and ncc keeps all of it. So ncc finds copies
 * in `lib/`, which have what the action calls.
 */
async function shakePackages() {
  const imports = new Map();
  for (const path of readdirSync(join(root, 'lib'), { recursive: true }).filter((name) => name.endsWith('.js'))) {
    const text = readFileSync(join(root, 'lib', path), 'utf8');
    for (const [, names, client] of text.matchAll(
      /import \{([^}]+)\} from '(@aws-sdk\/client-[a-z0-9-]+|@actions\/core)'/g,
    ))
      imports.set(client, [
        ...(imports.get(client) ?? []),
        ...names.split(',').map((name) => name.trim().split(' as ')[0]),
      ]);
  }
  for (const [client, names] of imports) {
    const [whole, copy] = [join(root, 'node_modules', client), join(root, 'lib', 'node_modules', client)];
    const entry = join(copy, 'entry.js');
    mkdirSync(copy, { recursive: true });
    writeFileSync(entry, `export { ${[...new Set(names)].filter(Boolean).sort().join(', ')} } from '${client}';\n`);
    const external = (id) => !/^[./]/.test(id) && id !== client;
    const bundle = await rolldown({
      ...{ input: entry, platform: 'node', external, resolve: { mainFields: ['module'] } },
      // Else it keeps the import of a package of which it has left out all that needs it.
      treeshake: { moduleSideEffects: client === '@actions/core' ? 'no-external' : true },
    });
    await bundle.write({ file: join(copy, 'index.js'), format: 'esm' });
    await bundle.close();
    const { name, version, license } = JSON.parse(readFileSync(join(whole, 'package.json'), 'utf8'));
    writeFileSync(
      join(copy, 'package.json'),
      JSON.stringify({ name, version, license, type: 'module', main: 'index.js' }),
    );
    for (const file of readdirSync(whole).filter((each) => each.startsWith('LICENSE')))
      cpSync(join(whole, file), join(copy, file));
  }
}

/** A smaller bundle starts sooner. ncc's own minifier leaves out the chunks, and takes longer. */
function minify(folder) {
  for (const path of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js'))) {
    const { code, errors } = minifySync(path, readFileSync(join(folder, path), 'utf8'), { module: true });
    if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`);
    writeFileSync(join(folder, path), code);
  }
}

/** ncc lists each package with its license's text. Packages of one text share it: dozens of AWS's have the same. */
function shareLicenses(path, bundled) {
  const names = new Map();
  for (const section of readFileSync(path, 'utf8').split(/\n\n(?=\S+\n)/)) {
    const [name, ...text] = section.trim().split('\n');
    if (bundled.has(name)) names.set(name, text);
    else names.set([...names.keys()].at(-1), [...[...names.values()].at(-1), '', name, ...text]); // of the text before
  }
  const without = [...bundled].filter((name) => !names.has(name));
  if (without.length > 0) throw new Error(`dist/licenses.txt lacks ${without.join(', ')}`);
  const texts = Map.groupBy(names, ([, text]) => text.join('\n').trim());
  const shared = [...texts].map(([text, group]) => `${group.map(([name]) => name).join(', ')}\n${text}\n`);
  writeFileSync(path, shared.join(`\n${'-'.repeat(80)}\n\n`));
}

/** The packages that webpack put into a bundle, by its own account. */
function packagesIn(stats) {
  const found = new Set();
  const visit = ({ name = '', modules = [] }) => {
    const [, path] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(name) ?? [];
    if (path !== undefined) found.add(path);
    for (const module of modules) visit(module);
  };
  for (const module of JSON.parse(readFileSync(stats, 'utf8')).modules) visit(module);
  return found;
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
await build(built);
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
