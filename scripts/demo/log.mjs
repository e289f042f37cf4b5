// A step's output as a runner's page shows it: groups as headings, workflow commands obeyed, a worker's lines apart.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
import { bold, cyan, dim, harmless, red, say, yellow } from './terminal.mjs';

const COLOURS = { error: red, warning: yellow, notice: cyan };
const LONGEST_URL = 60;
/** Of an error. */
const MOST_LINES = 3;
/** `[00:01:12] Training: …`: a line about the job. */
const STATUS = /^\[\d\d:\d\d:\d\d\] (\w+)/;

/** `open`: whether groups are unfolded; `plainly`: errors whole, but without a traceback's lines. */
export class StepLog {
  #open;
  #plainly;
  #rest = '';
  #resume;
  #group;
  #folded = 0;
  /** Whether lines are the worker's: those between the begin of the training and the next line about the job. */
  #training = false;
  #spoken = 0;

  constructor({ open = true, plainly = false } = {}) {
    this.#open = open;
    this.#plainly = plainly;
  }

  /** When it printed last, in milliseconds. */
  get spoken() {
    return this.#spoken;
  }

  add(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  end() {
    if (this.#rest !== '') this.#line(this.#rest);
    this.#rest = '';
    this.#closeGroup();
  }

  #line(line) {
    this.#spoken = Date.now();
    if (this.#resume !== undefined) {
      if (line === `::${this.#resume}::`) this.#resume = undefined;
      else this.#foreign(line);
      return;
    }
    const [, command, properties = '', value = ''] = /^::([\w-]+)([^:]*)::(.*)$/.exec(line) ?? [];
    const status = STATUS.exec(line)?.[1];
    if (status !== undefined) this.#training = status === 'Training';
    // The worker's traceback stands once more at the end.
    if (/^The worker's error \(.*\):$/.test(line)) {
      this.#training = true;
      return this.#own(line);
    }
    if (command === undefined && status === undefined && this.#training) this.#foreign(line);
    else if (command === undefined) this.#own(line);
    else if (command === 'stop-commands') this.#resume = value;
    else if (command === 'group') this.#openGroup(value);
    else if (command === 'endgroup') this.#closeGroup();
    else if (Object.hasOwn(COLOURS, command)) this.#annotation(command, atLine(properties) ?? decode(value));
    if (command === 'error') this.#training = false;
  }

  #own(line) {
    if (line.trim() === '') return;
    if (this.#group !== undefined && !this.#open) this.#folded += 1;
    else say(`${this.#group === undefined ? '' : '  '}${shortened(harmless(line))}`);
  }

  /** `[HOST] TEXT`, or a text alone where there is one instance. */
  #foreign(line) {
    const [, host = '', text = line] = /^(\[algo-\d+\] )?(.*)$/.exec(line) ?? [];
    if (text.trim() === '') return;
    if (this.#group !== undefined && !this.#open) this.#folded += 1;
    else say(`  ${dim('│')} ${cyan(host)}${harmless(text)}`);
  }

  #openGroup(title) {
    this.#group = title;
    if (this.#open) say(bold(`▾ ${harmless(title)}`));
  }

  #closeGroup() {
    if (this.#group !== undefined && !this.#open) {
      say(bold(`▸ ${harmless(this.#group)}`) + dim(` (${this.#folded} ${this.#folded === 1 ? 'line' : 'lines'})`));
    }
    this.#group = undefined;
    this.#folded = 0;
  }

  /** The first lines and the last, which is the remedy: what lies between, a worker's traceback, stands above. */
  #annotation(command, text) {
    const lines = (this.#plainly ? withoutFrames(text) : text).split('\n').filter((line) => line.trim() !== '');
    const left = lines.length - MOST_LINES;
    if (left > 1 && !this.#plainly) lines.splice(MOST_LINES - 1, left, `… ${left} more lines …`);
    for (const [index, line] of lines.entries()) {
      say(index === 0 ? COLOURS[command](`${command}: ${harmless(line)}`) : `  ${harmless(line)}`);
    }
  }
}

/** As the toolkit encodes a message, and a property. */
function decode(value) {
  const plain = value.replaceAll('%3A', ':').replaceAll('%2C', ',');
  return plain.replaceAll('%0D', '').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

/** `FILE:LINE: TITLE` of an annotation, which GitHub shows at that line. Undefined for a message that has none. */
function atLine(properties) {
  const { file, line, title } = Object.fromEntries(
    properties
      .trim()
      .split(',')
      .map((property) => property.split('=', 1).concat(property.slice(property.indexOf('=') + 1))),
  );
  return file === undefined ? undefined : decode(`${file}:${line}: ${title}`);
}

function shortened(line) {
  return line.replaceAll(/https:\/\/\S+/g, (url) =>
    url.length > LONGEST_URL ? `${url.slice(0, LONGEST_URL - 1)}…` : url,
  );
}

/** A traceback's last line is what went wrong; the others say where in our code. */
function withoutFrames(text) {
  return text.replaceAll(/^Traceback \(most recent call last\):\n(?:[ \t].*\n)*/gm, '');
}
