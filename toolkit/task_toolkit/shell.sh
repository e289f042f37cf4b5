# The launcher for an image without Python: `run` and `.sh`. The same contract as launcher.py, in a POSIX shell alone: no
# sed, cat or date is taken for granted. Sourced by launch.sh in the code folder.

ssm_base=${SAGEMAKER_BASE_DIR:-/opt/ml}
ssm_count=0
ssm_start=0
if command -v date >/dev/null 2>&1; then ssm_start=$(date +%s); fi

# One line of the instance's log, counted for the end line.
ssm_say() {
  printf '%s\n' "$1"
  ssm_count=$((ssm_count + 1))
}

# The first line of a file, or nothing: SageMaker's JSON files are one line each, ours in tests too.
ssm_read() {
  ssm_text=
  if [ -r "$1" ]; then
    while IFS= read -r ssm_line || [ -n "$ssm_line" ]; do ssm_text="$ssm_text$ssm_line"; done <"$1"
  fi
}

# The string behind a key of $ssm_text, a flat JSON text: into $ssm_value.
ssm_string() {
  ssm_value=
  case $ssm_text in
    *"\"$1\""*) ;;
    *) return ;;
  esac
  ssm_value=${ssm_text#*"\"$1\""}
  ssm_value=${ssm_value#*\"}
  ssm_value=${ssm_value%%\"*}
}

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
      *) ssm_value=; return ;;
    esac
    ssm_value=$ssm_value$ssm_char
  done
}

