// Writes what is told in a second place from the first: inputs and outputs from action.yml into docs/reference.md, the
// pre-built images from src/image/catalogue.json into docs/frameworks.md and, as repositories by account, for the
// stand-in's ECR; which prices src/money/prices.json has into docs/money.md, and all of it for the stand-in's price list;
// parameters and policies of aws/setup.yml into docs/aws.md and docs/aws-policies.md; the members of
// docs/report.schema.json into docs/report.md. `--check`: says what is not up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import { readTemplate, renderStack } from './template.mjs';

const root = join(import.meta.dirname, '..');
const read = (path) => readFileSync(join(root, path), 'utf8');
const row = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`.replaceAll('  ', ' ');
const table = (head, rows) => [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)].join('\n');

/** What action.yml says of an input or output; its links begin at the root, those of a page in docs/ there. */
const describe = ({ description }) => description.replaceAll('](docs/', '](');

/** A table for each group; a comment in action.yml begins one. */
function inputs(action) {
  const map = action.get('inputs');
  if (!isMap(map)) throw new Error('action.yml has no inputs.');
  const groups = [];
  for (const [at, { key, value }] of map.items.entries()) {
    // The comment before the first item is the map's own.
    const comment = (at === 0 ? map.commentBefore : key.commentBefore)?.trim();
    if (comment !== undefined) groups.push({ title: comment, rows: [] });
    const { required, default: standard } = value.toJSON();
    const shown = required === true ? 'required' : standard === undefined ? '' : `\`${standard}\``;
    groups.at(-1).rows.push([`\`${key.value}\``, shown, describe(value.toJSON())]);
  }
  return groups
    .map(({ title, rows }) => `### ${title}\n\n${table(['input', 'default', 'meaning'], rows)}`)
    .join('\n\n');
}

