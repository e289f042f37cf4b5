/** An instance's lines, as they come, and what is shown of them: bars that are drawn over many lines above all. */
import { describe, expect, it } from 'vitest';
import { isBar, isNextState, isSameForm } from '../../src/follow/bars.ts';
import { ShownStream } from '../../src/follow/shown-stream.ts';
import { statesOf } from '../../src/follow/states.ts';

/** Lines with their times in seconds; a text alone comes a second after the one before. */
type Line = string | [number, string];

function shownOf(lines: readonly Line[], flushed = true): string[] {
  const stream = new ShownStream();
  const shown: string[] = [];
  let at = 0;
  for (const line of lines) {
    at = typeof line === 'string' ? at + 1 : line[0];
    stream.accept({ at: at * 1_000, text: typeof line === 'string' ? line : line[1] }, shown);
  }
  if (flushed) stream.flush(shown);
  return shown;
}

const tqdm = (step: number, more = ''): string =>
  `${String(step).padStart(3)}%|${'█'.repeat(step / 10).padEnd(10)}| ${step}/100 [00:${String(step % 60).padStart(2, '0')}<00:30,  ${(step / 7).toFixed(2)}it/s${more}]`;
const steps = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe('text', () => {
  it('is shown line by line, with empty lines and tabs', () => {
    const lines = ['a', '', '#011b', 'a', 'a', '  x  ', 'a [1]', 'a [2]'];
    expect(shownOf(lines, false)).toEqual(['a', '', '\tb', 'a', 'a', '  x  ', 'a [1]', 'a [2]']);
  });

  it('with line ends of Windows is shown line by line', () => {
    const lines = ['Epoch 1/3 loss 0.5#015', 'Epoch 2/3 loss 0.4#015', 'Epoch 3/3 loss 0.3#015', '#015', 'x#015#015'];
    expect(shownOf(lines, false)).toEqual([...lines.slice(0, 3).map((line) => line.slice(0, -4)), '', 'x']);
  });

  it('of numbers alone is shown line by line', () => {
    expect(shownOf(['1/3', '2/3', '50%', '60%', '{"loss": 0.5}', '{"loss": 0.4}'], false)).toHaveLength(6);
  });

  it('that is nothing but control characters is not shown', () => {
    expect(shownOf(['\u001b[?25l', '#015        #015', '\u001b]0;title\u0007', 'x'])).toEqual(['x']);
  });

  it('of any length is shown whole', () => {
    const [long, bar] = ['x'.repeat(200_000), `\r${'y'.repeat(100_000)}\r${'z'.repeat(100_000)}`];
    expect(shownOf([long, bar, 'a'])).toEqual([long, 'z'.repeat(100_000), 'a']);
  });
});

describe('a bar in one line', () => {
  it('is its last state, and what stands behind it', () => {
    const bar = steps(0, 100)
      .map((step) => `#015${tqdm(step)}`)
      .join('');
    expect(shownOf(['before', bar, `${bar}{"loss": 1}`, 'after'], false)).toEqual([
      'before',
      tqdm(100),
      `${tqdm(100)}{"loss": 1}`,
      'after',
    ]);
  });

  it('is shown at once, and the next epoch’s too', () => {
    const epoch = (number: number): string => `#015${tqdm(1)}#015${tqdm(100, `, loss=${number}`)}`;
    expect(shownOf([epoch(1), 'val 1', epoch(2), 'val 2'], false)).toEqual([
      tqdm(100, ', loss=1'),
      'val 1',
      tqdm(100, ', loss=2'),
      'val 2',
    ]);
  });
});

