/** Foreign text in each place of a page, read as GitHub reads it: it changes nothing of the page, and is there as it is. */
import { describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { renderComment } from '../../src/report/comment.ts';
import type { JobReport } from '../../src/report/job-report.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { elementsOf, htmlOf, liveTexts, pageOf, skeletonOf, textOf } from './github-page.ts';
import { failedFacts, reportOf, seriesOf } from './given-report.ts';

/** None of them has a line break. */
const INLINE = [
  '<script>alert(1)</script>',
  '</code></td></tr></table><h1>x</h1>',
  '</pre></details></p></li></ul></blockquote>',
  '<img src=x onerror=alert(1)>',
  '<!-- never closed',
  '<![CDATA[ x',
  '<?php x',
  '&lt;b&gt; &amp; &#64;all',
  '"quoted" \'single\'" onmouseover="x',
  '[text](https://evil.example) [ref] [x]: https://evil.example',
  '![image](https://evil.example/x.png)',
  '<https://evil.example> https://evil.example www.evil.example WWW.evil.example',
  'someone@evil.example mailto:x@evil.example',
  '**bold** __bold__ *it* _it_ ~~gone~~ `code` ``',
  '@everyone @org/team #1 org/repo#2 GH-3 gh-4',
  '| a | b |',
  ':rocket: :x: :+1: \\* \\',
  '$x$ $$y$$ $`z`$ \\(a\\) 5 $ and 6 $',
  '[!CAUTION] > quote',
  '# heading',
  '- list',
  '1. list',
  '::error::x ##[error]x',
  '%%{init: {"theme": "dark"}}%% click x href "javascript:alert(1)"',
  'section X; gantt :done, 1, 2',
];
/** Each ends a block, or begins one. */
const LINES = [
  'one\n\n# heading\n\n- list\n\n```\nfence',
  'a\r\n\r\nb\r\rc',
  '\n```\n\n```mermaid\ngantt\n',
  '\n\n<div>\n\n**b**\n',
  '\n---\n\n| a |\n|---|\n| b |\n',
  '\n\n    indented\n\n> quote\n',
  '[x]: https://evil.example\n[x]',
];
/** Characters that nobody sees. */
const UNSEEN = [
  '\u202Eright to left',
  '\u0000nul',
  'red \u001b[31mcolour\u001b[0m',
  '\u2028line\u2029',
  '\uD800alone',
  '\u0085x',
];

/** Members whose values are words, times and addresses of ours; a member of a list has the list's name before its own. */
const OURS =
  /^(made|job\.(created|ended|status)|phases\..*|results\.(result|url|artifact\.url)|previous\.created|metrics\.axis|links\..*)$/;

/** The report with another text in each place that foreign text can come from. */
function withText(report: JobReport, text: string): JobReport {
  const change = (value: unknown, path: string): unknown => {
    if (typeof value === 'string') return OURS.test(path) ? value : text;
    if (Array.isArray(value)) return value.map((each) => change(each, path));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([name, member]): [string, unknown] => {
      const foreign = path === 'inputs' || path === 'previous.metrics';
      return [foreign ? text : name, change(member, path === '' ? name : `${path}.${name}`)];
    });
    return Object.fromEntries(members);
  };
  return change(report, '') as JobReport;
}

/** A report in which each part of a page is. */
const FULL: JobReport = {
  ...buildReport(
    failedFacts({
      ...{ cause: 'It is in the repository.', notices: ['Interrupted.'], inputs: new Map([['run', 'x']]) },
      series: [seriesOf('loss', 3)],
      cost: { usd: 1, onDemandUsd: 2, hourlyUsd: 3, pricesOf: 'prices' },
    }),
  ),
  gate: [
    { condition: 'loss < 1', metric: 'loss', value: 0.5, fails: true },
    { condition: 'loss > 1', metric: 'loss', value: undefined, fails: true },
    { condition: 'loss > 2', metric: 'loss', value: 0.5, fails: false },
  ],
  results: reportOf().results,
  previous: {
    ...{ job: 'before', prefix: '', created: '2026-11-29T12:00:00.000Z', changes: ['code: x'] },
    metrics: { loss: 0.6 },
  },
};
const PAGES: Readonly<Record<string, (report: JobReport) => string>> = {
  summary: (report) => renderSummary(report),
  comment: (report) => renderComment(report),
  'summary of a skipped task': (report) => renderSummary({ ...report, skipped: true, failure: undefined, gate: [] }),
  'comment of a stopped job': (report) => renderComment({ ...report, job: { ...report.job, status: 'Stopped' } }),
  'summary of an unknown status': (report) => renderSummary({ ...report, job: { ...report.job, status: report.task } }),
};
const ALLOWED = /^(h3|h4|p|strong|code|pre|table|tbody|tr|th|td|ul|li|a|br|sub|span|details|summary|blockquote)$/;

describe.each(Object.entries(PAGES))('in the %s', (_name, render) => {
  const harmless = skeletonOf(pageOf(render(withText(FULL, 'word'))));

  it.each(INLINE)('%j changes nothing', (text) => {
    expect(skeletonOf(pageOf(render(withText(FULL, text))))).toBe(harmless);
  });
  it.each([...INLINE, ...LINES, ...UNSEEN])('%j is text alone', (text) => {
    const markdown = render(withText(FULL, text));
    const page = pageOf(markdown);
    for (const { tagName, attrs } of elementsOf(page)) {
      expect(tagName).toMatch(ALLOWED);
      for (const { name, value } of attrs)
        expect(`${name}=${value}`).toMatch(/^(align=(left|right)|href=https:\/\/[^"<>\s]*|class=language-mermaid)$/);
    }
    expect(liveTexts(page)).toEqual([]);
    const shown = textOf(page).replaceAll('\u00a0', ' ');
    // CommonMark replaces NUL; a page has one kind of line break.
    const once = (given: string): string => given.replaceAll('\u0000', '\ufffd').replace(/\r\n?/g, '\n');
    if (!text.includes('\n')) expect(once(shown)).toContain(once(text).replaceAll('\u00a0', ' '));
    // Each block is whole: within it there is no line end at which Markdown could begin.
    const blocks = markdown.replace(/```mermaid[\s\S]*?```/g, '').replace(/^> ?/gm, '');
    for (const line of blocks.split('\n').filter((each) => each !== ''))
      expect(line).toMatch(/^(<(h3|h4|p|pre|table|ul|details)[ >]|\[!(CAUTION|WARNING)\]$)/);
    expect(htmlOf(markdown).match(/language-mermaid/g)?.length ?? 0).toBe(
      markdown.match(/^```mermaid$/gm)?.length ?? 0,
    );
  });
});

describe('the report', () => {
  it.each(UNSEEN)('has no %j', (text) => {
    const report = buildReport(
      failedFacts({ why: text, notices: [text], series: [{ ...seriesOf(text, 2) }], inputs: new Map([['run', text]]) }),
    );
    const written = JSON.parse(JSON.stringify(report)) as JobReport;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
    const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|[\ud800-\udfff]/;
    for (const shown of [written.why, written.notices[0], written.metrics[0]?.name, written.inputs['run']]) {
      expect(shown).not.toMatch(unseen);
      expect(shown).not.toContain('[31m');
    }
  });
});
