/**
 * A step's output as the runner keeps it: each line with its time, and commands as `##[error]` and the like. That is the log
 * that GitHub shows with groups and colours, and gives as a file.
 * https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs
 */

const SHOWN: ReadonlySet<string> = new Set(['group', 'endgroup', 'error', 'warning', 'notice']);
/** As @actions/core encodes a message. */
const CODES: Readonly<Record<string, string>> = { '%0D': '', '%0A': '\n', '%25': '%' };

/** Takes output in pieces as it comes. */
export class RawLog {
  readonly lines: string[] = [];
  #rest = '';
  /** What ends the time in which no commands are obeyed. */
  #resume: string | undefined;

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    const [, command, value = ''] = /^::([\w-]+)(?: [^:]*)?::(.*)$/.exec(line) ?? [];
    if (this.#resume !== undefined) {
      if (command === this.#resume) this.#resume = undefined;
      else this.#keep(line);
    } else if (command === 'stop-commands') this.#resume = value;
    else if (command === undefined) this.#keep(line);
    else if (SHOWN.has(command))
      this.#keep(`##[${command}]${value.replace(/%0D|%0A|%25/g, (code) => CODES[code] ?? '')}`);
  }

  #keep(text: string): void {
    const time = new Date().toISOString();
    this.lines.push(...text.split('\n').map((line) => `${time} ${line}`));
  }
}