describe('a bar over many lines', () => {
  it.each<[string, (step: number) => string]>([
    ['each with its return', (step) => `#015${tqdm(step)}`],
    ['each with a return at its end', (step) => `${tqdm(step)}#015`],
    ['without returns, as AWS’s toolkit prints it', (step) => tqdm(step).trim()],
    ['several states a line', (step) => `#015${tqdm(step)}#015${tqdm(step)}`],
    ['of a program’s own', (step) => `#015Epoch 1 ${step}% loss=${step / 10} (${100 - step} s left)`],
    ['parted by the launcher', (step) => `#015${tqdm(step)}\u001b[A`],
    ['parted by the launcher, escaped', (step) => `#015${tqdm(step)}#033[A`],
  ])('is a state each half minute and the last one: %s', (_what, line) => {
    // A state a second: at 1 s, 31 s, 61 s, 91 s, and the last one at 100 s.
    const shown = shownOf(['before', ...steps(1, 100).map((step): Line => [step, line(step)]), [100, 'after']]);
    const state = (step: number): string | undefined => shownOf([line(step)])[0];
    expect(shown).toEqual(['before', state(1), state(31), state(61), state(91), state(100), 'after']);
  });

  it('is shown at its last state before the text that comes next, and again after it', () => {
    const lines = [
      ...[1, 2, 3].map((step) => `#015${tqdm(step)}`),
      'text',
      ...[4, 5].map((step) => `#015${tqdm(step)}`),
    ];
    expect(shownOf(lines)).toEqual([tqdm(1), tqdm(3), 'text', tqdm(4), tqdm(5)]);
  });

  it('is not mixed up with another one', () => {
    const lines = ['train', 'val'].flatMap((name) => steps(1, 9).map((step) => `#015${name}: ${tqdm(step)}`));
    expect(shownOf(lines)).toEqual(
      [1, 9].flatMap((step) => `train: ${tqdm(step)}`).concat([1, 9].map((step) => `val: ${tqdm(step)}`)),
    );
  });

  it('that text stands behind is text: none of it is left out', () => {
    const lines = steps(1, 5).map((step) => `#015${tqdm(step)}step ${step} done`);
    expect(shownOf(lines, false)).toEqual(steps(1, 5).map((step) => `${tqdm(step)}step ${step} done`));
  });

  it('that text is printed over is not that text: none of it is left out', () => {
    // tqdm.write
    const over = (text: string): string => `#015${tqdm(1)}#015${' '.repeat(60)}#015${text}`;
    const lines = ['saved 1', 'saved 2', '1% of 3', '2% of 3', 'saved 3/20', 'saved 4/20'].map(over);
    expect(shownOf(lines, false)).toEqual(['saved 1', 'saved 2', '1% of 3', '2% of 3', 'saved 3/20', 'saved 4/20']);
    expect(shownOf(['#015step 1', '#015step 2', '#015step 3'], false)).toEqual(['step 1', 'step 2', 'step 3']);
  });

  it('that is held back says so', () => {
    const stream = new ShownStream();
    const shown: string[] = [];
    stream.accept({ at: 0, text: `\r${tqdm(1)}` }, shown);
    expect(stream.holdsBack).toBe(false);
    stream.accept({ at: 1, text: `\r${tqdm(2)}` }, shown);
    expect(stream.holdsBack).toBe(true);
    stream.flush(shown);
    stream.flush(shown);
    expect([stream.holdsBack, shown]).toEqual([false, [tqdm(1), tqdm(2)]]);
  });
});

describe('several bars', () => {
  /** What tqdm prints: below a line, and up again. */
  it('inside of each other are the last state of each', () => {
    const inner = (outer: number): string[] => [
      ...steps(1, 3).map((step) => `#015inner: ${tqdm(step * 10)}#033[A`),
      `#015inner: ${tqdm(100)}#033[A#015outer: ${tqdm(outer)}`,
    ];
    const lines = [`#015outer: ${tqdm(0)}`, ...inner(10), ...inner(20), ...inner(30), '', 'after'];
    expect(shownOf(lines)).toEqual([`outer: ${tqdm(0)}`, `outer: ${tqdm(30)}`, `inner: ${tqdm(100)}`, 'after']);
  });

  it('below each other are the last state of each', () => {
    const frame = (step: number): string[] => [
      `#015a: ${tqdm(step)}`,
      `#015b: ${tqdm(step)}#033[A`,
      '',
      `#015c: ${tqdm(step)}#033[A#033[A#015a: ${tqdm(step + 1)}`,
    ];
    const [first = '', ...rest] = steps(1, 9).flatMap((step) => frame(step).slice(step === 1 ? 0 : 1));
    const shown = shownOf([first, ...rest, '', '', 'after'].map((line): Line => [1, line]));
    expect(shown).toEqual([`a: ${tqdm(1)}`, `a: ${tqdm(10)}`, `b: ${tqdm(9)}`, `c: ${tqdm(9)}`, 'after']);
  });

  it('leave out nothing that is printed between them', () => {
    const printed = (text: string): string[] => [`#015inner: ${tqdm(1)}#033[A${text}`, ''];
    const written = (text: string): string => `#015${' '.repeat(60)}#033[A#015${' '.repeat(60)}#015${text}`;
    const bars = [`#015outer: ${tqdm(0)}`, `#015inner: ${tqdm(0)}#033[A`];
    const lines = [
      ...printed('step 1'),
      ...printed('step 2'),
      written('saved 1/9'),
      ...bars,
      written('saved 2/9'),
      ...bars,
    ];
    const shown = shownOf([...bars, ...lines, 'plain', 'after'], false);
    const own = shown.filter((line) => !isBar(line));
    expect(own).toEqual(['step 1', 'step 2', 'saved 1/9', 'saved 2/9', 'plain', 'after']);
  });

  it('that are drawn for long are shown each half minute', () => {
    const frame = (at: number): Line[] => [
      [at, `\r\u001b[2Kone: ${at}%`],
      [at, `\r\u001b[2Ktwo: ${at}%\u001b[2A`],
    ];
    const shown = shownOf([...steps(0, 70).flatMap(frame), '', '', 'after']);
    const states = (at: number): string[] => [`one: ${at}%`, `two: ${at}%`];
    expect(shown).toEqual(['one: 0%', 'one: 30%', 'two: 29%', 'one: 60%', 'two: 59%', ...states(70), 'after']);
  });

  it('of rich, which draws all rows again, are the last state of each', () => {
    const rows = (at: number): string[] => [
      `\u001b[32mone\u001b[0m ${'━'.repeat(at)} ${at}%`,
      `two ${'━'.repeat(at)} ${at}%`,
    ];
    const up = '\r\u001b[2K\u001b[1A\u001b[2K';
    const lines = steps(1, 20).flatMap((at) => {
      const [one = '', two = ''] = rows(at);
      return at === 1 ? [one] : [`${rows(at - 1)[1]}${up}${one}`, ...(at === 20 ? [two] : [])];
    });
    expect(shownOf([...lines, 'done']).slice(-3)).toEqual([...rows(20), 'done']);
    expect(shownOf(lines).length).toBeLessThan(6);
  });

  it('keep no more rows than a few, and lose none', () => {
    const lines = steps(1, 100).map((row) => `#015row ${'x'.repeat(row)}\u001b[B`);
    expect(shownOf(lines)).toEqual(steps(1, 100).map((row) => `row ${'x'.repeat(row)}`));
  });
});

