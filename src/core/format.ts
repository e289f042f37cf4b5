/** Formats numbers for people. */

/** `12 B`, `3.4 MiB`. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** `12,345`. Of a whole number: `toLocaleString` would load the tables of all languages, which takes a step 15 ms. */
export function count(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 file`, `12,345 files`. */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** `2 × ml.m5.large (spot)`, or `2 × ml.m5.large or ml.c5.xlarge` while it is not known of which type they are. */
export function instances(job: {
  readonly instanceCount: number;
  readonly instanceTypes: readonly string[];
  readonly spot: boolean;
}): string {
  return `${job.instanceCount} × ${job.instanceTypes.join(' or ')}${job.spot ? ' (spot)' : ''}`;
}

/** `1 h 2 m 5 s`. */
export function duration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours} h ${minutes} m ${rest} s`;
  return minutes > 0 ? `${minutes} m ${rest} s` : `${rest} s`;
}
