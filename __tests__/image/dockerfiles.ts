/** Dockerfiles of every dialect that BuildKit takes, with what it reads. dockerfile-buildkit.test.ts asks BuildKit itself. */

export interface Case {
  readonly what: string;
  readonly text: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly images: readonly string[];
  /** Of the context. */
  readonly paths: readonly string[];
}

const EVERYTHING = ['**'];

/** `text`: `FROM a` is put before a text that has no FROM of its own. */
function row(what: string, text: string, paths: readonly string[], more: Partial<Case> = {}): Case {
  return { what, text: /^\s*FROM [^n]/im.test(text) ? text : `FROM a\n${text}`, images: ['a'], paths, ...more };
}

const HEREDOCS: readonly Case[] = [
  row('a heredoc', 'COPY <<EOF /etc/filter.conf\nallow = [a-z\nEOF\nCOPY train.py /opt/', ['train.py']),
  row('tabs before its end', 'COPY <<-EOF /x\n\tCOPY no /y\n\tEOF\nCOPY b /y', ['b']),
  row('a quoted name', 'COPY <<"EOF" /x\nCOPY no /y $X\nEOF\nCOPY b /y', ['b']),
  row('a name in single quotes', "COPY <<'END' /x\nCOPY no /y\nEND\nCOPY b /y", ['b']),
  row('several', 'COPY <<one <<two c /x/\n1\none\nCOPY no /y\ntwo\nCOPY b /y', ['c', 'b']),
  row('ADD', 'ADD <<EOF /x\nCOPY no /y\nEOF\nADD b /y', ['b']),
  row('RUN', 'RUN <<EOF\nCOPY no /y\nFROM no\nEOF\nCOPY b /y', ['b']),
  row('RUN of a program, with a file', 'RUN cat <<EOF > /x && echo y\nCOPY no /y\nEOF\nCOPY b /y', ['b']),
  row('RUN with a descriptor', 'RUN python3 - 3<<EOF\nCOPY no /y\nEOF\nCOPY b /y', ['b']),
  row('RUN with a mount', 'RUN --mount=source=s,target=/s <<EOF\nCOPY no /y\nEOF', ['s']),
  row('in quotes it is none', 'RUN echo "see <<EOF"\nCOPY b /y', ['b']),
  row('escaped it is none', 'RUN echo \\<<EOF\nCOPY b /y', ['b']),
  row('a here-string is none', 'RUN cat <<<EOF\nCOPY b /y', ['b']),
  row('in JSON form it is none', 'RUN ["cat", "<<EOF"]\nCOPY b /y', ['b']),
  row('in another instruction it is none', 'LABEL x="<<EOF"\nENV y=<<EOF\nCOPY b /y', ['b']),
  row('in a line whose quotes are open it is none', "RUN echo it's <<EOF\nCOPY b /y", ['b']),
  row('lines of Windows', 'COPY <<EOF /x\r\nCOPY no /y\r\nEOF\r\nCOPY b c/ /y\r\n', ['b', 'c']),
  row('a directive in it', 'COPY <<EOF /x\n# escape=`\nEOF\nCOPY b\\\n /y', ['b']),
  row('a trigger', 'ONBUILD COPY <<EOF /x\nCOPY no /y\nEOF\nCOPY b /y', ['b']),
  row('after a continued line', 'RUN a \\\n  <<EOF\nCOPY no /y\nEOF\nCOPY b /y', ['b']),
  row('a name with a dot', 'COPY <<a.txt /x/\nb\na.txt\nCOPY b /y', ['b']),
];

