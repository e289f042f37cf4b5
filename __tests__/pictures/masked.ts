/**
 * What differs from run to run, and from machine to machine, is taken out of a picture's text: times, names of jobs, sizes,
 * what depends on them, and what depends on the Python that runs the job.
 */

const MASKS: readonly (readonly [found: RegExp, mask: string])[] = [
  [/\b20\d\d-\d\d-\d\dT[\d:.]+Z/g, 'TIME'],
  [/\b20\d\d-\d\d-\d\d \d\d:\d\d UTC/g, 'TIME'],
  [/\b20\d\d-\d\d-\d\d\b/g, 'DAY'],
  [/\[\d\d:\d\d:\d\d\]/g, '[ELAPSED]'],
  [/-\d{8}-\d{6}-[0-9a-f]{4}\b/g, '-STAMP'],
  // Where the stand-in has no namespaces, a job's files lie elsewhere. Versions of Python mark what failed in a line each
  // in its own way, or not at all.
  [/File "[^"]*\/([\w.]+)"/g, 'File "$1"'],
  [/\S*\/python3(?:\.\d+)?(?= )/g, 'python3'],
  [/^TIME +[\^~][\^~ ]*\n/gm, ''],
  [/%0A *[\^~][\^~ ]*(?=%0A|$)/gm, ''],
  // The SDK's.
  [/^(?:\[\d\d\/\d\d\/\d\d [\d:]{8}\]| {19}) /gm, 'TIME '],
  [/\btrain-\d{14}\/algo-1-\d+/g, 'train-STAMP/algo-1'],
  // The timeline's bars and its axis.
  [/^ {2}\S.* :(?=(?:done, |active, |crit, )?\d+, \d+$)(.*?)\d+, \d+$/gm, '  TIME :$1FROM, TO'],
  [/^ {2}(axisFormat|tickInterval) .*$/gm, '  $1'],
  // What is billed is in whole seconds.
  [/(Billed<\/th><td>)[^<]*/g, '$1SECONDS'],
  [/billed [^·<]*/g, 'billed SECONDS '],
  [/(?:about|less than) [\d.]+ USD(?: &#40;on demand .*?&#41;)?/g, 'MONEY'],
  [/\b\d+(?:\.\d)? (?:B|KiB|MiB)\b/g, 'SIZE'],
  [/\b(?:(?:\d+ [hm] )*\d+(?:\.\d+)? s|(?:\d+ h )?\d+ [hm])\b/g, 'SECONDS'],
  [/Uploaded bytes \d+/g, 'Uploaded bytes NUMBER'],
  [/(SHA256 digest of uploaded artifact is ).*/g, '$1DIGEST'],
];

/** In a group of the log things happen at once, and their lines come in any order. */
const GROUP = /(?<=##\[group\].*\n)(?:(?!.*##\[).*\n)+/g;

/** The text with a word in the place of each of them. */
export function masked(text: string): string {
  const plain = MASKS.reduce((rest, [found, mask]) => rest.replace(found, mask), text);
  return plain.replace(GROUP, (lines) => `${lines.trimEnd().split('\n').sort().join('\n')}\n`);
}
