// A picture's page: HTML of its text, as GitHub or a terminal shows it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { escapeHtml, markdownRenderer } from '../demo/markdown.mjs';
import { logPage } from './log.mjs';

const root = join(import.meta.dirname, '..', '..');
const STEP = 'Run org/simple-sagemaker-action@v1';
/** Lines of a file above and below an annotation. */
const AROUND = 3;

/** Gives what makes a page: `(name, text, { dark })` → HTML. `packages`: where its packages are. */
export function pageMaker(packages) {
  const require = createRequire(join(packages, 'package.json'));
  const theme = (dark) =>
    readFileSync(require.resolve(`github-markdown-css/github-markdown-${dark ? 'dark' : 'light'}.css`), 'utf8');
  const fonts = ['noto-sans/400', 'noto-sans/600', 'noto-sans-mono/400', 'noto-sans-mono/700'];
  const sheets = [...fonts.map((name) => `@fontsource/${name}.css`), '@infolektuell/noto-color-emoji/index.css'];
  const links = sheets.map((path) => `<link rel="stylesheet" href="file://${require.resolve(path)}">`);
  const style = readFileSync(join(import.meta.dirname, 'style.css'), 'utf8');
  const mermaid = `file://${join(root, 'node_modules', '@mermaid-js', 'tiny', 'dist', 'mermaid.tiny.js')}`;
  const markdown = markdownRenderer(packages, { drawn: (chart) => `<pre class="mermaid">${escapeHtml(chart)}</pre>` });
  const box = (title, text) =>
    `<section class="box"><header>${title}</header><div class="content">${markdown(text)}</div></section>`;
  const bodies = {
    log: (text) => logPage(STEP, text),
    failure: (text) => logPage(STEP, text),
    page: (text) => box('train summary', text),
    comment: (text) =>
      `<div class="comment"><div class="avatar"></div>${box('<b>github-actions</b> <em>bot</em> commented', text)}</div>`,
    annotation,
    gate: (text) => {
      const [log = '', ...page] = text.split('\n\n');
      return logPage(STEP, log) + box('train summary', page.join('\n\n'));
    },
    sdk: terminal,
    'sdk-failure': terminal,
  };
  return (name, text, { dark = false } = {}) => `<!doctype html>
<html lang="en" class="${dark ? 'dark' : 'light'}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${links.join('\n')}
<style>${theme(dark)}</style>
<style>${style}</style>
<script src="${mermaid}"></script>
<script>mermaid.initialize({ startOnLoad: false, theme: '${dark ? 'dark' : 'default'}', fontFamily: '"Noto Sans", sans-serif' });</script>
<body class="markdown-body"><main class="${name}">${bodies[name](text.trimEnd())}</main>
<script>
  const drawn = async () => {
    await document.fonts.ready;
    await mermaid.run();
  };
</script>
</body>
</html>
`;
}

/** The line of a file on a pull request's page of changes. `text`: the command that annotates it. */
function annotation(text) {
  const [, properties = '', message = ''] = /^::error (.*?)::(.*)$/.exec(text) ?? [];
  const { file, line, title } = Object.fromEntries(
    properties.split(',').map((each) => [each.split('=', 1)[0], decoded(each.slice(each.indexOf('=') + 1))]),
  );
  const at = Number(line);
  const lines = readFileSync(join(root, 'examples', 'demo', 'code', file), 'utf8').split('\n');
  const rows = lines.slice(at - 1 - AROUND, at + AROUND).map((code, index) => {
    const number = at - AROUND + index;
    const row = `<div class="row"><i>${number}</i><span>${escapeHtml(code)}</span></div>`;
    return number === at ? row + noteOf(title, decoded(message)) : row;
  });
  return `<section class="diff"><header>▾ <code>${escapeHtml(file)}</code></header><div class="lines">${rows.join('')}</div></section>`;
}

function noteOf(title, message) {
  const check = '<p><b class="bad">✕</b> <b>GitHub Actions</b> / train</p>';
  return `<div class="note">${check}<h4>${escapeHtml(title)}</h4><pre>${escapeHtml(message)}</pre></div>`;
}

const CODES = { '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',', '%25': '%' };

function decoded(text) {
  return text.replace(/%(?:0D|0A|3A|2C|25)/g, (code) => CODES[code]);
}

/** What a program printed: its command, how many lines are above, and the last ones. */
function terminal(text) {
  const [command, above, ...lines] = text.split('\n');
  const rows = lines.map((line) => `<span>${escapeHtml(line)}</span>`).join('\n');
  return `<section class="terminal"><header><i></i><i></i><i></i></header><pre><b>${escapeHtml(command)}</b>\n<em>${escapeHtml(above)}</em>\n${rows}</pre></section>`;
}