const LINES: readonly Case[] = [
  row('a continued line', 'COPY b \\\n  c \\\n  /y/', ['b', 'c']),
  row('comments and empty lines in it', 'COPY b \\\n# no \\\n\n  # no\n  c \\\n  /y/', ['b', 'c']),
  row('space after the backslash', 'COPY b \\ \t\n  c /y/', ['b', 'c']),
  row('two backslashes do not continue', 'RUN a \\\\\nCOPY b /y', ['b']),
  row('another escape', '# escape=`\nFROM a\nCOPY b `\n  c /y/\nRUN dir c:\\\nCOPY d /y', ['b', 'c', 'd']),
  row('space around the directive', '#   Escape =  ` \nFROM a\nCOPY b `\n  c /y/', ['b', 'c']),
  row('a directive after a comment is none', '# x\n# escape=`\nFROM a\nRUN a `\nCOPY b \\\n c /y/', ['b', 'c']),
  row('Docker’s own syntax', '# syntax=docker/dockerfile:1.7-labs\nFROM a\nCOPY b /y', ['b']),
  row('a mirror of it', '# syntax = mirror.example.com/docker/dockerfile-upstream:master\nFROM a\nCOPY b /y', ['b']),
  row('a check', '# check=skip=all;error=true\n# escape=`\nFROM a\nCOPY b `\n c /y/', ['b', 'c']),
  row('lines of Windows', '# escape=`\r\nFROM a\r\nCOPY b `\r\n  c /y/\r\n', ['b', 'c']),
  row('a byte order mark', '\uFEFF# escape=`\nFROM a\nCOPY b `\n c /y/', ['b', 'c']),
  row('small letters', 'from a\ncopy b /y\nadd c /y', ['b', 'c']),
  row('space before it', '  FROM a\n\t COPY   b\t/y', ['b']),
  row('JSON', 'COPY ["with blank", "/d"]\nADD [ "b", "c","/y/" ]', ['with blank', 'b', 'c']),
  row('no JSON', 'COPY [b /y', EVERYTHING),
];

const SOURCES: readonly Case[] = [
  row('above the context, and from its root', 'COPY ../b /c ./d/. e//f /y/', ['b', 'c', 'd', 'e/f']),
  row('all', 'COPY . /y', EVERYTHING),
  row('wildcards', 'COPY *.py b?/c d[1-3].txt /y/', ['*.py', 'b?/c', 'd[1-3].txt']),
  row('quotes', 'COPY "b.txt" \'c\' d"e"f /y/', ['b.txt', 'c', 'def']),
  row('escapes', 'COPY b\\$c d\\e /y/', ['b$c', 'de']),
  row('first characters', 'COPY !b #c -d /y/', ['!b', '#c', '-d']),
  row('from a stage', 'FROM a AS One\nFROM b\nCOPY --from=one /x /y\nCOPY --from=0 /x /y', [], { images: ['a', 'b'] }),
  row('from an image', 'COPY --from=b:1 /x /y\nCOPY c /y', ['c'], { images: ['a', 'b:1'] }),
  row('from nothing', 'COPY --from= b /y', ['b']),
  row('flags', 'COPY --chown=1:1 --chmod=755 --link --parents=false b /y', ['b']),
  row('quoted flags', 'COPY --chown="1:1" --from=\'b\' c /y\nCOPY d /y', ['d'], { images: ['a', 'b'] }),
  row('flags on lines of their own', 'COPY \\\n --link \\\n --chown=1 \\\n b /y', ['b']),
  row('--parents', 'COPY --parents b/./c/*.py d/**/e ./f /y/', ['b/c/*.py', 'd/**/e', 'f']),
  row('ADD of what is elsewhere', 'ADD https://h.org/x http://h.org/y?z=1 git@h.org:a/b.git#v1:sub /y/', []),
  row('ADD by a checksum', `ADD --checksum=sha256:${'a'.repeat(64)} https://h.org/x /y`, []),
  row('ADD of git', 'ADD --keep-git-dir=true https://h.org/a.git#main:sub ssh://git@h.org/a git://h.org/b /y/', []),
  row('ADD of what only looks like it', 'ADD github.com/x ./a@h.org:x --y http:/z /y/', [
    'github.com/x',
    'a@h.org:x',
    '--y',
    'http:/z',
  ]),
  row('ADD --unpack', 'ADD --unpack=true b.tar /y', ['b.tar']),
  row('an absolute path of Windows', 'COPY b c:/d /y/', ['b', 'c:/d']),
];

