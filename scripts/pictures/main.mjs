// The story of the pictures: runs of the action and of the SageMaker SDK → their texts → pages → pictures. A picture stays as
// it is if its text differs in times and names alone.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { masked } from '../../__tests__/pictures/masked.ts';
import { FOLDER, hashOf, PICTURES, recordsOf, textOf } from '../../__tests__/pictures/record.ts';
import { sourcesOf } from '../../__tests__/pictures/runs.ts';
import { sdkSourcesOf } from '../../__tests__/pictures/sdk.ts';
import { installPackages, startBrowser } from './browser.mjs';
import { pageMaker } from './pages.mjs';
import { installSdk } from './python.mjs';

const root = join(import.meta.dirname, '..', '..');
const packages = join(root, '.cache', 'pictures');
const venv = process.env.SAGEMAKER_LOCAL_VENV || join(root, '.cache', 'venv');
/** Seconds that an epoch takes at least. */
const PACE = 0.5;
/** Pixels: what GitHub's page of a run has on a desktop. */
const WIDTH = 1000;

/** `asked`: the pictures to make anew, whatever they show. None: all that are out of date. */
export async function makePictures(asked) {
  const unknown = asked.filter((name) => !PICTURES.includes(name));
  if (unknown.length > 0) throw new Error(`there is no picture ${unknown.join(', ')}, but: ${PICTURES.join(', ')}.`);
  if (!existsSync(join(venv, 'bin', 'python')))
    throw new Error(`the stand-in for AWS has no Python packages in ${venv}. "npm test -- action" installs them.`);
  installPackages(packages);
  const sources = await sourcesFor(asked.length === 0 ? PICTURES : asked);
  const stale = Object.entries(sources).filter(([name, text]) => asked.includes(name) || isStale(name, text));
  if (stale.length === 0) return say('All pictures are up to date.');
  const browser = await startBrowser(packages);
  try {
    const make = pageMaker(packages);
    for (const [name, text] of stale) await picture(browser, name, text, make(name, text));
  } finally {
    await browser.close();
  }
}

/** The texts of these pictures. What none of them shows is not run. */
async function sourcesFor(names) {
  const ofSdk = names.filter((name) => name.startsWith('sdk'));
  const made = {
    ...(ofSdk.length < names.length ? await sourcesOf(PACE) : {}),
    ...(ofSdk.length > 0 ? await sdkSourcesOf(installSdk(packages)) : {}),
  };
  return Object.fromEntries(names.map((name) => [name, `${made[name]}\n`]));
}

function isStale(name, text) {
  const file = join(FOLDER, `${name}.png`);
  if (!existsSync(file) || recordsOf()[name]?.picture !== hashOf(readFileSync(file))) return true;
  return masked(textOf(name)) !== masked(text);
}

async function picture(browser, name, text, html) {
  const page = join(packages, `${name}.html`);
  writeFileSync(page, html);
  const png = await browser.take(page, { width: WIDTH });
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${name}.png`), png);
  writeFileSync(join(FOLDER, `${name}.txt`), text);
  const records = { ...recordsOf(), [name]: { text: hashOf(text), picture: hashOf(png) } };
  const ordered = Object.fromEntries(PICTURES.filter((one) => one in records).map((one) => [one, records[one]]));
  writeFileSync(join(FOLDER, 'pictures.json'), `${JSON.stringify(ordered, null, 2)}\n`);
  say(`docs/pictures/${name}.png: ${Math.round(png.length / 1024)} KiB`);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
