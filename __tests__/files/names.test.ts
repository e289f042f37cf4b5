/** Names of files by platform: the rules are pure, so Windows's and macOS's are tested on every machine. */
import { describe, expect, it } from 'vitest';
import { linkText, targetOf } from '../../src/files/archive-links.ts';
import { decodeName, fitting, folded, lengthOf, type Rules } from '../../src/files/file-names.ts';
import { Places } from '../../src/files/places.ts';

const ALL: readonly Rules[] = ['linux', 'darwin', 'win32', 'artifact'];

describe('a name', () => {
  it.each([
    'a',
    '.hidden',
    'a b',
    'ü 日本 🚀',
    'model.tar.gz',
    'con1',
    'console',
    'nulls.txt',
    'com',
    '..a',
    'a~b',
    'x'.repeat(255),
  ])('%j is possible everywhere', (name) => {
    expect(ALL.map((rules) => fitting(name, rules))).toEqual(ALL.map(() => name));
  });

  it.each<[string, Partial<Record<Rules, string>>]>([
    ['a:b', { win32: 'a_b', artifact: 'a_b' }],
    ['run-2026-03-01T09:30:00.log', { win32: 'run-2026-03-01T09_30_00.log', artifact: 'run-2026-03-01T09_30_00.log' }],
    ['a<b>c"d|e?f*g', { win32: 'a_b_c_d_e_f_g', artifact: 'a_b_c_d_e_f_g' }],
    ['a\\b', { win32: 'a_b', artifact: 'a_b' }],
    ['..\\..\\evil', { win32: '.._.._evil', artifact: '.._.._evil' }],
    ['C:', { win32: 'C_', artifact: 'C_' }],
    ['file.txt::$DATA', { win32: 'file.txt__$DATA', artifact: 'file.txt__$DATA' }],
    ['\\\\server\\share', { win32: '__server_share', artifact: '__server_share' }],
    ['a\nb\rc', { win32: 'a_b_c', artifact: 'a_b_c' }],
    ['a\u0001\u001fb', { win32: 'a__b' }],
    ['x##[error]y', { artifact: 'x##_error]y' }],
    ['con', { win32: 'con_' }],
    ['CON.txt', { win32: 'CON_.txt' }],
    ['aux.tar.gz', { win32: 'aux_.tar.gz' }],
    ['nul .txt', { win32: 'nul_ .txt' }],
    ['COM1', { win32: 'COM1_' }],
    ['lpt².log', { win32: 'lpt²_.log' }],
    ['CONIN$', { win32: 'CONIN$_' }],
    ['con:', { win32: 'con_', artifact: 'con_' }],
    ['con.', { win32: 'con_' }],
    ['end.', { win32: 'end_' }],
    ['end ', { win32: 'end_' }],
    ['end. . ', { win32: 'end____' }],
    ['...', { win32: '___' }],
    ['PROGRA~1', { win32: 'PROGRA_1' }],
    ['LONGFI~2.TXT', { win32: 'LONGFI_2.TXT' }],
    ['a\0b', { linux: 'a_b', darwin: 'a_b', win32: 'a_b', artifact: 'a_b' }],
    ['caf\udce9', { linux: 'caf%E9', darwin: 'caf%E9', win32: 'caf%E9', artifact: 'caf%E9' }],
    ['lone\ud800', { linux: 'lone_', darwin: 'lone_', win32: 'lone_', artifact: 'lone_' }],
  ])('%j is changed where it must be', (name, changed) => {
    expect(Object.fromEntries(ALL.map((rules) => [rules, fitting(name, rules)]))).toEqual({
      ...Object.fromEntries(ALL.map((rules) => [rules, name])),
      ...changed,
    });
  });

  it.each(ALL)('that is changed is possible then, and no longer than %s allows', (rules) => {
    const long = [
      'n'.repeat(300),
      `${'日'.repeat(200)}.ckpt`,
      '\udce9'.repeat(200),
      `${'🚀'.repeat(150)}:`,
      `${'x'.repeat(254)}.`,
    ];
    const odd = Array.from({ length: 2000 }, (_, at) =>
      String.fromCharCode(at % 700, (at * 7) % 300, 0xdc00 + (at % 999), 46),
    );
    for (const name of [...long, ...odd]) {
      const fit = fitting(name, rules);
      expect(fit).not.toBe('');
      expect(fitting(fit, rules), JSON.stringify(name)).toBe(fit);
      expect(lengthOf(fit, rules)).toBeLessThanOrEqual(255);
    }
    expect(fitting(`${'n'.repeat(300)}.ckpt`, rules)).toMatch(/^n+~[0-9a-f]{8}\.ckpt$/);
    expect(fitting(`${'n'.repeat(300)}1`, rules)).not.toBe(fitting(`${'n'.repeat(300)}2`, rules));
  });

  it.each<[string, string, Partial<Record<Rules, boolean>>]>([
    ['README', 'readme', { win32: true, darwin: true }],
    ['É', 'é', { win32: true, darwin: true }],
    ['é', 'e\u0301', { darwin: true }],
    ['ß', 'ss', { darwin: true }],
    ['a', 'b', {}],
  ])('%j and %j are one where the platform says so', (one, other, same) => {
    for (const rules of ALL) expect(folded(one, rules) === folded(other, rules), rules).toBe(same[rules] ?? false);
  });

  it.each<[number[], string]>([
    [[0x63, 0xe9], 'c\udce9'],
    [[0xc3, 0xa9], 'é'],
    [[0xc3], '\udcc3'],
    [[0xc3, 0x28], '\udcc3('],
    [[0xe2, 0x82], '\udce2\udc82'],
    [[0xf0, 0x9f, 0x9a, 0x80, 0xff], '🚀\udcff'],
    [[0xc0, 0xaf], '\udcc0\udcaf'],
    [[0xed, 0xa0, 0x80], '\udced\udca0\udc80'],
    [[0xef, 0xbf, 0xbd], '\ufffd'],
    [[0xef, 0xbf, 0xbd, 0x80], '\ufffd\udc80'],
    [[], ''],
  ])('of the bytes %j keeps those that are no text', (bytes, name) => {
    expect(decodeName(Buffer.from(bytes))).toBe(name);
  });
});