const MOUNTS: readonly Case[] = [
  row('the context', 'RUN --mount=target=/src make', EVERYTHING),
  row('a folder', 'RUN --mount=type=bind,source=src,target=/src --mount=type=cache,target=/c make', ['src']),
  row('src, keys in capital letters', 'RUN --mount=TYPE=bind,SRC=b,TARGET=/src make', ['b']),
  row('the last source', 'RUN --mount=src=b,source=c,target=/src make', ['c']),
  row('from an image', 'RUN --mount=type=bind,from=b,target=/s --mount=type=secret,id=x make', [], {
    images: ['a', 'b'],
  }),
  row('a cache from an image', 'RUN --mount=type=cache,from=b,target=/s make', [], { images: ['a', 'b'] }),
  row('from a stage', 'FROM a AS x\nFROM b\nRUN --mount=from=X,target=/s make', [], { images: ['a', 'b'] }),
  row('from nothing', 'RUN --mount=from=,source=b,target=/s make', ['b']),
  row('variables', 'ARG D=b T=bind\nRUN --mount=type=$T,source=${D}/c,target=/s make', ['b/c']),
  row('a tmpfs', 'COPY b /y\nRUN --mount=type=tmpfs,source=b,target=/s make', ['b']),
  row('other flags', 'RUN --network=none --security=insecure --mount=source=b,target=/s make', ['b']),
];

const VARIABLES: readonly Case[] = [
  row('ARG', 'ARG X=b\nCOPY $X ${X}/c /y/', ['b', 'b/c']),
  row('a build argument', 'ARG X=b\nCOPY $X /y', ['c'], { args: { X: 'c' } }),
  row('a build argument without a default', 'ARG X\nCOPY $X/d /y', ['c/d'], { args: { X: 'c' } }),
  row('several in a line', 'ARG X=b Y=$X/c\nCOPY $Y /y', ['b/c']),
  row('ENV', 'ENV X=b Y="c d"\nCOPY $X "${Y}" /y/', ['b', 'c d']),
  row('ENV has the values from before its line', 'ENV X=b\nENV X=c Y=$X\nCOPY $Y /y', ['b']),
  row('ENV in its old form', 'ENV X b c\nCOPY ["$X", "/y"]', ['b c']),
  row('ENV after ARG', 'ARG X=b\nENV X=${X}c\nCOPY $X /y', ['bc']),
  row('ARG after ENV, which builders read in two ways', 'ENV X=b\nARG X=c\nCOPY $X /y', EVERYTHING),
  row('ARG after ENV, of one value', 'ENV X=b\nARG X=b\nCOPY $X /y', ['b']),
  row('a global ARG, declared again', 'ARG X=b\nFROM a\nARG X\nCOPY $X /y', ['b']),
  row('a global ARG, declared again with a value', 'ARG X=b\nFROM a\nARG X=c\nCOPY $X /y', ['c']),
  row('a global ARG that is not declared again', 'ARG X=b\nFROM a\nCOPY d$X /y', EVERYTHING),
  row('the platform', 'ARG TARGETARCH\nCOPY $TARGETARCH /y', ['amd64']),
  row('the platform, not declared', 'COPY d$TARGETARCH /y', EVERYTHING),
  row('the builder’s platform', 'ARG BUILDARCH\nCOPY d$BUILDARCH /y', EVERYTHING),
  row('a variable of the image', 'COPY $OF_IMAGE /y', EVERYTHING),
  row('a variable of the image, in others', 'ENV X=$OF_IMAGE Y=b\nCOPY $Y ${X} /y/', ['b', ...EVERYTHING]),
  row('a variable of the image that ARG sets', 'ARG OF_IMAGE=b\nCOPY $OF_IMAGE /y', ['b']),
  row('a variable of the image that ARG declares', 'ARG OF_IMAGE\nCOPY $OF_IMAGE /y', EVERYTHING),
  row('without an image', 'FROM scratch\nCOPY b$X ${Y:-c} /y/', ['b', 'c'], { images: [] }),
  row('of the stage below', 'FROM a AS x\nARG X=b\nENV Y=c\nFROM x\nCOPY $X $Y /y/', ['b', 'c']),
  row('of another stage', 'FROM a AS x\nARG X=b\nFROM a\nCOPY d$X /y/', EVERYTHING),
  row('a default', 'ENV X=\nCOPY ${X:-b} c${X-d} /y/', ['b', 'c']),
  row('an alternative', 'ENV X=b Y=\nCOPY c${X:+d} e${Y:+f} g${Y+h} /y/', ['cd', 'e', 'gh']),
  row('a must', 'ENV X=b\nCOPY ${X:?no} ${X?} /y/', ['b', 'b']),
  row('in each other', 'ENV X=b\nCOPY ${X:+${X:-c}/d} /y/', ['b/d']),
  row('a prefix', 'ENV X=one.two.txt\nCOPY ${X#*.} ${X##*.} ${X#x} /y/', ['two.txt', 'txt', 'one.two.txt']),
  row('a suffix', 'ENV X=one.two.txt\nCOPY ${X%.*} ${X%%.*} ${X%???} /y/', ['one.two', 'one', 'one.two.']),
  row('a replacement', 'ENV X=a.b.c\nCOPY ${X/./-} ${X//./_} ${X//[ab]/} /y/', ['a-b.c', 'a_b_c', 'a.b.c']),
  row('a replacement of slashes', 'ENV X=a/b/c\nCOPY ${X//\\//-} ${X/b*/} /y/', ['a-b-c', 'a']),
  row('quotes and escapes', 'ENV X=b\nCOPY \'$X\' "$X" \\$X "\\$X" /y/', ['$X', 'b', '$X', '$X']),
  row('another escape', '# escape=`\nFROM a\nENV X=b\nCOPY `$X $X`/c d\\e /y/', ['$X', 'b/c', ...EVERYTHING]),
  row('a dollar alone', 'COPY b$ /y', ['b$']),
  row('the image', 'ARG V=1\nARG B=python:${V}-slim\nFROM ${B#py}', [], { images: ['thon:1-slim'] }),
  row('the image by default', 'FROM ${B:-x}', [], { images: ['x'] }),
  row('a name of a stage', 'ARG B=x\nFROM a AS x\nCOPY b /y\nFROM $B', ['b']),
];

