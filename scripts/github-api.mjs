// Writes __tests__/github/openapi.json: of GitHub's own description of its API the paths that the action calls, with what they
// refer to, without the texts for people. The tests' stand-in for the API (api-server.ts) checks every request and every answer
// by it. `--check`: says whether the file is what it would write.
//
// Usage: node scripts/github-api.mjs [--check]. It needs npm's registry: the package has 28 MB, so it is no dependency.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extract } from 'tar';

/** GitHub's description (github/rest-api-description) as Octokit publishes it. */
const PACKAGE = '@octokit/openapi@23.0.2';
const DESCRIPTION = 'package/generated/api.github.com.json';
const FILE = join(import.meta.dirname, '..', '__tests__', 'github', 'openapi.json');
const OPERATIONS = {
  '/repos/{owner}/{repo}/issues/{issue_number}/comments': ['get', 'post'],
  '/repos/{owner}/{repo}/issues/comments/{comment_id}': ['patch', 'delete'],
  '/repos/{owner}/{repo}/commits/{commit_sha}/pulls': ['get'],
  '/repos/{owner}/{repo}/statuses/{sha}': ['post'],
};
/** For people, or for programs that make clients. */
const TEXTS = ['description', 'summary', 'tags', 'externalDocs', 'title', 'example', 'deprecated'];

/** The value without texts. In `properties` and the like every name is one of the API's. */
function bare(value, names = false) {
  if (Array.isArray(value)) return value.map((each) => bare(each));
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).filter(([key]) => names || !(TEXTS.includes(key) || key.startsWith('x-')));
  return Object.fromEntries(
    members.map(([key, member]) => [
      key,
      // An example is data, and stays as it is.
      key === 'examples' && !names ? member : bare(member, !names && key === 'properties'),
    ]),
  );
}

/** Every `$ref` in the value. */
function references(value) {
  if (value === null || typeof value !== 'object') return [];
  const own = typeof value.$ref === 'string' ? [value.$ref] : [];
  return [...own, ...Object.values(value).flatMap(references)];
}

const at = (document, reference) =>
  reference
    .slice(2)
    .split('/')
    .reduce((found, name) => found[name], document);

/** The operations, and what they refer to, in the form of the whole. */
function cut(whole) {
  const { openapi, info } = whole;
  const found = { openapi, info: { title: info.title, version: info.version, license: info.license }, paths: {} };
  for (const [path, methods] of Object.entries(OPERATIONS))
    found.paths[path] = Object.fromEntries(methods.map((method) => [method, bare(whole.paths[path][method])]));
  found.components = {};
  const waiting = references(found.paths);
  for (const reference of waiting) {
    const [, , kind, name] = reference.split('/');
    found.components[kind] ??= {};
    if (found.components[kind][name] !== undefined) continue;
    found.components[kind][name] = kind === 'examples' ? at(whole, reference) : bare(at(whole, reference));
    waiting.push(...references(found.components[kind][name]));
  }
  return found;
}

const folder = mkdtempSync(join(tmpdir(), 'github-api-'));
try {
  const words = ['pack', PACKAGE, '--silent', '--pack-destination', folder];
  const archive = execFileSync('npm', words, { encoding: 'utf8', shell: process.platform === 'win32' }).trim();
  await extract({ file: join(folder, archive), cwd: folder, filter: (path) => path === DESCRIPTION });
  const text = `${JSON.stringify(cut(JSON.parse(readFileSync(join(folder, DESCRIPTION), 'utf8'))), null, 1)}\n`;
  if (process.argv.includes('--check')) {
    const same = readFileSync(FILE, 'utf8') === text;
    console.log(same ? `${PACKAGE} gives the same.` : `Run "node scripts/github-api.mjs": ${FILE} is another one.`);
    process.exitCode = same ? 0 : 1;
  } else writeFileSync(FILE, text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
