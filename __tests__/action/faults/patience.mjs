// For `node --import`: a step's longest waits, of 30 seconds and more for an answer, take a twentieth of their time. All else takes
// its time, and so do the clock and what a step does meanwhile.
import { Socket } from 'node:net';

const LONG_MS = 30_000;
const SHARE = 20;
const shorter = (ms) => (ms >= LONG_MS ? ms / SHARE : ms);

const { setTimeout } = globalThis;
globalThis.setTimeout = Object.assign(
  (callback, ms, ...args) => setTimeout(callback, shorter(ms), ...args),
  setTimeout,
);
const { setTimeout: setSocketTimeout } = Socket.prototype;
Socket.prototype.setTimeout = function (ms, ...args) {
  return setSocketTimeout.call(this, shorter(ms), ...args);
};
