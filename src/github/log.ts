/**
 * Prints to the workflow log. All output goes through this file: it replaces secrets by `***`, and the runner never
 * executes printed text. A line that looks like a workflow command is printed while commands are off.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
import { randomUUID } from 'node:crypto';
import {
  startGroup as begin,
  endGroup as end,
  error,
  setFailed as fail,
  notice as note,
  setSecret,
  warning as warn,
} from '@actions/core';
import { describeError } from '../core/errors.ts';
import { escapeText } from '../core/markdown.ts';
import { Redactor } from '../core/redact.ts';

/**
 * Workflow commands: `::name::` at the start of a line, `##[name]` anywhere in it. The runner skips blanks before `::` as
 * .NET knows them, U+0085 among them: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
const COMMAND = /^(?:[^\S\n\r\u2028\u2029]|\u0085)*::|##\[/m;
/** Control characters, except the tab and ANSI's escape. Line breaks are handled before. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
const CONTROL = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;

/** `ESC [ … letter`: colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
const COLOURS = /\u001b\[[0-?]*[ -/]*[@-~]/g;
/** What begins or ends a group on GitHub's page of the log, even while commands are off: it is how the runner writes them. */
const GROUP = /^(?:##)?\[(?:end)?group\]/i;

const redactor = new Redactor([]);
/** What was warned of. */
const warned = new Set<string>();

/** Replaces each known secret by `***`. For text that is not printed to the log but written elsewhere. */
export function redact(text: string): string {
  return redactor.redact(text);
}

/** Adds secrets. From now on the log and `redact` show `***` instead. */
export function maskSecrets(secrets: readonly string[]): void {
  for (const secret of secrets) setSecret(secret);
  // In a page a secret stands with its special characters escaped.
  redactor.add(secrets.flatMap((secret) => [secret, escapeText(secret)]));
}

/** Prints a message of the action. It may quote foreign text. */
export function info(text: string): void {
  printForeign('', text.split(LINE_BREAK));
}

/** Returns a function that does the same, but each text once. */
export function infoOnce(): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (!said.has(text)) info(text);
    said.add(text);
  };
}

export function notice(text: string): void {
  note(redact(text));
}

/** Warns, of each trouble once: what is tried again can fail again in the same words. */
export function warning(text: string): void {
  const message = redact(text);
  if (!warned.has(message)) warn(message);
  warned.add(message);
}

/** Fails the step with this message. */
export function setFailed(text: string): void {
  fail(redact(text));
}

/** Fails the step with an error that nothing else caught. Node would print it as it is, and the runner would read it. */
export function failOnUncaughtErrors(): void {
  process.once('uncaughtException', (error) => {
    setFailed(describeError(error));
    process.exit(1);
  });
}

/** Prints the messages of the work as a collapsed group. */
export async function inGroup<T>(title: string, work: () => Promise<T>): Promise<T> {
  startGroup(title);
  try {
    return await work();
  } finally {
    endGroup();
  }
}

/** What is printed from now on is a collapsed group. Groups cannot contain groups. */
export function startGroup(title: string): void {
  begin(redact(title));
}

export function endGroup(): void {
  end();
}

/** Annotates lines of a file with an error. `file` is relative to the workspace. Title and text may be foreign. */
export function annotateLines(
  file: string,
  { first, last }: { readonly first: number; readonly last: number },
  title: string,
  text: string,
): void {
  const lines = text.split(LINE_BREAK).map((line) => redact(harmless(line)));
  error(lines.join('\n'), { file, startLine: first, endLine: last, title: redact(harmless(title)) });
}

/**
 * Prints foreign lines, from a worker or from Docker, each after the label. Turns commands off only around lines that look
 * like some, because the runner prints the two commands that do so into the log:
 * https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs
 */
export function printForeign(label: string, lines: readonly string[]): void {
  const printed = linesOf(label, lines);
  process.stdout.write(COMMAND.test(printed) ? withoutCommands(printed) : printed);
}

function linesOf(label: string, lines: readonly string[]): string {
  return lines
    .map((line) => {
      const text = withoutSecrets(harmless(line));
      return `${label === '' && GROUP.test(text) ? ' ' : label}${text}\n`;
    })
    .join('');
}

/** Takes the colours out of a line in which they part a secret. */
function withoutSecrets(line: string): string {
  const redacted = redact(line);
  if (!redacted.includes('\u001b')) return redacted;
  const plain = redacted.replace(COLOURS, '');
  const again = redact(plain);
  return again === plain ? redacted : again;
}

const LINE_BREAK = /\r\n|[\n\r\u0085\u2028\u2029]/;

/** Replaces line breaks in a line by blanks and removes control characters, which could part a secret too. */
function harmless(line: string): string {
  return line.split(LINE_BREAK).join(' ').replace(CONTROL, '');
}

/** Turns workflow commands off around the text. The token is new and random, so the text cannot turn them on again. */
function withoutCommands(text: string): string {
  const token = randomUUID();
  return `::stop-commands::${token}\n${text}::${token}::\n`;
}
