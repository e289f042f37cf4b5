// The page in a real browser: `page.mjs FOLDER URL JOB`, FOLDER holding the packages of package.json. Says `ready` when it
// looks at the list; the job is to be created then. Its lines are `<script>…`, `second` some seconds later, and `last`.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { argv, env, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';

const [folder, url, job] = argv.slice(2);
env.TMPDIR = join(folder, 'unpacked');
mkdirSync(env.TMPDIR, { recursive: true });
const require = createRequire(join(folder, 'package.json'));
const at = require.resolve('@sparticuz/chromium');
const { default: packed, inflate } = await import(pathToFileURL(at));
const executablePath = await packed.executablePath();
// What a machine without a desktop lacks is in the package too: libraries and a font, whose own settings name /tmp.
const libraries = join(await inflate(join(dirname(at), '..', 'bin', 'al2023.tar.br')), 'lib');
const fonts = join(env.TMPDIR, 'fonts.conf');
const dirs = ['/usr/share/fonts', join(env.TMPDIR, 'fonts')].map((dir) => `<dir>${dir}</dir>`).join('');
writeFileSync(fonts, `<fontconfig>${dirs}<cachedir>${join(env.TMPDIR, 'cache')}</cachedir></fontconfig>`);
const browser = await require('playwright-core').chromium.launch({
  executablePath,
  env: { ...env, LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: fonts },
  args: ['--no-sandbox'], // which root cannot have
});
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const told = [];
async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 300 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => told.push(`${path}: ${message.text()}`));
  page.on('pageerror', (error) => told.push(`${path}: ${error.message}`));
  page.on('dialog', async (dialog) => {
    told.push(`${path}: a dialog`);
    await dialog.dismiss();
  });
  await page.goto(`${url}${path}`);
  return page;
}

async function judge(page) {
  const { violations } = await page.evaluate(`${axe}; axe.run()`);
  const found = violations.map((each) => `${each.impact} ${each.id}: ${each.nodes.map((node) => node.html).join(' ')}`);
  assert.deepEqual(found, [], page.url());
}

const ONCE = 'window.loadedOnce = true';
const own = `/_local/jobs/us-east-1/${job}`;
try {
  const list = await open('/');
  assert.equal(new URL(list.url()).pathname, '/_local/');
  await list.evaluate(ONCE);
  stdout.write('ready\n');

  // The list shows the job as it comes and goes on, and stays where it was scrolled to.
  const row = list.locator('tr', { hasText: job });
  await row.getByText('InProgress').waitFor();
  await list.evaluate('document.body.style.minHeight = "2000px"; window.scrollTo(0, 137)');
  await row.getByRole('link').focus();
  const page = await open(own);
  await page.evaluate(ONCE);
  const log = page.getByRole('log');
  await log.getByText("<script>alert('here')</script>").waitFor();
  assert.equal(await log.getByText('second').count(), 0);
  await log.getByText('second').waitFor();
  await page.getByText('Completed').first().waitFor();
  await log.getByText('last').waitFor();
  assert.ok(await log.evaluate((box) => box.scrollTop + box.clientHeight >= box.scrollHeight - 4 && box.scrollTop > 0));
  await row.getByText('Completed').waitFor();
  assert.equal(await list.evaluate('window.scrollY'), 137);
  assert.equal(await list.evaluate('document.activeElement.textContent'), job);
  for (const each of [list, page]) assert.equal(await each.evaluate('window.loadedOnce'), true, 'it was loaded again');

  for (const colorScheme of ['light', 'dark']) {
    for (const path of ['/_local/', own, `${own}/log`, `${own}/files`]) {
      const looked = await open(path, { colorScheme, viewport: { width: 390, height: 800 } });
      const back = await looked.evaluate('getComputedStyle(document.body).backgroundColor');
      assert.equal(back === 'rgb(255, 255, 255)', colorScheme === 'light');
      assert.ok(await looked.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${path} is too wide`);
      await judge(looked);
      await looked.context().close();
    }
  }

  const files = await open(`${own}/files`);
  const [download] = await Promise.all([
    files.waitForEvent('download'),
    files.getByRole('link', { name: '"quoted" <b>.txt' }).click(),
  ]);
  assert.equal(readFileSync(await download.path(), 'utf8'), 'the bytes\n');
  assert.equal(await files.title(), `Files of ${job} · AWS on this machine`);

  const plain = await open('/_local/', { javaScriptEnabled: false });
  await plain.waitForEvent('framenavigated'); // by itself
  await plain.getByRole('link', { name: job }).waitFor();
  assert.deepEqual(told, []);
} finally {
  await browser.close();
}
