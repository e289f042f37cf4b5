// Writes the tables of the docs from what they tell of: inputs and outputs from action.yml into README.md, the pre-built
// images from src/task/image-table.json into docs/frameworks.md. `--check`: says which page is not up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, parseDocument } from 'yaml';

const root = join(import.meta.dirname, '..');
const read = (path) => readFileSync(join(root, path), 'utf8');
const row = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`.replaceAll('  ', ' ');
const table = (head, rows) => [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)].join('\n');

/** A table a group; a comment in action.yml begins one. */
function inputs(action) {
  const map = action.get('inputs');
  if (!isMap(map)) throw new Error('action.yml has no inputs.');
  const groups = [];
  for (const [at, { key, value }] of map.items.entries()) {
    // The comment before the first item is the map's own.
    const comment = (at === 0 ? map.commentBefore : key.commentBefore)?.trim();
    if (comment !== undefined) groups.push({ title: comment, rows: [] });
    const { description, required, default: standard } = value.toJSON();
    const shown = required === true ? 'required' : standard === undefined ? '' : `\`${standard}\``;
    groups.at(-1).rows.push([`\`${key.value}\``, shown, description]);
  }
  return groups
    .map(({ title, rows }) => `### ${title}\n\n${table(['input', 'default', 'meaning'], rows)}`)
    .join('\n\n');
}

function outputs(action) {
  const rows = Object.entries(action.toJSON().outputs).map(([name, { description }]) => [`\`${name}\``, description]);
  return table(['output', 'meaning'], rows);
}

function frameworks({ frameworks: known }) {
  const processors = { cpu: 'CPU', gpu: 'GPU', trn: 'Trainium' };
  const rows = Object.entries(known).map(([name, { default: standard, versions }]) => {
    const there = new Set(Object.values(versions).flatMap(({ python }) => Object.values(python).flatMap(Object.keys)));
    const shown = Object.keys(processors).filter((each) => there.has(each));
    return [
      `\`${name}\``,
      standard,
      shown.map((each) => processors[each]).join(', '),
      Object.keys(versions).toReversed().join(', '),
    ];
  });
  return table(['`framework`', 'default', 'on', '`framework-version`'], rows);
}

const action = parseDocument(read('action.yml'));
const images = JSON.parse(read('src/task/image-table.json'));
/** page → name of the part, as in its marks → its text. */
const pages = {
  'README.md': { inputs: inputs(action), outputs: outputs(action) },
  'docs/frameworks.md': { frameworks: frameworks(images) },
};

const stale = Object.entries(pages).filter(([path, parts]) => {
  const page = read(path);
  let next = page;
  for (const [name, text] of Object.entries(parts)) {
    const part = new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- /${name} -->)`);
    if (!part.test(page)) throw new Error(`${path} has no place for ${name}.`);
    next = next.replace(part, (_, begin, end) => begin + text + end);
  }
  if (next !== page && !process.argv.includes('--check')) writeFileSync(join(root, path), next);
  return next !== page;
});
if (process.argv.includes('--check')) {
  const names = stale.map(([path]) => path).join(', ');
  console.log(names === '' ? 'The tables are up to date.' : `Run "npm run tables": ${names}`);
  process.exitCode = names === '' ? 0 : 1;
}