# Hosts from resourceconfig.json: {"current_host":"algo-1","hosts":["algo-1",…],"network_interface_name":"eth0",…}
ssm_export_hosts() {
  ssm_read "$ssm_base/input/config/resourceconfig.json"
  ssm_string current_host
  ssm_host=${ssm_value:-algo-1}
  ssm_string network_interface_name
  export SM_NETWORK_INTERFACE_NAME="${ssm_value:-eth0}"
  ssm_string current_instance_type
  export SM_CURRENT_INSTANCE_TYPE="${ssm_value:-local}"
  ssm_string current_group_name
  export SM_CURRENT_INSTANCE_GROUP="${ssm_value:-homogeneousCluster}"
  ssm_hosts=${ssm_text#*'"hosts"'}
  ssm_hosts=${ssm_hosts#*'['}
  ssm_hosts=${ssm_hosts%%']'*}
  ssm_first=${ssm_hosts#*\"}
  ssm_first=${ssm_first%%\"*}
  export SM_HOSTS="[$ssm_hosts]" SM_CURRENT_HOST="$ssm_host" SM_RESOURCE_CONFIG="$ssm_text"
  export MASTER_ADDR="${MASTER_ADDR:-$ssm_first}" MASTER_PORT="${MASTER_PORT:-7777}"
  export NCCL_SOCKET_IFNAME="${NCCL_SOCKET_IFNAME:-$SM_NETWORK_INTERFACE_NAME}"
}

# Channels are the folders of input/data; the code's own is hidden.
ssm_export_channels() {
  ssm_channels=
  for ssm_folder in "$ssm_base"/input/data/*/; do
    ssm_folder=${ssm_folder%/}
    ssm_name=${ssm_folder##*/}
    if [ ! -d "$ssm_folder" ] || [ "$ssm_name" = ssm_code ]; then continue; fi
    ssm_channels="$ssm_channels,\"$ssm_name\""
    ssm_upper "$ssm_name"
    if [ -n "$ssm_value" ]; then export "SM_CHANNEL_$ssm_value=$ssm_folder"; fi
  done
  export SM_CHANNELS="[${ssm_channels#,}]"
}

ssm_export_places() {
  ssm_read "$ssm_base/input/config/checkpointconfig.json"
  ssm_string LocalPath
  export SSM_STATE="${SSM_STATE:-${ssm_value:-/state}}"
  export SSM_INSTANCE_STATE="$SSM_STATE/$ssm_host" SSM_JOB_NAME="${TRAINING_JOB_NAME:-}"
  export SM_MODEL_DIR="$ssm_base/model" SM_MODULE_DIR="$ssm_base/code" SM_INPUT_DIR="$ssm_base/input"
  export SM_INPUT_CONFIG_DIR="$ssm_base/input/config" SM_OUTPUT_DIR="$ssm_base/output"
  export SM_OUTPUT_DATA_DIR="$ssm_base/output/data" SM_OUTPUT_INTERMEDIATE_DIR="$ssm_base/output/intermediate"
  export SM_USER_ENTRY_POINT="$ssm_entrypoint" SM_LOG_LEVEL=20
}

# Prints the lines of standard input, counted; a worker's line cannot pass for the end line. As a part of a pipe it is a
# process of its own: count and last lines go to file descriptor 3.
ssm_pump() {
  ssm_last1= ssm_last2= ssm_last3= ssm_last4=
  while IFS= read -r ssm_line || [ -n "$ssm_line" ]; do
    case $ssm_line in
      '##ssm-end '*) ssm_line=" $ssm_line" ;;
    esac
    ssm_say "$ssm_line"
    ssm_last4=$ssm_last3 ssm_last3=$ssm_last2 ssm_last2=$ssm_last1 ssm_last1=$ssm_line
  done
  printf '%s\n' "$ssm_count" "$ssm_last4" "$ssm_last3" "$ssm_last2" "$ssm_last1" >&3
}

# Runs the words given and leaves their exit code in a file: what is before a pipe has no other way to tell it.
ssm_produce() {
  "$@" 2>&1 </dev/null &
  printf '%s\n' "$!" >"$ssm_base/output/.ssm-pid"
  wait "$!"
  printf '%s\n' "$?" >"$ssm_base/output/.ssm-code"
}

# Passes a signal on to the script, which decides what becomes of it.
ssm_forward() {
  ssm_read "$ssm_base/output/.ssm-pid"
  if [ -n "$ssm_text" ]; then kill -TERM "$ssm_text" 2>/dev/null; fi
}

# Runs the words given with their output through the pump; waits for its end, whatever signals come: into $ssm_code.
ssm_run() {
  : >"$ssm_base/output/.ssm-pid"
  : >"$ssm_base/output/.ssm-code"
  trap ssm_forward TERM INT
  ssm_produce "$@" | ssm_pump 3>"$ssm_base/output/.ssm-tail" &
  while kill -0 "$!" 2>/dev/null; do wait "$!"; done
  ssm_read "$ssm_base/output/.ssm-code"
  ssm_code=${ssm_text:-1}
  { IFS= read -r ssm_count && IFS= read -r ssm_last4 && IFS= read -r ssm_last3 && IFS= read -r ssm_last2 && IFS= read -r ssm_last1; } \
    <"$ssm_base/output/.ssm-tail"
}

# What FailureReason shows: SageMaker takes the first 1,024 characters of the failure file.
ssm_fail() {
  if [ ! -s "$ssm_base/output/failure" ]; then printf '%s\n' "$@" >"$ssm_base/output/failure"; fi
}

ssm_end() {
  printf '##ssm-end %s %s %s\n' "$ssm_host" "$ssm_start" "$ssm_count"
  exit "$1"
}

. ./task_toolkit/job.sh
ssm_export_hosts
ssm_export_places
ssm_export_channels
export PYTHONUNBUFFERED=1

if [ -e ./requirements.txt ]; then
  ssm_say 'requirements.txt needs Python 3.6 or later, which this image does not have.'
  ssm_fail 'requirements.txt needs Python 3.6 or later: use an image that has it, or remove the file.'
  ssm_end 127
fi

case $ssm_entrypoint in
  *.py)
    ssm_say "$ssm_entrypoint needs Python 3.6 or later, which this image does not have."
    ssm_fail "$ssm_entrypoint needs Python 3.6 or later: use an image that has it, or a .sh entrypoint."
    ssm_end 127
    ;;
  '')
    ssm_entrypoint='the "run" lines'
    if command -v bash >/dev/null 2>&1; then
      set -- bash -eo pipefail ./task_toolkit/run.sh "$@"
    else
      set -- sh -e ./task_toolkit/run.sh "$@"
    fi
    ;;
  *)
    ssm_shebang=
    IFS= read -r ssm_shebang <"./$ssm_entrypoint"
    # A shebang's interpreter is asked by name: without chmod the file need not be executable.
    case $ssm_shebang in
      '#!'*bash*) if command -v bash >/dev/null 2>&1; then set -- bash "./$ssm_entrypoint" "$@"; else set -- sh "./$ssm_entrypoint" "$@"; fi ;;
      *) set -- sh "./$ssm_entrypoint" "$@" ;;
    esac
    ;;
esac

ssm_say 'Invoking script with the following command:'
ssm_say ''
# A newline in an argument would make two lines of one.
ssm_command=
for ssm_word in "$@"; do
  while :; do
    case $ssm_word in
      *'
'*) ssm_command="$ssm_command${ssm_word%%'
'*}\\n" ssm_word=${ssm_word#*'
'} ;;
      *) break ;;
    esac
  done
  ssm_command="$ssm_command$ssm_word "
done
ssm_say "${ssm_command% }"
ssm_say ''

ssm_run "$@"
if [ "$ssm_code" -ne 0 ]; then
  ssm_fail "$ssm_entrypoint failed with exit code $ssm_code:" "$ssm_last4" "$ssm_last3" "$ssm_last2" "$ssm_last1"
fi
ssm_end "$ssm_code"