const STAGES: readonly Case[] = [
  row('a stage on another', 'FROM a AS x\nCOPY b /y\nFROM x AS y\nCOPY c /y\nFROM y', ['b', 'c']),
  row('a name for two', 'FROM a AS x\nFROM b AS x\nFROM c\nCOPY --from=x /1 /2', [], { images: ['a', 'b', 'c'] }),
  row('a platform', 'FROM --platform=$BUILDPLATFORM a AS x\nFROM b\nCOPY --from=x /1 /2', [], { images: ['a', 'b'] }),
  row('scratch', 'FROM scratch\nCOPY b /y', ['b'], { images: [] }),
  row('digests', `FROM a@sha256:${'0'.repeat(64)}`, [], { images: [`a@sha256:${'0'.repeat(64)}`] }),
  row('a trigger of its own image', 'ONBUILD COPY b /y\nCOPY c /y', ['c']),
  row('a trigger', 'FROM a AS x\nONBUILD COPY b /y\nONBUILD RUN --mount=from=c,target=/z z\nFROM x', ['b'], {
    images: ['a', 'c'],
  }),
  row('a trigger with variables', 'FROM a AS x\nENV X=b\nONBUILD ARG Y=c\nONBUILD COPY $X/$Y /y\nFROM x', ['b/c']),
  row('a trigger once', 'FROM a AS x\nONBUILD COPY b /y\nFROM x AS y\nFROM y\nCOPY c /y', ['b', 'c']),
  row('a trigger that copies all', 'FROM a AS x\nONBUILD COPY . /y\nFROM x', EVERYTHING),
];

export const CASES: readonly Case[] = [HEREDOCS, LINES, SOURCES, MOUNTS, VARIABLES, STAGES].flat();
