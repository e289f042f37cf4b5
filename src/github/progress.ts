/** Signs of life from what takes long. */
import { info } from './log.ts';

const EVERY_MS = 10_000;

/** Runs the work; every ten seconds that it takes, prints how far it is. */
export async function tellProgress<T>(howFar: () => string, work: Promise<T>): Promise<T> {
  const timer = setInterval(() => info(howFar()), EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

/** `12 B`, `3.4 MiB`. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** `12,345`. */
export function count(number: number): string {
  return number.toLocaleString('en');
}
