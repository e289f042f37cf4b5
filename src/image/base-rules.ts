/** Checks that the Dockerfile and the inputs about its base image agree. */

import type { Mistake } from '../core/errors.ts';
import type { BuildFiles } from './build-files.ts';
import { imageMistakes } from './catalogue.ts';
import { needsBase } from './dockerfile.ts';
import type { ImageChoice } from './spec.ts';

/**
 * The pre-built image that the Dockerfile uses must exist. Inputs about a pre-built image that it does not use are
 * mistakes. Without a region nothing is checked, because the missing region is a mistake already.
 */
export function baseMistakes(
  choice: ImageChoice,
  region: string,
  instanceTypes: readonly string[],
  build: BuildFiles | undefined,
): readonly Mistake[] {
  if (build === undefined) return [];
  const { image, framework, frameworkVersion, pythonVersion } = choice;
  if (!needsBase(build.text)) {
    const baseInputs = {
      image,
      framework: framework === 'pytorch' ? undefined : framework,
      'framework-version': frameworkVersion,
      'python-version': pythonVersion,
    };
    return Object.entries(baseInputs)
      .filter(([, value]) => value !== undefined)
      .map(([input]) => ({
        input,
        problem: 'it has no effect, because the Dockerfile has its own base image',
        remedy: 'remove it, or write "FROM __BASE_IMAGE__" in the Dockerfile.',
      }));
  }
  return image !== undefined || region === '' ? [] : imageMistakes(choice, region, instanceTypes);
}
