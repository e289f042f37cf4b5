/**
 * How GitHub's runner reads what a step prints and leaves: a model of its source, to see what it would obey.
 * https://github.com/actions/runner: src/Runner.Common/ActionCommand.cs, src/Runner.Worker/ActionCommandManager.cs and
 * FileCommandManager.cs
 */

export interface Command {
  readonly name: string;
  /** What is between the name and the data. */
  readonly properties: string;
  readonly data: string;
}

const REGISTERED = [
  ...['set-env', 'set-output', 'save-state', 'add-mask', 'add-path', 'add-matcher', 'remove-matcher', 'stop-commands'],
  ...['warning', 'error', 'notice', 'debug', 'group', 'endgroup', 'echo'],
];
/** What .NET's TrimStart takes away: https://learn.microsoft.com/dotnet/api/system.char.iswhitespace */
const BLANKS = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** The commands that the runner obeys of a stream's text. Its lines end as .NET's ReadLine has it. */
export function obeyed(text: string): Command[] {
  const found: Command[] = [];
  let token: string | undefined;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const known = token === undefined ? REGISTERED : [...REGISTERED, token];
    const command = parse(line, known);
    if (command === undefined) continue;
    if (token !== undefined) {
      if (command.name.toLowerCase() === token.toLowerCase()) token = undefined;
      continue;
    }
    if (command.name.toLowerCase() === 'stop-commands') token = command.data;
    found.push(command);
  }
  return found;
}

/** `::name properties::data` at the start of a line, or `##[name properties]data` anywhere in it. */
function parse(line: string, known: readonly string[]): Command | undefined {
  const forms = [/^::(.*?)::(.*)$/s.exec(line.replace(BLANKS, '')), /##\[([^\]]*)\](.*)$/s.exec(line)];
  for (const form of forms) {
    const [, info = '', data = ''] = form ?? [];
    const at = info.indexOf(' ');
    const name = at < 0 ? info : info.slice(0, at);
    if (form !== null && known.some((each) => each.toLowerCase() === name.toLowerCase()))
      return { name, properties: at < 0 ? '' : info.slice(at + 1), data };
  }
  return undefined;
}

/** The names that a file such as GITHUB_OUTPUT sets: `NAME=VALUE`, or `NAME<<DELIMITER`, lines, `DELIMITER`. */
export function namesIn(file: string): string[] {
  const names: string[] = [];
  const lines = file.split(/\r\n|\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) names.push(line.slice(0, equals));
    else if (heredoc >= 0) {
      names.push(line.slice(0, heredoc));
      const end = lines.indexOf(line.slice(heredoc + 2), at + 1);
      if (end < 0) throw new Error(`the file has no end of ${line}`);
      at = end;
    } else throw new Error(`the runner fails at the line ${JSON.stringify(line)}`);
  }
  return names;
}
