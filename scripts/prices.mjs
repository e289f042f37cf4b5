// Writes src/money/prices.json: the on-demand prices of SageMaker's training instances, from AWS's price list, whose form is
// https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/bulk-api-reading-price-list-files.html
//
//   npm run prices                all regions, from AWS: some hundred MB, without credentials
//   npm run prices -- FILE …      the regions of these files: index.json of a region, downloaded before
//
// A region's list replaces all that the table has of the region; other regions stay. Then: npm run tables.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { trainingRate } from '../src/aws/price-list.ts';

const HOST = 'https://pricing.us-east-1.amazonaws.com';
const REGIONS = '/offers/v1.0/aws/AmazonSageMaker/current/region_index.json';
const TABLE = join(import.meta.dirname, '..', 'src', 'money', 'prices.json');

/** The lists of an offer file, one for each of its regions. Throws an Error if it is no offer file of SageMaker. */
export function listsOf(offer) {
  const { offerCode, version, publicationDate = '', products, terms } = offer;
  const published = /^\d{4}-\d\d-\d\d(?=T)/.exec(publicationDate)?.[0];
  if (offerCode !== 'AmazonSageMaker' || published === undefined || !products || !terms?.OnDemand)
    throw new Error('This is not a price list of AmazonSageMaker with products, terms and a date of publication.');
  const regions = new Map();
  for (const [sku, product] of Object.entries(products)) {
    const rate = trainingRate(product, terms.OnDemand[sku]);
    if (rate === undefined) continue;
    const hourly = regions.get(rate.region) ?? new Map();
    // The highest price, so that no job costs more than its estimate.
    hourly.set(rate.instanceType, Math.max(rate.hourlyUsd, hourly.get(rate.instanceType) ?? 0));
    regions.set(rate.region, hourly);
  }
  return [...regions].map(([region, hourly]) => ({
    region,
    published,
    from: `AWS's price list, ${HOST}/offers/v1.0/aws/AmazonSageMaker/${version}/${region}/index.json`,
    hourly: Object.fromEntries([...hourly].sort(([a], [b]) => (a < b ? -1 : 1))),
  }));
}

/** The table with these lists in place of what it has of their regions. */
export function renewed(table, lists) {
  const regions = new Set(lists.map(({ region }) => region));
  const kept = table.lists.filter(({ region }) => !regions.has(region));
  return { ...table, lists: [...kept, ...lists].sort((a, b) => (a.region < b.region ? -1 : 1)) };
}

/** The table as JSON, with the types of a family in a line. */
export function tableText({ about, lists }) {
  const texts = lists.map(({ hourly, ...list }) => {
    const families = Map.groupBy(Object.entries(hourly), ([type]) => type.split('.')[1]);
    const lines = [...families.values()].map((types) => types.map((each) => each.map(JSON.stringify).join(': ')));
    const prices = lines.map((line) => `      ${line.join(', ')}`).join(',\n');
    const about = Object.entries(list).map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
    return `  {\n${about.join(',\n')},\n    "hourly": {\n${prices}\n    }\n  }`;
  });
  return `{\n"about": ${JSON.stringify(about)},\n"lists": [\n${texts.join(',\n')}\n]\n}\n`;
}

async function fromAws(path) {
  const answer = await fetch(HOST + path);
  if (!answer.ok) throw new Error(`${HOST}${path}: ${answer.status}`);
  return answer.json();
}

async function main(files) {
  const lists = [];
  for (const file of files) lists.push(...listsOf(JSON.parse(readFileSync(file, 'utf8'))));
  if (files.length === 0) {
    const { regions } = await fromAws(REGIONS);
    for (const { currentVersionUrl } of Object.values(regions))
      lists.push(...listsOf(await fromAws(currentVersionUrl)));
  }
  writeFileSync(TABLE, tableText(renewed(JSON.parse(readFileSync(TABLE, 'utf8')), lists)));
  for (const { region, published, hourly } of lists)
    console.log(`${region}: ${Object.keys(hourly).length} prices, published ${published}`);
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
