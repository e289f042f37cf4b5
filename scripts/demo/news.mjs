// A sign of life while something takes long.
import { dim, say } from './terminal.mjs';

const EVERY_MS = 10_000;

/** Waits for the promise; `spoken` gives when something was printed last. */
export async function withNews(promise, spoken = () => 0) {
  const begun = Date.now();
  let latest = begun;
  const timer = setInterval(() => {
    if (Date.now() - Math.max(latest, spoken()) < EVERY_MS) return;
    latest = Date.now();
    say(dim(`… under way for ${Math.floor((latest - begun) / 10_000) * 10} s`));
  }, 1_000);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}
