// Renders job summaries as GitHub does: `render.mjs PACKAGES PAGE`, with `[{ title, markdown }]` on standard input. The page
// needs nothing but itself: its style is in it, and it has no scripts.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { drawn } from './charts.mjs';
import { escapeHtml, markdownRenderer } from './markdown.mjs';

const [packages = '', page = ''] = process.argv.slice(2);
const require = createRequire(join(packages, 'package.json'));
const style = readFileSync(require.resolve('github-markdown-css/github-markdown.css'), 'utf8');
const htmlOf = markdownRenderer(packages, { drawn, isDead: ofConsole });

/** AWS's console does not know the jobs of this machine. */
function ofConsole(href = '') {
  return URL.canParse(href) && /(^|\.)console\.aws\.amazon\.com(\.cn)?$/.test(new URL(href).hostname);
}

function boxOf({ title, markdown }) {
  const html = htmlOf(markdown);
  return `<section>\n<header>${escapeHtml(title)}</header>\n<div class="content">\n${html}</div>\n</section>`;
}

const summaries = JSON.parse(readFileSync(0, 'utf8'));
writeFileSync(
  page,
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>npm run demo: the steps' summaries</title>
<style>
${style}
body.markdown-body { margin: 0; padding: 32px 16px; min-height: 100vh; box-sizing: border-box; }
main { max-width: 860px; margin: 0 auto; }
section { border: 1px solid var(--borderColor-default); border-radius: 6px; margin: 16px 0; overflow: hidden; }
header { padding: 8px 16px; font-weight: 600; background: var(--bgColor-muted); border-bottom: 1px solid var(--borderColor-default); }
.content { padding: 16px; }
.content > :first-child { margin-top: 0; }
.content > :last-child { margin-bottom: 0; }
svg { width: 100%; font-size: 13px; margin-bottom: 16px; }
svg.lines { max-width: 560px; display: block; }
svg .line { fill: none; stroke-width: 2; }
svg .axis { fill: none; stroke: var(--fgColor-muted); }
svg text { fill: var(--fgColor-muted); }
svg text.name { fill: var(--fgColor-default); }
svg .bar { fill: var(--bgColor-accent-emphasis, #0969da); opacity: 0.6; }
svg .active { fill: var(--bgColor-accent-emphasis, #0969da); }
svg .waiting { fill: var(--borderColor-default); }
svg .crit { fill: var(--bgColor-danger-emphasis, #cf222e); }
</style>
</head>
<body class="markdown-body">
<main>
<h1>The summaries of the steps</h1>
<p>As GitHub shows them on the page of a workflow run. <code>npm run demo</code> wrote this one.</p>
${summaries.map(boxOf).join('\n')}
</main>
</body>
</html>
`,
);
