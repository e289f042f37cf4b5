// Renders job summaries as GitHub does: `render.mjs PACKAGES PAGE`, with `[{ title, markdown }]` on standard input. The page
// needs nothing but itself: its style is in it, and it has no scripts.
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { drawn } from './charts.mjs';

const [packages = '', page = ''] = process.argv.slice(2);
const require = createRequire(join(packages, 'package.json'));
const { marked } = require('marked');
const sanitizeHtml = require('sanitize-html');
const style = readFileSync(require.resolve('github-markdown-css/github-markdown.css'), 'utf8');

/**
 * What GitHub lets through, without pictures, which the page could not load.
 * https://github.com/gjtorikian/html-pipeline/blob/main/lib/html_pipeline/sanitization_filter.rb
 */
const ALLOWED = {
  allowedTags: [
    ...[
      'h1',
      'h2',
      'h3',
      'h4',
      'h5',
      'h6',
      'br',
      'b',
      'i',
      'strong',
      'em',
      'a',
      'pre',
      'code',
      'tt',
      'div',
      'ins',
      'del',
    ],
    ...['sup', 'sub', 'p', 'ol', 'ul', 'table', 'thead', 'tbody', 'tfoot', 'blockquote', 'dl', 'dt', 'dd', 'kbd', 'q'],
    ...['samp', 'var', 'hr', 'li', 'tr', 'td', 'th', 's', 'strike', 'summary', 'details', 'caption', 'span', 'small'],
  ],
  allowedAttributes: { a: ['href'], details: ['open'], ol: ['start'], '*': ['align', 'colspan', 'rowspan'] },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  // AWS's console does not know the jobs of this machine.
  transformTags: {
    a: (tagName, attribs) => (ofConsole(attribs.href) ? { tagName: 'span', attribs: {} } : { tagName, attribs }),
  },
};

function ofConsole(href = '') {
  return URL.canParse(href) && /(^|\.)console\.aws\.amazon\.com(\.cn)?$/.test(new URL(href).hostname);
}

function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const MERMAID = /^```mermaid\n([\s\S]*?)\n```$/gm;
/** GitHub's alerts: https://docs.github.com/get-started/writing-on-github#alerts */
const ALERT = /<blockquote>\s*<p>\[!(CAUTION|WARNING)\]<\/p>([\s\S]*?)<\/blockquote>/g;

/** HTML of Markdown. Charts are put in after foreign HTML was taken out: a mark that nobody can guess stands for each. */
function htmlOf(markdown) {
  const charts = [];
  const text = markdown.replace(MERMAID, (block, chart) => {
    const picture = drawn(chart);
    if (picture === undefined) return block;
    charts.push({ mark: `chart-${randomUUID()}`, picture });
    return `<p>${charts.at(-1).mark}</p>`;
  });
  const html = sanitizeHtml(marked.parse(text, { gfm: true, async: false }), ALLOWED).replace(
    ALERT,
    (_, kind, body) =>
      `<div class="markdown-alert markdown-alert-${kind.toLowerCase()}"><p class="markdown-alert-title">${kind[0]}${kind.slice(1).toLowerCase()}</p>${body}</div>`,
  );
  return charts.reduce((page, { mark, picture }) => page.replace(`<p>${mark}</p>`, picture), html);
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
