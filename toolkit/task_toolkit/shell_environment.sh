# The variables of the launcher in Python (environment.py, hosts.py have their sources), where there is nothing but a
# shell. JSON values mean the same, in the order of SageMaker's files. Left out: SM_TRAINING_ENV, and names that no
# variable of a shell can have. Those of the hyperparameters come from job.sh.

# Makes $1 upper-case and fit for a variable's name: into $ssm_value; nothing where it cannot be one.
ssm_upper() {
  ssm_value=
  ssm_rest=$1
  while [ -n "$ssm_rest" ]; do
    ssm_tail=${ssm_rest#?}
    ssm_char=${ssm_rest%"$ssm_tail"}
    ssm_rest=$ssm_tail
    case $ssm_char in
      a) ssm_char=A ;; b) ssm_char=B ;; c) ssm_char=C ;; d) ssm_char=D ;; e) ssm_char=E ;; f) ssm_char=F ;; g) ssm_char=G ;;
      h) ssm_char=H ;; i) ssm_char=I ;; j) ssm_char=J ;; k) ssm_char=K ;; l) ssm_char=L ;; m) ssm_char=M ;; n) ssm_char=N ;;
      o) ssm_char=O ;; p) ssm_char=P ;; q) ssm_char=Q ;; r) ssm_char=R ;; s) ssm_char=S ;; t) ssm_char=T ;; u) ssm_char=U ;;
      v) ssm_char=V ;; w) ssm_char=W ;; x) ssm_char=X ;; y) ssm_char=Y ;; z) ssm_char=Z ;;
      [A-Z0-9_]) ;;
      *) ssm_value=''; return ;;
    esac
    ssm_value=$ssm_value$ssm_char
  done
}

# {"current_host":"algo-1","hosts":["algo-1",…],"instance_groups":[{"instance_group_name":"…","hosts":[…],…},…],…}
ssm_export_hosts() {
  ssm_read_json "$ssm_base/input/config/resourceconfig.json"
  export SM_RESOURCE_CONFIG="$ssm_text"
  ssm_member "$ssm_text" current_host algo-1
  ssm_host=$ssm_value
  export SM_CURRENT_HOST="$ssm_host" CURRENT_HOST="$ssm_host"
  ssm_member "$ssm_text" network_interface_name eth0
  export SM_NETWORK_INTERFACE_NAME="$ssm_value"
  ssm_member "$ssm_text" current_instance_type local
  export SM_CURRENT_INSTANCE_TYPE="$ssm_value"
  ssm_member "$ssm_text" current_group_name homogeneousCluster
  export SM_CURRENT_INSTANCE_GROUP="$ssm_value"
  ssm_groups=
  case $ssm_text in
    *'"instance_groups":[{'*)
      ssm_groups=${ssm_text#*'"instance_groups":['}
      ssm_groups=${ssm_groups%%'}]'*}\}
      # A group has hosts too; those of the job are wanted.
      ssm_text=${ssm_text%%'"instance_groups":['*}${ssm_text#*"$ssm_groups"}
      ;;
  esac
  ssm_array "$ssm_text" hosts
  ssm_hosts=${ssm_value:-\"$ssm_host\"}
  export SM_HOSTS="[$ssm_hosts]"
  ssm_export_groups
  ssm_export_rendezvous
}

ssm_export_groups() {
  ssm_names='' ssm_dict='' ssm_own='' ssm_hetero=-1
  while case $ssm_groups in *'{'*) ;; *) false ;; esac do
    ssm_group=${ssm_groups#*'{'}
    ssm_group=${ssm_group%%'}'*}
    ssm_groups=${ssm_groups#*'}'}
    ssm_member "$ssm_group" instance_group_name ''
    ssm_names="$ssm_names,\"$ssm_value\"" ssm_dict="$ssm_dict,\"$ssm_value\":{$ssm_group}" ssm_hetero=$((ssm_hetero + 1))
    if [ "$ssm_value" = "$SM_CURRENT_INSTANCE_GROUP" ]; then
      ssm_array "$ssm_group" hosts
      ssm_own=$ssm_value
    fi
  done
  export SM_CURRENT_INSTANCE_GROUP_HOSTS="[$ssm_own]" SM_INSTANCE_GROUPS="[${ssm_names#,}]"
  export SM_INSTANCE_GROUPS_DICT="{${ssm_dict#,}}" SM_DISTRIBUTION_INSTANCE_GROUPS='[]' SM_IS_HETERO=false
  if [ "$ssm_hetero" -gt 0 ]; then SM_IS_HETERO=true; fi
}

# Where distributed programs meet: hosts.py has the sources. An image's own values stay.
ssm_export_rendezvous() {
  ssm_rest=${ssm_hosts#\"}
  export MASTER_ADDR="${MASTER_ADDR-${ssm_rest%%\"*}}" MASTER_PORT="${MASTER_PORT-7777}"
  export NCCL_SOCKET_IFNAME="${NCCL_SOCKET_IFNAME-$SM_NETWORK_INTERFACE_NAME}"
  export SSM_NUM_NODES=1 SSM_HOST_RANK=0
  case $ssm_hosts in
    *,*) ;;
    *) return ;;
  esac
  ssm_rest=$ssm_hosts, ssm_workers='' ssm_index=0 ssm_at=0
  while [ -n "$ssm_rest" ]; do
    ssm_name=${ssm_rest%%,*}
    ssm_rest=${ssm_rest#*,}
    ssm_workers="$ssm_workers, ${ssm_name%\"}:2222\""
    if [ "$ssm_name" = "\"$ssm_host\"" ]; then ssm_index=$ssm_at; fi
    ssm_at=$((ssm_at + 1))
  done
  SSM_NUM_NODES=$ssm_at SSM_HOST_RANK=$ssm_index
  ssm_cluster="{\"worker\": [${ssm_workers#, }]}"
  ssm_value="{\"cluster\": $ssm_cluster, \"environment\": \"cloud\", \"task\": {\"type\": \"worker\", \"index\": $ssm_index}}"
  export TF_CONFIG="${TF_CONFIG-$ssm_value}"
}

# {"train":{"TrainingInputMode":"File",…},…}; the channel that brings the code is hidden.
ssm_export_channels() {
  ssm_read_json "$ssm_base/input/config/inputdataconfig.json"
  ssm_config=$ssm_text
  case $ssm_config in
    *'"ssm_code":{'*)
      ssm_rest=${ssm_config#*'"ssm_code":{'}
      ssm_rest=${ssm_rest#*'}'}
      ssm_config=${ssm_config%%'"ssm_code":{'*}
      case $ssm_rest in
        ,*) ssm_rest=${ssm_rest#,} ;;
        *) ssm_config=${ssm_config%,} ;;
      esac
      ssm_config=$ssm_config$ssm_rest
      ;;
  esac
  export SM_INPUT_DATA_CONFIG="$ssm_config"
  ssm_channels=
  while IFS= read -r ssm_name; do
    case $ssm_name in
      '' | ssm_code) continue ;;
    esac
    ssm_channels="$ssm_channels,\"$ssm_name\""
    ssm_upper "$ssm_name"
    if [ -n "$ssm_value" ]; then export "SM_CHANNEL_$ssm_value=$ssm_base/input/data/$ssm_name"; fi
  done <<END
$ssm_keys
END
  export SM_CHANNELS="[${ssm_channels#,}]"
}

