/** In which image the job runs. */

export interface ImageChoice {
  /** The URI of any image. Then the framework does not matter. */
  readonly image: string | undefined;
  readonly framework: string;
  readonly frameworkVersion: string | undefined;
  readonly pythonVersion: string | undefined;
}

export interface BuildChoice {
  /** The path of the file or of its folder, or the text itself. */
  readonly dockerfile: string;
  /** A path. Undefined: the Dockerfile's folder. */
  readonly context: string | undefined;
}

export interface ImageSpec {
  readonly choice: ImageChoice;
  /** Undefined: there is no Dockerfile. */
  readonly build: BuildChoice | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** The ECR repository for built images. */
  readonly repository: string;
  /** A second tag beside the hash. */
  readonly tag: string | undefined;
}
