/**
 * How a job on several instances starts as one program. The action's launcher does it, or, with `launcher: image`,
 * AWS's training toolkit in the image. The toolkit reads hyperparameters, which have the form of the SageMaker Python
 * SDK v2 (sagemaker.estimator.Framework._distribution_configuration).
 */

import { InputProblem } from '../core/errors.ts';
import { parseInteger } from '../core/input-syntax.ts';
import { invalidJson, isMap, type Json, type JsonMap, JsonNumber, parseJson } from '../core/json.ts';

export type Distribution =
  | { readonly kind: 'none' }
  /** `processes`: on each instance; undefined: one for each GPU, or one without GPUs. */
  | { readonly kind: 'torchrun'; readonly processes: number | undefined }
  /** The argument `distribution` of the SDK's estimators. */
  | { readonly kind: 'sdk'; readonly options: JsonMap };

export const NO_DISTRIBUTION: Distribution = { kind: 'none' };

const EXAMPLE = 'torchrun or {"torchrun": {"processes": 4}}';

export function parseDistribution(text: string, launcher: 'action' | 'image'): Distribution {
  const options = optionsOf(text.trim());
  if (launcher === 'image') return sdk(options);
  const names = Object.keys(options);
  if (names.length !== 1 || names[0] !== 'torchrun') {
    const remedy = `use ${EXAMPLE}, or set "launcher: image" for another distribution of the SageMaker Python SDK.`;
    throw new InputProblem(`the action's launcher does not support "${names.join(', ')}"`, remedy);
  }
  return { kind: 'torchrun', processes: processes(options['torchrun'] ?? null) };
}

function optionsOf(text: string): JsonMap {
  if (!text.startsWith('{')) return { [text]: {} };
  try {
    return parseJson(text) as JsonMap;
  } catch (error) {
    if (error instanceof InputProblem) throw error;
    throw invalidJson(error, `write ${EXAMPLE}, with double quotes and without a comma at the end.`);
  }
}

function processes(options: Json): number | undefined {
  const remedy = `write ${EXAMPLE}.`;
  if (!isMap(options)) throw new InputProblem('the value of "torchrun" is not a JSON object', remedy);
  const unknown = Object.keys(options).filter((name) => name !== 'processes');
  if (unknown.length > 0) throw new InputProblem(`torchrun has no option "${unknown.join(', ')}"`, remedy);
  const { processes: count } = options;
  if (count === undefined) return undefined;
  return parseInteger(count instanceof JsonNumber ? count.source : String(count), 1, 1024);
}

/**
 * The keys of `distribution` that the SDK's framework estimators support. Instance groups are left out: a task has
 * none.
 */
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
  const remedy = `write the SDK's "distribution" as JSON, with one of ${SDK_KINDS.join(', ')}.`;
  const unknown = Object.keys(options).filter((name) => !SDK_KINDS.includes(name));
  if (unknown.length > 0)
    throw new InputProblem(`the SageMaker Python SDK has no distribution "${unknown.join(', ')}"`, remedy);
  const scalar = Object.entries(options).find(([, value]) => !isMap(value));
  if (scalar !== undefined) throw new InputProblem(`the value of "${scalar[0]}" is not a JSON object`, remedy);
  return { kind: 'sdk', options };
}

/**
 * The hyperparameters for AWS's toolkit. As in the SDK, PyTorch's own two launchers exclude all other hyperparameters.
 */
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
  const hyperparameters = alone ? new Map<string, Json>() : commonHyperparameters(options, framework, instanceType);
  if (!torchEnabled) return hyperparameters;
  const name = torch === 'pytorchddp' ? 'sagemaker_pytorch_ddp_enabled' : 'sagemaker_torch_distributed_enabled';
  return hyperparameters.set(name, true).set('sagemaker_instance_type', instanceType);
}

/**
 * The SDK's PyTorch estimator treats pytorchddp as another name of smdistributed. Its Hugging Face estimator does not.
 */
function withoutPytorchddp({ pytorchddp, ...options }: JsonMap): JsonMap {
  return pytorchddp === undefined ? options : { ...options, smdistributed: { dataparallel: pytorchddp } };
}

function commonHyperparameters(options: JsonMap, framework: string, instanceType: string): Map<string, Json> {
  const hyperparameters = new Map<string, Json>();
  for (const [name, hyperparameter] of [
    ['pytorchxla', 'sagemaker_pytorch_xla_multi_worker_enabled'],
    ['parameter_server', 'sagemaker_parameter_server_enabled'],
    ['mpi', 'sagemaker_mpi_enabled'],
    ['multi_worker_mirrored_strategy', 'sagemaker_multi_worker_mirrored_strategy_enabled'],
  ] as const) {
    if (Object.hasOwn(options, name)) hyperparameters.set(hyperparameter, mapOf(options[name])['enabled'] ?? false);
  }
  if (Object.hasOwn(options, 'mpi')) {
    const { processes_per_host: processes, custom_mpi_options: custom } = mapOf(options['mpi']);
    if (processes !== undefined) hyperparameters.set('sagemaker_mpi_num_of_processes_per_host', processes);
    // Without a number of processes, the SDK's MXNet estimator leaves the options out.
    if (framework !== 'mxnet' || processes !== undefined)
      hyperparameters.set('sagemaker_mpi_custom_mpi_options', custom ?? '');
  }
  if (Object.hasOwn(options, 'smdistributed')) {
    const { dataparallel: data, modelparallel: model } = mapOf(options['smdistributed']);
    if (enabled(model)) hyperparameters.set('mp_parameters', mapOf(model)['parameters'] ?? {});
    hyperparameters.set('sagemaker_distributed_dataparallel_enabled', mapOf(data)['enabled'] ?? false);
    hyperparameters.set('sagemaker_instance_type', instanceType);
    if (enabled(data)) {
      const custom = mapOf(data)['custom_mpi_options'] ?? '';
      hyperparameters.set('sagemaker_distributed_dataparallel_custom_mpi_options', custom);
    }
  }
  return hyperparameters;
}

function enabled(options: Json | undefined): boolean {
  return mapOf(options)['enabled'] === true;
}

function mapOf(value: Json | undefined): JsonMap {
  return value !== undefined && isMap(value) ? value : {};
}