describe('places', () => {
  /** A file a path; a folder where it ends in a slash. */
  const placed = (rules: Rules, ...paths: string[]): string[] => {
    const places = new Places(rules);
    return paths.map((path) => (path.endsWith('/') ? places.folder(path) : places.file(path)));
  };
  it.each<[Rules, string[], string[]]>([
    ['linux', ['a', 'A', 'a/b:c'], ['a', 'A', 'a_2/b:c']],
    ['linux', ['a', './a', '/a', 'a'], ['a', 'a', 'a', 'a']],
    ['win32', ['README', 'readme', 'Readme', 'README'], ['README', 'readme_2', 'Readme_3', 'README']],
    ['darwin', ['é.bin', 'e\u0301.bin'], ['é.bin', 'e\u0301_2.bin']],
    ['win32', ['Run/a', 'run/a', 'RUN/b', 'run/B'], ['Run/a', 'run_2/a', 'RUN_3/b', 'run_2/B']],
    ['win32', ['a:b', 'a_b', 'a?b', 'a:b'], ['a_b', 'a_b_2', 'a_b_3', 'a_b']],
    ['win32', ['x:/', 'x:/y', 'x_/y', 'x_/'], ['x_', 'x_/y', 'x__2/y', 'x__2']],
    ['win32', ['con', 'CON', 'con_'], ['con_', 'CON__2', 'con__3']],
    ['win32', ['m.bin', 'M.BIN', 'm.bin/x'], ['m.bin', 'M_2.BIN', 'm_3.bin/x']],
    ['win32', ['C:/x', '//server/share', 'a\\..\\..\\x'], ['C_/x', 'server/share', 'a_.._.._x']],
    ['darwin', ['a:b', 'A', 'a'], ['a:b', 'A', 'a_2']],
    ['artifact', ['a', 'A', 'a|b', 'a:b'], ['a', 'A', 'a_b', 'a_b_2']],
  ])('of %s', (rules, paths, where) => {
    expect(placed(rules, ...paths)).toEqual(where);
  });

  it.each(ALL)('are never one to %s, and stay the same', (rules) => {
    const variants = Array.from({ length: 256 }, (_, bits) =>
      [...'model.ckpt/ab'].map((char, at) => ((bits >> at) & 1 ? char.toUpperCase() : char)).join(''),
    );
    const odd = variants.map((path) => path.replace('.', ':'));
    const where = placed(rules, ...variants, ...odd);
    expect(new Set(where.map((path) => folded(path, rules))).size).toBe(new Set([...variants, ...odd]).size);
    const places = new Places(rules);
    const once = variants.map((path) => places.file(path));
    expect(variants.map((path) => places.file(path))).toEqual(once);
    expect(variants.map((path) => places.find(path))).toEqual(once);
  });

  it('say what is changed, once a name', () => {
    const places = new Places('win32');
    for (const path of ['a:b/1', 'a:b/2', 'a:b/3:', 'fine', 'Fine', 'a:b/1']) places.file(path);
    expect(places.changed.lines.split('\n')).toEqual([
      '- "a:b": now "a_b"',
      '- "a:b/3:": now "a_b/3_"',
      '- "Fine": now "Fine_2"',
    ]);
  });

  it('of what is too deep, or whose path is too long, are at the top', () => {
    const places = new Places('linux', '/home/runner');
    const [deep, long] = [`${'d/'.repeat(3000)}f`, `${`${'x'.repeat(200)}/`.repeat(30)}f`];
    expect(places.file(deep)).toMatch(/^too-deep-[0-9a-f]{8}\/f$/);
    expect(places.file(`${'d/'.repeat(3000)}g`)).toMatch(/^too-deep-[0-9a-f]{8}\/g$/);
    expect(places.file(long)).toMatch(/^too-deep-[0-9a-f]{8}\/f$/);
    expect(new Set([places.file(deep), places.file(long)]).size).toBe(2);
    expect(places.changed.count).toBe(3);
    expect(places.file(`${'d/'.repeat(255)}f`)).toBe(`${'d/'.repeat(255)}f`);
  });
});