ssm_export_places() {
  ssm_read_json "$ssm_base/input/config/checkpointconfig.json"
  ssm_member "$ssm_text" LocalPath /state
  export SSM_STATE="${SSM_STATE:-$ssm_value}"
  export SSM_INSTANCE_STATE="$SSM_STATE/$ssm_host" SSM_JOB_NAME="${TRAINING_JOB_NAME:-}"
  export SM_MODEL_DIR="$ssm_base/model" SM_MODULE_DIR="$ssm_base/code" SM_INPUT_DIR="$ssm_base/input"
  export SM_INPUT_CONFIG_DIR="$ssm_base/input/config" SM_OUTPUT_DIR="$ssm_base/output"
  export SM_OUTPUT_DATA_DIR="$ssm_base/output/data" SM_OUTPUT_INTERMEDIATE_DIR="$ssm_base/output/intermediate"
  export SSM_TENSORBOARD_DIR="$ssm_base/output/tensorboard"
}

ssm_export_rest() {
  export SM_USER_ENTRY_POINT="${ssm_entrypoint:-task_toolkit/run.sh}"
  export SM_MODULE_NAME="${SM_USER_ENTRY_POINT%.py}" SM_FRAMEWORK_MODULE="${SAGEMAKER_TRAINING_MODULE:-}"
  export SM_FRAMEWORK_PARAMS='{}' SM_LOG_LEVEL=20 PYTHONUNBUFFERED=1
  export PYTHONPATH="$ssm_base/code${PYTHONPATH:+:$PYTHONPATH}"
  export SAGEMAKER_JOB_NAME="$SSM_JOB_NAME" SAGEMAKER_REGION="${AWS_REGION:-${AWS_DEFAULT_REGION:-}}"
  ssm_count_lines processor </proc/cpuinfo
  export SM_NUM_CPUS="$ssm_value"
  ssm_count_lines 'GPU ' <<END
$(if command -v nvidia-smi >/dev/null 2>&1; then nvidia-smi --list-gpus 2>/dev/null; fi)
END
  export SM_NUM_GPUS="$ssm_value" SM_NUM_NEURONS=0
}

# How many lines of standard input begin with $1: into $ssm_value.
ssm_count_lines() {
  ssm_value=0
  while IFS= read -r ssm_line; do
    case $ssm_line in
      "$1"*) ssm_value=$((ssm_value + 1)) ;;
    esac
  done
}
