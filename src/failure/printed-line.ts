/** A line of a worker's log as its program printed it, without what was added on the way. */

import { onOneLine, withControls, withoutSequences } from '../core/control-text.ts';
import type { LogLine } from '../core/log-lines.ts';

export interface PrintedLine {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Without colours and control characters. Its start only, if it is long. */
  readonly text: string;
  /** Which of several processes printed it, if a prefix says so: `rank3`, `default0`, `mpi1`. Empty for no prefix. */
  readonly process: string;
}

/** Characters. A log has longer lines, but no error in them. */
const LONGEST_LINE = 2_000;
/** Characters of a line with its colours. */
const LONGEST_RAW = 8_000;
const MOST_PREFIXES = 3;

/** What programs that start several processes put before a line, and the name of a process there. */
const PREFIXES: readonly { readonly pattern: RegExp; readonly name: string }[] = [
  // PyTorch itself, since 2.3.
  { pattern: /^\[rank(\d+)\]: ?/, name: 'rank' },
  // torchrun with --tee or --redirects: https://docs.pytorch.org/docs/stable/elastic/multiprocessing.html
  { pattern: /^\[default(\d+)\]:/, name: 'default' },
  // mpirun --tag-output, as SageMaker starts it: `[1,0]<stderr>:`, `[1,mpirank:0,algo-1]<stderr>:`.
  { pattern: /^\[\d+,(?:mpirank:)?(\d+)(?:,[\w.-]+)?\]<std(?:err|out|diag)>:/, name: 'mpi' },
  // horovodrun.
  { pattern: /^(?:\w{3} \w{3} [ \d]\d [\d:]{8} \d{4})?\[(\d+)\]<std(?:err|out)>:/, name: 'mpi' },
  // Ray.
  { pattern: /^\([\w.:<>+-]+(?:\([\w.,=]*\))? pid=(\d+)(?:, ip=[\d.:a-f]+)?\) /, name: 'pid' },
  // DeepSpeed on several instances, by pdsh.
  { pattern: /^algo-(\d+): /, name: 'host' },
];

export function readLine({ at, text }: LogLine): PrintedLine {
  const raw = withoutSequences(withControls(text.slice(0, LONGEST_RAW)));
  const whole = withoutPrefixes(raw);
  // A progress bar may stand before a prefix too.
  const last = withoutPrefixes(lastState(whole.text));
  const shown = onOneLine(last.text.slice(0, LONGEST_LINE)).trimEnd();
  return { at, text: shown, process: whole.process + last.process };
}

function withoutPrefixes(text: string): { readonly text: string; readonly process: string } {
  let rest = text;
  let process = '';
  for (let stripped = 0; stripped < MOST_PREFIXES; stripped += 1) {
    const found = PREFIXES.map(({ pattern, name }) => ({ name, match: pattern.exec(rest) })).find(({ match }) => match);
    if (found === undefined) break;
    process += `${found.name}${found.match?.[1] ?? ''}`;
    rest = rest.slice(found.match?.[0].length);
  }
  return { text: rest, process };
}

/** Of a progress bar, which returns to the start of its line, what was printed last. */
function lastState(text: string): string {
  return (
    text
      .trimEnd()
      .split('\r')
      .findLast((state) => state.trim() !== '') ?? ''
  );
}

/** The rank in a process's name. Undefined if it says another number. */
export function rankOf(process: string): number | undefined {
  const [, rank] = /(?:rank|mpi)(\d+)$/.exec(process) ?? [];
  return rank === undefined ? undefined : Number(rank);
}
