/** Sets the step's outputs. */
import { setOutput as set } from '@actions/core';

export function setOutput(name: string, value: string | number): void {
  set(name, value);
}
