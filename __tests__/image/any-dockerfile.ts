/** Puts Dockerfiles together from pieces, most of which fit. */

type Random = (below: number) => number;

/** Numbers below another one, the same each time: https://en.wikipedia.org/wiki/Linear_congruential_generator */
export function random(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Pieces are separated by a bar. */
const split = (...lines: readonly string[]): string[] => lines.flatMap((line) => line.split('|'));

const WORDS = split(
  'b|c/d|.|*.py|"q r"|\'s\'|$X|${X}|${X:-d}|${Y-e/f}|${X:+g}|${Y+h}|${X#*.}|${X##*.}|${X%.*}|${X%%.*}|${X/./-}|${X//./}',
  '${X/b*/i}|\\$X|"\\$X"|"$X"|\'$X\'|<<EOF|<<-"E F"|<< G|$OF_IMAGE|${OF_IMAGE:-j}|${X:-${Y:-k}}|l\\|\\|"|\'|[|]|<|<<|3<<EOF',
  '<<<EOF|#|=|ü|\u00a0|https://h.org/x|git@h.org:a/b.git#c|["b", "/y"]|[|${|${X|$|--|--x|EOF|/../m|./n/|${X:?o}|${Z?p}|${X#?}',
  '${X%\\}}|${X/\\//q}|${X//?/r}|${X//*/s}|${X#\\*}|${X#"*"}|`|\\\\|$1|$@|${@}|${X:#y}|${}',
);
const STARTS = split(
  'COPY|COPY --from=s|COPY --link|COPY --parents|COPY --from=0|COPY --from=i:1|COPY --chown="a b"|copy  --link=true ',
  'COPY --exclude=*.md|ADD|ADD --checksum=x|ADD --unpack|RUN|RUN --mount=source=b,target=/t|RUN --mount=src=${X:-z},dst=/t',
  'RUN --mount=type=cache,target=/t|RUN --mount=type=bind,from=s,source=$X,target=/t|ONBUILD COPY|ONBUILD RUN|ENV X=|ENV X',
  'ENV Y="u v" X=|ARG X|ARG X=|ARG Y=|ARG TARGETARCH BUILDARCH\nCOPY $TARGETARCH $BUILDARCH|FROM a AS s\nCOPY|FROM s\nCOPY',
  'FROM ${X:-a}\nADD|FROM scratch\nCOPY|LABEL|CMD|# x|#|WORKDIR|HEALTHCHECK CMD|SHELL|EXPOSE|# escape=`|# syntax=x/y z',
);
const ENDS = split('\n|\n|\n|\n|\n\n|\r\n| \\\n|\\\n|`\n| \\\n# c\n| \\\n\n|\nEOF\n|\nE F\n|\n\tE F\n|\nG\n');
const TOPS = split(
  '||# escape=`\n|# escape=\\\n|# syntax=docker/dockerfile:1\n|\uFEFF|#!x\n|# c\n|ARG X=one.two\n|ARG X=b Y\n',
);

export function anyDockerfile(next: Random): string {
  const pick = (words: readonly string[]): string => words[next(words.length)] ?? '';
  const value = pick(['b.c.d', 'a*b', '', 'e/f']);
  let text = `${pick(TOPS)}${pick(TOPS)}FROM a AS s${pick(['\n', '\r\n'])}${pick(['ENV', 'ARG'])} X=${value}\n`;
  for (let lines = next(4) + 1; lines > 0; lines -= 1) {
    text += pick(STARTS);
    for (let words = next(3) + 1; words > 0; words -= 1) text += `${pick([' ', ' ', ' ', '', '\t'])}${pick(WORDS)}`;
    text += `${pick([' /y/', ' /y/', ' /y/', ''])}${pick(ENDS)}`;
  }
  return text;
}

/** Build arguments that go with them. */
export function anyArguments(next: Random): Readonly<Record<string, string>> {
  return [{}, {}, { X: 'n.o', BUILDARCH: 'p' }, { Y: '', TARGETARCH: 'q' }][next(4)] ?? {};
}