describe('the form of a bar', () => {
  it.each([
    ['  0%|          | 0/100 [00:00<?, ?it/s]', true],
    [' 45%|████▌     | 45/100 [00:10<00:12,  4.40it/s]', true],
    ['train:  45%|####5     | 45.0k/100k [1:00:10<00:12, 4.40kB/s, loss=0.5, acc=0.1]', true],
    ['45it [00:10,  4.40it/s]', true],
    ['Downloading: 45.2MB [00:10, 4.40MB/s]', true],
    [' 45%|████▌     | 45/100 [00:10<00:12,  4.40it/s]step 3', false],
    ['a | b | c [1]', false],
    ['step [00:10]', false],
    ['loss 45%', false],
    ['', false],
  ])('%j: %s', (text, expected) => {
    expect(isBar(text)).toBe(expected);
  });

  it('is that of the same bar, or of another', () => {
    expect(isSameForm('a 1% ━━━ 10.5kB/s 0:00:10', 'a 100% ━━━━━━━━ 3MB/s 1:00:00')).toBe(true);
    expect(isSameForm('a 1%', 'b 1%')).toBe(false);
    const next = (text: string): boolean => isNextState('train: 45it [00:10,  4.40it/s]', { text, returns: 'begin' });
    expect(next('train: 46it [00:10,  4.40it/s, loss=1]')).toBe(true);
    expect(next('val: 46it [00:10,  4.40it/s]')).toBe(false);
  });

  it.each(['1', '1%|', '| ', ' [', '/', '1/', 'a', '━', '[00:00, ', '1a '])(
    'of a hostile line is found in linear time: %j',
    (piece) => {
      const line = `\r${piece.repeat(2_000 / piece.length - 2)}]`;
      const begun = performance.now();
      shownOf(Array.from({ length: 500 }, (_, at): Line => [at, `${line}${at}]`]));
      expect(performance.now() - begun).toBeLessThan(10_000);
    },
  );
});

describe('a line for metrics', () => {
  const states = (text: string): string[] => statesOf({ at: 7, text }).map((line) => line.text);
  it.each<[string, string[]]>([
    ['loss=1', ['loss=1']],
    ['', ['']],
    ['\u001b[32mloss=1\u001b[0m#011x', ['loss=1\tx']],
    ['#015 1% loss=3#015 2% loss=2#015', [' 1% loss=3', ' 2% loss=2']],
    ['#015 1% loss=3{"loss": 1}', [' 1% loss=3', '{"loss": 1}']],
    ['#015 1%|#  | 1/9 [0:01]{"epoch": 1, "loss": 1}  ', [' 1%|#  | 1/9 [0:01]', '{"epoch": 1, "loss": 1}  ']],
    ['#015 1% {"a": "text"}', [' 1% {"a": "text"}']],
    ['#015{"loss": 1}', ['{"loss": 1}']],
    ['text {"loss": 1}', ['text {"loss": 1}']],
    ['#015 1% {broken', [' 1% {broken']],
  ])('%j is %j', (text, expected) => {
    expect(states(text)).toEqual(expected);
    for (const line of statesOf({ at: 7, text })) expect(line.at).toBe(7);
  });
});
