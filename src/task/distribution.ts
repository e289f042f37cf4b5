/**
 * How a job of several instances starts as one program: by the action's launcher, or, with `launcher: image`, by AWS's
 * training toolkit in the image, told by hyperparameters as the SageMaker Python SDK v2 forms them
 * (sagemaker.estimator.Framework._distribution_configuration).
 */
import { type Json, JsonNumber, parseInteger, parseJson, Unparsable } from './parse.ts';

export type Distribution =
  | { readonly kind: 'none' }
  /** `processes` an instance; undefined: one a GPU, or one. */
  | { readonly kind: 'torchrun'; readonly processes: number | undefined }
  /** The SDK's `distribution`. */
  | { readonly kind: 'sdk'; readonly options: JsonMap };

type JsonMap = { readonly [key: string]: Json };

export const NO_DISTRIBUTION: Distribution = { kind: 'none' };

export function parseDistribution(text: string, launcher: 'action' | 'image'): Distribution {
  const options = optionsOf(text.trim());
  if (launcher === 'image') return sdk(options);
  const names = Object.keys(options);
  if (names.length !== 1 || names[0] !== 'torchrun') {
    const remedy = 'Use torchrun; the SageMaker Python SDK\'s other distributions take "launcher: image".';
    throw new Unparsable(`"${names.join(', ')}" is not known to the action's launcher.`, remedy);
  }
  return { kind: 'torchrun', processes: processes(options['torchrun'] ?? null) };
}

function optionsOf(text: string): JsonMap {
  if (!text.startsWith('{')) return { [text]: {} };
  try {
    return parseJson(text) as JsonMap;
  } catch (error) {
    if (error instanceof Unparsable) throw error;
    throw new Unparsable(`this begins as JSON but is none: ${(error as Error).message}.`, 'Correct the JSON.');
  }
}

function processes(options: Json): number | undefined {
  const remedy = 'Write torchrun, or {"torchrun": {"processes": 4}}.';
  if (!isMap(options)) throw new Unparsable('the options of torchrun are no JSON object.', remedy);
  const unknown = Object.keys(options).filter((name) => name !== 'processes');
  if (unknown.length > 0) throw new Unparsable(`torchrun has no option "${unknown.join(', ')}".`, remedy);
  const { processes: given } = options;
  if (given === undefined) return undefined;
  return parseInteger(given instanceof JsonNumber ? given.source : String(given), 1, 1024);
}

/** The keys of the SDK's `distribution` that its framework estimators take; instance groups are none of a task's. */
const SDK_KINDS = [
  'parameter_server',
  'mpi',
  'smdistributed',
  'pytorchddp',
  'torch_distributed',
  'pytorchxla',
  'multi_worker_mirrored_strategy',
];

function sdk(options: JsonMap): Distribution {
  const remedy = `Give the SDK's "distribution" as JSON, of ${SDK_KINDS.join(', ')}.`;
  const unknown = Object.keys(options).filter((name) => !SDK_KINDS.includes(name));
  if (unknown.length > 0) throw new Unparsable(`"${unknown.join(', ')}" is none of the SDK's.`, remedy);
  const loose = Object.entries(options).find(([, value]) => !isMap(value));
  if (loose !== undefined) throw new Unparsable(`the options of ${loose[0]} are no JSON object.`, remedy);
  return { kind: 'sdk', options };
}

/** The hyperparameters that tell AWS's toolkit. As in the SDK, PyTorch's own two ways to start stand alone. */
export function distributionHyperparameters(
  distribution: Distribution,
  framework: string,
  instanceType: string,
): Map<string, Json> {
  if (distribution.kind !== 'sdk') return new Map();
  const options = framework === 'huggingface' ? distribution.options : withoutPytorchddp(distribution.options);
  const torch = ['pytorchddp', 'torch_distributed'].find((name) => Object.hasOwn(options, name));
  const torchEnabled = torch !== undefined && enabled(options[torch]);
  const alone = torchEnabled && !(torch === 'torch_distributed' && Object.hasOwn(options, 'smdistributed'));
  const given = alone ? new Map<string, Json>() : commonHyperparameters(options, framework, instanceType);
  if (!torchEnabled) return given;
  const name = torch === 'pytorchddp' ? 'sagemaker_pytorch_ddp_enabled' : 'sagemaker_torch_distributed_enabled';
  return given.set(name, true).set('sagemaker_instance_type', instanceType);
}

/** The SDK's PyTorch estimator takes it for another name of smdistributed; its Hugging Face estimator does not. */
function withoutPytorchddp({ pytorchddp, ...options }: JsonMap): JsonMap {
  return pytorchddp === undefined ? options : { ...options, smdistributed: { dataparallel: pytorchddp } };
}

function commonHyperparameters(options: JsonMap, framework: string, instanceType: string): Map<string, Json> {
  const given = new Map<string, Json>();
  for (const [name, hyperparameter] of [
    ['pytorchxla', 'sagemaker_pytorch_xla_multi_worker_enabled'],
    ['parameter_server', 'sagemaker_parameter_server_enabled'],
    ['mpi', 'sagemaker_mpi_enabled'],
    ['multi_worker_mirrored_strategy', 'sagemaker_multi_worker_mirrored_strategy_enabled'],
  ] as const) {
    if (Object.hasOwn(options, name)) given.set(hyperparameter, mapOf(options[name])['enabled'] ?? false);
  }
  if (Object.hasOwn(options, 'mpi')) {
    const { processes_per_host: processes, custom_mpi_options: custom } = mapOf(options['mpi']);
    if (processes !== undefined) given.set('sagemaker_mpi_num_of_processes_per_host', processes);
    // The SDK's MXNet estimator leaves them out where there is no number of processes.
    if (framework !== 'mxnet' || processes !== undefined) given.set('sagemaker_mpi_custom_mpi_options', custom ?? '');
  }
  if (Object.hasOwn(options, 'smdistributed')) {
    const { dataparallel: data, modelparallel: model } = mapOf(options['smdistributed']);
    if (enabled(model)) given.set('mp_parameters', mapOf(model)['parameters'] ?? {});
    given.set('sagemaker_distributed_dataparallel_enabled', mapOf(data)['enabled'] ?? false);
    given.set('sagemaker_instance_type', instanceType);
    if (enabled(data)) {
      const custom = mapOf(data)['custom_mpi_options'] ?? '';
      given.set('sagemaker_distributed_dataparallel_custom_mpi_options', custom);
    }
  }
  return given;
}

function enabled(options: Json | undefined): boolean {
  return mapOf(options)['enabled'] === true;
}

function mapOf(value: Json | undefined): JsonMap {
  return value !== undefined && isMap(value) ? value : {};
}

function isMap(value: Json): value is JsonMap {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof JsonNumber);
}
