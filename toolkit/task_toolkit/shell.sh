# The launcher for an image without Python: `run` and `.sh`. The same contract as launcher.py, in a POSIX shell alone: no
# sed, cat or date is taken for granted. Sourced by launch.sh in the code folder.

ssm_newline='
'
ssm_base=${SAGEMAKER_BASE_DIR:-/opt/ml}
ssm_host=algo-1
ssm_count=0
ssm_stopped=
ssm_distribution=
ssm_secrets=

. ./task_toolkit/shell_json.sh
. ./task_toolkit/shell_environment.sh
. ./task_toolkit/shell_process.sh
. ./task_toolkit/shell_windows.sh

trap 'ssm_end "$?"' EXIT
trap ssm_forward TERM INT

# Seconds since 1970: by `date`, else by what the kernel says of its start and its age.
ssm_clock() {
  if command -v date >/dev/null 2>&1; then
    ssm_start=$(date +%s)
    return
  fi
  ssm_start=0
  while read -r ssm_key ssm_value; do
    if [ "$ssm_key" = btime ]; then ssm_start=$ssm_value; fi
  done </proc/stat
  read -r ssm_value ssm_rest </proc/uptime
  ssm_start=$((ssm_start + ${ssm_value%%.*}))
}

# Ends the instance where the script cannot be started: the reason, the remedy, the exit code.
ssm_refuse() {
  ssm_say "$1."
  ssm_fail "$1: $2."
  ssm_end "$3"
}

# A word of the command as the log shows it, on one line whatever is in it: into $ssm_shown.
ssm_show() {
  ssm_shown=
  case $1 in
    *[[:cntrl:]]*) ssm_rest=$1 ;;
    *)
      ssm_shown=$1
      return
      ;;
  esac
  while [ -n "$ssm_rest" ]; do
    ssm_tail=${ssm_rest#?}
    ssm_char=${ssm_rest%"$ssm_tail"}
    ssm_rest=$ssm_tail
    case $ssm_char in
      "$ssm_newline") ssm_char='\n' ;;
      [[:cntrl:]]) ssm_char=$(printf '\\x%02x' "'$ssm_char") ;;
    esac
    ssm_shown=$ssm_shown$ssm_char
  done
}

ssm_clock
ssm_export_hosts
if [ ! -r ./task_toolkit/job.sh ]; then
  ssm_refuse 'task_toolkit/job.sh is missing' 'the archive of the code is not one that this action made' 1
fi
. ./task_toolkit/job.sh
ssm_export_places
ssm_export_channels
ssm_export_rest

if [ -n "$ssm_distribution" ]; then
  ssm_refuse "distribution: $ssm_distribution needs Python 3.6 or later, which this image does not have" \
    'use an image that has it, or remove the distribution' 127
fi
if [ -n "$ssm_secrets" ]; then
  ssm_refuse 'secrets needs Python 3.6 or later in the image, which this one does not have' \
    'use an image that has it, or remove the secrets' 127
fi
if [ -e ./requirements.txt ]; then
  ssm_refuse 'requirements.txt needs Python 3.6 or later, which this image does not have' \
    'use an image that has it, or remove the file' 127
fi

for ssm_word in setup.py pyproject.toml; do
  if [ -e "./$ssm_word" ]; then ssm_say "$ssm_word: nothing is installed, as this image has no Python of 3.6 or later."; fi
done

case $ssm_entrypoint in
  *.py)
    ssm_refuse "$ssm_entrypoint needs Python 3.6 or later, which this image does not have" \
      'use an image that has it, or a .sh entrypoint' 127
    ;;
  '')
    ssm_name='the "run" lines'
    ssm_mend task_toolkit/run.sh "$ssm_name"
    if command -v bash >/dev/null 2>&1; then
      set -- bash -eo pipefail task_toolkit/run.sh "$@"
    else
      set -- sh -e task_toolkit/run.sh "$@"
    fi
    ;;
  *)
    ssm_name=$ssm_entrypoint
    ssm_mend "$ssm_entrypoint" "$ssm_name"
    # As the kernel does it, an interpreter and one word for it, but the file need not be executable: chmod may be missing.
    ssm_shebang='' ssm_program=''
    if [ -r "./$ssm_entrypoint" ]; then IFS= read -r ssm_shebang <"./$ssm_entrypoint"; fi
    case $ssm_shebang in
      '#!'*)
        read -r ssm_program ssm_word <<END
${ssm_shebang#??}
END
        ;;
    esac
    case $ssm_program in
      */env)
        # `env` is there; what it is to find may not be.
        ssm_wanted=${ssm_word#-S }
        command -v "${ssm_wanted%% *}" >/dev/null 2>&1 || ssm_program=
        ;;
    esac
    if [ -n "$ssm_program" ] && [ -x "$ssm_program" ]; then
      set -- "$ssm_program" ${ssm_word:+"$ssm_word"} "./$ssm_entrypoint" "$@"
    else
      set -- sh "./$ssm_entrypoint" "$@"
    fi
    ;;
esac

if [ -n "$ssm_stopped" ]; then
  ssm_refuse "$ssm_name was not started" 'SIGTERM came first' 143
fi

ssm_say 'Invoking script with the following command:'
ssm_say ''
ssm_command=
for ssm_word in "$@"; do
  ssm_show "$ssm_word"
  ssm_command="$ssm_command $ssm_shown"
done
ssm_say "${ssm_command# }"
ssm_say ''

ssm_run "$@"
ssm_conclude "$ssm_name"
ssm_end "$ssm_code"
