// A headless browser that makes pictures of pages. It and its packages are installed into .cache/pictures.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Pixels for one of the page's: sharp where a browser makes a picture fit its column. */
const SCALE = 1.25;
/** Of a palette: text on one ground needs no more. */
const COLOURS = 64;

/** Installs what package-lock.json names, once. Throws an Error that says what to do. */
export function installPackages(folder) {
  const lock = readFileSync(join(import.meta.dirname, 'package-lock.json'), 'utf8');
  const mark = join(folder, 'complete');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return;
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json'])
    copyFileSync(join(import.meta.dirname, name), join(folder, name));
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) {
    throw new Error(
      `npm could not install the browser and what renders the pages into ${folder}. ` +
        'Check that npm reaches its registry (npm ping), and run npm run pictures again.',
    );
  }
  writeFileSync(mark, lock);
}

/** Starts it. Answers `{ take, close }`; `take(page, { width })` gives the PNG of a page's file. */
export async function startBrowser(packages) {
  const require = createRequire(join(packages, 'package.json'));
  const { chromium } = require('playwright-core');
  const sharp = require('sharp');
  const { default: built } = await import(pathToFileURL(require.resolve('@sparticuz/chromium')).href);
  // Where the browser is unpacked.
  process.env.TMPDIR = packages;
  const browser = await launch(chromium, built);
  const take = async (page, { width }) => {
    const tab = await browser.newPage({ viewport: { width, height: 600 }, deviceScaleFactor: SCALE });
    try {
      await tab.goto(pathToFileURL(page).href);
      await tab.evaluate('drawn()');
      const png = await tab.locator('main').screenshot();
      return await sharp(png).png({ palette: true, colours: COLOURS, effort: 10 }).toBuffer();
    } finally {
      await tab.close();
    }
  };
  return { take, close: () => browser.close() };
}

async function launch(chromium, built) {
  // Several processes: one alone ends with its first page.
  const args = built.args.filter((word) => word !== '--single-process' && word !== '--no-zygote');
  try {
    return await chromium.launch({ executablePath: await built.executablePath(), args, headless: true });
  } catch (error) {
    throw new Error(
      `Chromium did not start: ${error.message.split('\n')[0]} It needs Linux on x64, and Debian's packages libnss3 and libnspr4.`,
      { cause: error },
    );
  }
}
