# Reads SageMaker's JSON files by parameter expansion, where there is nothing but a shell.

# The text of a file, without its newlines: into $ssm_text; nothing without the file.
ssm_read() {
  ssm_text=
  if [ -r "$1" ]; then
    while IFS= read -r ssm_line || [ -n "$ssm_line" ]; do ssm_text="$ssm_text$ssm_line"; done <"$1"
  fi
}

# A JSON file without the blanks between its tokens: into $ssm_text; {} without the file. Its outermost keys, one a
# line: into $ssm_keys.
ssm_read_json() {
  ssm_read "$1"
  if [ -z "$ssm_text" ]; then ssm_text='{}'; fi
  ssm_rest=$ssm_text ssm_text='' ssm_keys='' ssm_depth=0
  while :; do
    ssm_between=${ssm_rest%%\"*}
    ssm_squeeze "$ssm_between"
    ssm_text=$ssm_text$ssm_between
    case $ssm_rest in
      *\"*) ssm_rest=${ssm_rest#*\"} ;;
      *) break ;;
    esac
    ssm_take_string
    ssm_text="$ssm_text\"$ssm_string\""
    # A string before a colon is a key.
    ssm_squeeze "${ssm_rest%%\"*}" ahead
    case $ssm_depth$ssm_ahead in
      1:*) ssm_keys="$ssm_keys$ssm_string$ssm_newline" ;;
    esac
  done
}

# Takes the blanks out of what is between two strings: into $ssm_between, counting its brackets in $ssm_depth; with a
# second argument it only looks ahead, into $ssm_ahead.
ssm_squeeze() {
  ssm_mode=${2:-}
  set -f
  # shellcheck disable=SC2086 # Splitting is the purpose.
  set -- $1
  set +f
  IFS=''
  ssm_ahead=$*
  unset IFS
  if [ -n "$ssm_mode" ]; then return; fi
  ssm_between=$ssm_ahead
  while [ -n "$ssm_ahead" ]; do
    case $ssm_ahead in
      ['{[']*) ssm_depth=$((ssm_depth + 1)) ;;
      ['}]']*) ssm_depth=$((ssm_depth - 1)) ;;
    esac
    ssm_ahead=${ssm_ahead#?}
  done
}

# Moves a string's text, whose first quote is gone, from $ssm_rest to $ssm_string. A quote behind an odd number of
# backslashes is a part of it.
ssm_take_string() {
  ssm_string=
  while :; do
    ssm_string=$ssm_string${ssm_rest%%\"*}
    ssm_rest=${ssm_rest#*\"}
    ssm_slashes=$ssm_string
    while case $ssm_slashes in *'\\') ;; *) false ;; esac do ssm_slashes=${ssm_slashes%??}; done
    case $ssm_slashes in
      *'\') ssm_string="$ssm_string\"" ;;
      *) return ;;
    esac
  done
}

# The string behind key $2 in the squeezed JSON text $1: into $ssm_value; $3 without that key.
ssm_member() {
  case $1 in
    *"\"$2\":\""*)
      ssm_value=${1#*"\"$2\":\""}
      ssm_value=${ssm_value%%\"*}
      ;;
    *) ssm_value=$3 ;;
  esac
}

# The array of strings behind key $2 in the squeezed JSON text $1: into $ssm_value, without its brackets.
ssm_array() {
  ssm_value=
  case $1 in
    *"\"$2\":["*)
      ssm_value=${1#*"\"$2\":["}
      ssm_value=${ssm_value%%']'*}
      ;;
  esac
}
