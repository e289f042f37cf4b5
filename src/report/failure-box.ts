/** Why a step failed: the job's failure with the worker's own error first, or the conditions of `fail-if` that hold. */

import type { Section } from '../core/fit-sections.ts';
import { code, link, preformatted, words } from '../core/markdown.ts';
import type { RepositoryLine, WorkerError } from '../failure/worker-error.ts';
import type { GateResult } from '../metrics/gate.ts';
import { metricText } from '../metrics/number-text.ts';
import type { Failure, JobReport } from './job-report.ts';

/** Further errors are in the log. */
const MOST_ERRORS = 5;
/** Characters of a message, and lines of a traceback, if the page is too long. */
const SHORT_MESSAGE = 4_000;
const SHORT_TRACEBACK = 60;
const SHORT_LINE = 500;

export function failureBox({ failure, links, job }: JobReport): Section {
  const name = 'failure';
  if (failure === undefined) return { name, importance: 90, text: '' };
  const kind = job.status === 'Stopped' ? 'WARNING' : 'CAUTION';
  const text = (shown: (message: string) => string): string => box(kind, blocks(failure, links.files, shown));
  return { name, importance: 90, text: text((message) => message), short: text(shortMessage) };
}

/** The tracebacks, folded but for the first. */
export function tracebacks({ failure }: JobReport): Section {
  const errors = (failure?.errors ?? []).slice(0, MOST_ERRORS).filter(({ lines }) => lines.length > 1);
  const text = (shown: (lines: readonly string[]) => readonly string[]): string =>
    errors
      .map(
        ({ type, hosts, lines }) =>
          `<details><summary>Traceback of ${code(type)}${onHosts(hosts)}</summary>${preformatted(shown(lines).join('\n'))}</details>`,
      )
      .join('\n\n');
  return { name: 'tracebacks', importance: 60, text: text((lines) => lines), short: text(shortTraceback) };
}

/** The conditions of `fail-if`. */
export function gateBox({ gate }: JobReport): Section {
  const failing = gate.filter(({ fails }) => fails);
  const passing = gate.filter(({ fails }) => !fails);
  const parts = [
    ...(failing.length === 0
      ? []
      : [
          box(
            'CAUTION',
            failing.map((one) => `<p>❌ ${gateText(one)}</p>`),
          ),
        ]),
    ...(passing.length === 0 ? [] : [`<p>${passing.map((one) => `✅ ${gateText(one)}`).join('<br>')}</p>`]),
  ];
  return { name: 'fail-if', importance: 88, text: parts.join('\n\n') };
}

function gateText({ condition, metric, value, fails }: GateResult): string {
  if (value === undefined) return `${code(condition)}: the job printed no metric ${code(metric)}`;
  return `${code(condition)} ${fails ? 'holds' : 'does not hold'}: ${code(metric)} is ${code(metricText(value))}`;
}

function blocks(
  { reason, cause, hint, errors }: Failure,
  files: string,
  shown: (message: string) => string,
): readonly string[] {
  const more = errors.length - MOST_ERRORS;
  return [
    ...errors.slice(0, MOST_ERRORS).map((error) => errorLine(error, files, shown)),
    ...(more > 0 ? [`<p>The log has ${more} more.</p>`] : []),
    ...(errors.length === 0
      ? [preformatted(shown(reason))]
      : [folded('What SageMaker says', preformatted(shown(reason)))]),
    ...(cause === undefined ? [] : cause.split('\n').map((line) => `<p>${words(shown(line))}</p>`)),
    ...(hint === '' ? [] : [`<p>${words(hint)}</p>`]),
  ];
}

function errorLine(
  { type, message, place, hosts }: WorkerError,
  files: string,
  shown: (text: string) => string,
): string {
  const at = place === undefined ? '' : ` in ${placeLink(place, files)}`;
  const [first = '', ...rest] = shown(message).trim().split('\n');
  const text = rest.length === 0 ? code(first) : preformatted([first, ...rest].join('\n'));
  return `<p><strong>${code(type)}</strong>${at}${onHosts(hosts)}${first === '' ? '' : rest.length === 0 ? `: ${text}` : ':'}</p>${rest.length === 0 ? '' : text}`;
}

function placeLink({ file, line }: RepositoryLine, files: string): string {
  const path = file.toWellFormed().split('/').map(encodeURIComponent).join('/');
  return link(files === '' ? '' : `${files}${path}#L${line}`, code(`${file}:${line}`));
}

function onHosts(hosts: readonly string[]): string {
  if (hosts.length === 0) return '';
  const shown = hosts.slice(0, 4).map(code).join(', ');
  return ` on ${shown}${hosts.length > 4 ? ` and ${hosts.length - 4} more` : ''}`;
}

function folded(title: string, html: string): string {
  return `<details><summary>${title}</summary>${html}</details>`;
}

/** https://docs.github.com/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#alerts */
function box(kind: 'CAUTION' | 'WARNING', html: readonly string[]): string {
  return [`[!${kind}]`, ...html].map((line) => `> ${line}`).join('\n');
}

function shortMessage(message: string): string {
  return message.length <= SHORT_MESSAGE ? message : `${message.slice(0, SHORT_MESSAGE)} … (cut)`;
}

function shortTraceback(lines: readonly string[]): readonly string[] {
  const last = lines
    .slice(-SHORT_TRACEBACK)
    .map((line) => (line.length > SHORT_LINE ? `${line.slice(0, SHORT_LINE)} …` : line));
  return lines.length > last.length ? [`… (${lines.length - last.length} lines more in the log)`, ...last] : last;
}