describe('a link of an archive', () => {
  const home = '/opt/ml/model';
  it.each<[path: string, to: string, target: string | undefined]>([
    ['a', 'b', 'b'],
    ['d/a', 'b', 'd/b'],
    ['./d/a', './b/', 'd/b'],
    ['d/a', '../b', 'b'],
    ['d/a', '..', ''],
    ['d/a', '../..', undefined],
    ['a', '..', undefined],
    ['a', '../model/x', undefined],
    ['a', 'd/../../x', undefined],
    ['a', 'd/../x', 'x'],
    ['a', '/opt/ml/model/x', 'x'],
    ['d/a', '/opt/ml/model/d/x', 'd/x'],
    ['a', '/opt/ml/model', ''],
    ['a', '/opt/ml/model/', ''],
    ['a', '//opt/ml/./model//x', 'x'],
    ['a', '/opt/ml/model/../output/data/x', undefined],
    ['a', '/opt/ml/model2/x', undefined],
    ['a', '/opt/ml', undefined],
    ['a', '/etc/passwd', undefined],
    ['a', '...', '...'],
    ['a', '..b', '..b'],
  ])('%j to %j means %j', (path, to, target) => {
    expect(targetOf(path, to, home)).toBe(target);
  });
  it('that is absolute leads out where the worker’s folder is not known', () => {
    expect(targetOf('a', '/opt/ml/model/x', undefined)).toBeUndefined();
  });
  it.each([
    ['a', 'b', 'b'],
    ['d/a', 'b', '../b'],
    ['d/a', 'd/b', 'b'],
    ['d/e/a', '', '../..'],
    ['a', '', '.'],
  ])('%j to %j is written %j', (from, to, text) => {
    expect(linkText(from, to)).toBe(text);
  });
});
