// Markdown as GitHub shows it: tables, alerts, folded parts, and of foreign HTML what GitHub lets through.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';

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
};

export function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const MERMAID = /^```mermaid\n([\s\S]*?)\n```$/gm;
/** GitHub's alerts: https://docs.github.com/get-started/writing-on-github#alerts */
const ALERT = /<blockquote>\s*<p>\[!(CAUTION|WARNING)\]<\/p>([\s\S]*?)<\/blockquote>/g;

/**
 * Gives what makes HTML of Markdown, by the packages in the folder. `drawn`: HTML of a chart, or undefined to leave it text;
 * `isDead`: whether a link leads nowhere here, so that it is only text. Charts are put in after foreign HTML was taken out: a
 * mark that nobody can guess stands for each.
 */
export function markdownRenderer(packages, { drawn, isDead = () => false }) {
  const require = createRequire(join(packages, 'package.json'));
  const { marked } = require('marked');
  const sanitizeHtml = require('sanitize-html');
  const transformTags = {
    a: (tagName, attribs) => (isDead(attribs.href) ? { tagName: 'span', attribs: {} } : { tagName, attribs }),
  };
  return (markdown) => {
    const charts = [];
    const text = markdown.replace(MERMAID, (block, chart) => {
      const picture = drawn(chart);
      if (picture === undefined) return block;
      charts.push({ mark: `chart-${randomUUID()}`, picture });
      return `<p>${charts.at(-1).mark}</p>`;
    });
    const html = sanitizeHtml(marked.parse(text, { gfm: true, async: false }), { ...ALLOWED, transformTags }).replace(
      ALERT,
      (_, kind, body) =>
        `<div class="markdown-alert markdown-alert-${kind.toLowerCase()}"><p class="markdown-alert-title">${kind[0]}${kind.slice(1).toLowerCase()}</p>${body}</div>`,
    );
    return charts.reduce((page, { mark, picture }) => page.replace(`<p>${mark}</p>`, () => picture), html);
  };
}
