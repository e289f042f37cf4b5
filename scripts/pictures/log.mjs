// A step's log as GitHub's page shows it: numbered lines with their times, groups folded, errors in red.
import { escapeHtml } from '../demo/markdown.mjs';

const LABELS = { error: 'Error: ', warning: 'Warning: ', notice: 'Notice: ' };
const LINE = /^(20\d\d-\S+Z) (?:##\[(\w+)\])?(.*)$/;

/** HTML of a raw log: a time before each line, and `##[group]` and the like. `step`: what the page calls the step. */
export function logPage(step, text) {
  const lines = text.split('\n').map((line) => LINE.exec(line) ?? [line, '', undefined, line]);
  const rows = [];
  let isFolded = false;
  for (const [, time, command = '', content] of lines) {
    if (command === 'endgroup') isFolded = false;
    else if (command === 'group') {
      rows.push(row(rows.length, time, 'group', `▸ ${escapeHtml(content)}`));
      isFolded = true;
    } else if (!isFolded) {
      const label = Object.hasOwn(LABELS, command) ? `<b>${LABELS[command]}</b>` : '';
      rows.push(row(rows.length, time, command, label + linked(content)));
    }
  }
  const isFailed = /^\S+ ##\[error\]/m.test(text);
  const icon = isFailed ? '<b class="bad">✕</b>' : '<b class="good">✓</b>';
  return `<section class="log"><header>▾ ${icon} ${escapeHtml(step)}</header><div>${rows.join('')}</div></section>`;
}

function row(index, time, kind, html) {
  return `<div class="row ${kind}"><i>${index + 1}</i><time>${shownTime(time)}</time><span>${html}</span></div>`;
}

/** `Mon, 30 Nov 2026 12:05:00 GMT`, as GitHub's option "Show timestamps". */
function shownTime(time) {
  return time === '' ? '' : new Date(time).toUTCString();
}

function linked(text) {
  return text
    .split(/(https:\/\/\S+)/)
    .map((part, index) => (index % 2 === 0 ? escapeHtml(part) : `<u>${escapeHtml(part)}</u>`))
    .join('');
}