function outputs(action) {
  const rows = Object.entries(action.toJSON().outputs).map(([name, output]) => [`\`${name}\``, describe(output)]);
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

/** Which prices the action brings: by region, the dates of its lists and the types. */
function priceLists(lists) {
  const rows = [...Map.groupBy(lists, ({ region }) => region)].map(([region, of]) => {
    const types = new Set(of.flatMap(({ hourly }) => Object.keys(hourly)));
    const named =
      types.size > 20
        ? `${types.size} types`
        : [...types]
            .sort()
            .map((type) => `\`${type}\``)
            .join(', ');
    return [region, of.map(({ published }) => published).join(', '), named];
  });
  return table(['region', 'price list of', 'instance types'], rows);
}

/** Which of AWS's accounts has which repositories: `[{"repositories": [NAME], "accounts": {REGION: ACCOUNT}}]`. */
function repositories({ registries, images, frameworks: known }) {
  const names = registries.map(() => new Set());
  for (const { versions } of Object.values(known))
    for (const { registry, python } of Object.values(versions))
      for (const index of Object.values(python).flatMap(Object.values))
        names[registry].add(images[index].split(':')[0]);
  const lines = registries.map((accounts, at) => JSON.stringify({ repositories: [...names[at]].sort(), accounts }));
  return `[\n${lines.join(',\n')}\n]\n`;
}

function parameters({ Parameters }) {
  const rows = Object.entries(Parameters).map(([name, { Description, Default }]) => {
    const shown = Default === undefined ? 'required' : Default === '' ? '' : `\`${Default}\``;
    return [`\`${name}\``, shown, Description.trim()];
  });
  return table(['parameter', 'default', 'meaning'], rows);
}

/** JSON in which what fits in a line is in one. */
function json(value, indent = '') {
  const line = JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ').replaceAll('[ ', '[').replaceAll(' ]', ']');
  if (typeof value !== 'object' || indent.length + line.length <= 110) return line;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const items = Object.entries(value).map(
    ([key, each]) => `${inner}${Array.isArray(value) ? '' : `${JSON.stringify(key)}: `}${json(each, inner)}`,
  );
  return `${open}\n${items.join(',\n')}\n${indent}${close}`;
}

/** For those who make the roles in another way: words in capitals stand for what is theirs. */
function policies() {
  const given = { Repository: 'ORG/REPO', Project: 'PROJECT', Bucket: 'BUCKET', EcrRepository: 'REPOSITORY' };
  const place = { account: 'ACCOUNT', region: 'REGION', placeholders: true };
  const arns = { InputBuckets: 'arn:aws:s3:::INPUT-BUCKET', KmsKey: 'arn:aws:kms:REGION:ACCOUNT:key/KEY' };
  const secrets = { PullRequestSecrets: 'arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-??????' };
  const { roles } = renderStack({ ...given, ...arns, ...secrets }, place);
  return Object.values(roles)
    .map(({ name, trust, policies }) => {
      const documents = Object.entries({ trust, ...policies }).map(
        ([title, document]) =>
          `<details><summary><code>${title}.json</code></summary>\n\n\`\`\`json\n${json(document)}\n\`\`\`\n\n</details>`,
      );
      return `## ${name}\n\n${documents.join('\n\n')}`;
    })
    .join('\n\n');
}

/** A table of the whole report, and one of each part. */
function members(schema) {
  const typeOf = ({ $ref, allOf, type, items, additionalProperties, enum: words, format }) => {
    const part = ($ref ?? allOf?.[0].$ref)?.split('/').at(-1);
    if (part !== undefined) return `[${part}](#${part})`;
    if (items !== undefined) return `list of ${typeOf(items)}`;
    if (additionalProperties !== undefined) return `name → ${typeOf(additionalProperties)}`;
    return (
      words?.map((word) => `\`${word}\``).join(', ') ?? (format === 'date-time' ? 'time' : [type].flat().join(' or '))
    );
  };
  const part = ({ properties, required }) => {
    const rows = Object.entries(properties).map(([name, member]) => [
      `\`${name}\`${required.includes(name) ? '' : ' (may be missing)'}`,
      typeOf(member),
      member.description,
    ]);
    return table(['member', 'type', 'meaning'], rows);
  };
  const parts = Object.entries(schema.definitions).map(
    ([name, each]) => `### ${name}\n\n${each.description}\n\n${part(each)}`,
  );
  return [part(schema), ...parts].join('\n\n');
}

const action = parseDocument(read('action.yml'));
const images = JSON.parse(read('src/image/catalogue.json'));
const { lists: prices } = JSON.parse(read('src/money/prices.json'));
/** page → name of the part, as in its marks → its text. */
const pages = {
  'docs/reference.md': { inputs: inputs(action), outputs: outputs(action) },
  'docs/frameworks.md': { frameworks: frameworks(images) },
  'docs/money.md': { prices: priceLists(prices) },
  'docs/aws.md': { parameters: parameters(readTemplate()) },
  'docs/aws-policies.md': { policies: policies() },
  'docs/report.md': { members: members(JSON.parse(read('docs/report.schema.json'))) },
};

/** Writes a file anew where it is not what it should be, unless it is only checked; whether it was not. */
function renew(path, page, next) {
  if (next !== page && !process.argv.includes('--check')) writeFileSync(join(root, path), next);
  return next !== page;
}

const stale = Object.entries(pages).filter(([path, parts]) => {
  const page = read(path);
  let next = page;
  for (const [name, text] of Object.entries(parts)) {
    const part = new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- /${name} -->)`);
    if (!part.test(page))
      throw new Error(`${path}: put the marks <!-- ${name} --> and <!-- /${name} --> where the table belongs.`);
    next = next.replace(part, (_, begin, end) => begin + text + end);
  }
  return renew(path, page, next);
});
/** Lists of the stand-in → their texts. */
const lists = {
  'local/sagemaker_local/ecr/aws_images.json': repositories(images),
  'local/sagemaker_local/pricing/prices.json': read('src/money/prices.json'),
};
for (const [path, text] of Object.entries(lists)) {
  const there = existsSync(join(root, path)) ? read(path) : '';
  if (renew(path, there, text)) stale.push([path]);
}
if (process.argv.includes('--check')) {
  const names = stale.map(([path]) => path).join(', ');
  console.log(names === '' ? 'The tables are up to date.' : `Run "npm run tables": ${names}`);
  process.exitCode = names === '' ? 0 : 1;
}
