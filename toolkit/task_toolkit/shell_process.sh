# Runs the script with its output through a pump, where there is nothing but a shell: process.py, output.py and failure.py
# in small. What its processes tell each other lies in files beside the code: a pipe has no other way.

# Bytes: CloudWatch takes 256 KB an event.
ssm_longest=200000
# Seconds that what the script left behind may hold its output open; without a `sleep` no end is set to it.
ssm_patience=5
ssm_pid_file=./task_toolkit/.pid
ssm_stop_file=./task_toolkit/.stop
ssm_pump_file=./task_toolkit/.pump
ssm_watch_file=./task_toolkit/.watch
ssm_code_file=./task_toolkit/.code
ssm_tail_file=./task_toolkit/.tail

# One line of the instance's log, counted for the end line, for which it cannot pass.
ssm_say() {
  case $1 in
    '##ssm-end '*) printf ' %s\n' "$1" ;;
    *) printf '%s\n' "$1" ;;
  esac
  ssm_count=$((ssm_count + 1))
}

# A line of the script's, in pieces where it is too long for an event; without a `fold` its first piece only. Busybox's
# folds at 10,000 bytes at most.
ssm_pass() {
  if [ "${#1}" -le "$ssm_longest" ]; then
    ssm_say "$1"
  elif command -v fold >/dev/null 2>&1; then
    ssm_piece=
    while IFS= read -r ssm_fold; do
      ssm_piece=$ssm_piece$ssm_fold
      if [ "${#ssm_piece}" -ge "$ssm_longest" ]; then
        ssm_say "$ssm_piece"
        ssm_piece=
      fi
    done <<END
$(printf '%s\n' "$1" | fold -b -w 10000)
END
    if [ -n "$ssm_piece" ]; then ssm_say "$ssm_piece"; fi
  else
    ssm_say "$(printf "%.${ssm_longest}s" "$1")"
    ssm_say "The line above had ${#1} bytes; without a fold program the rest is left out."
  fi
}

# Prints the lines of standard input; at the end their count and the last of them go to file descriptor 3.
ssm_pump() {
  trap '' TERM INT
  trap ssm_pump_left USR1
  # A length is one in bytes then.
  LC_ALL=C
  ssm_last1='' ssm_last2='' ssm_last3='' ssm_last4='' ssm_last5='' ssm_last6='' ssm_last7='' ssm_last8='' ssm_left=''
  while
    ssm_reading=1
    [ -z "$ssm_left" ] && { IFS= read -r ssm_line || [ -n "$ssm_line" ]; }
  do
    ssm_reading=
    ssm_pass "$ssm_line"
    ssm_last8=$ssm_last7 ssm_last7=$ssm_last6 ssm_last6=$ssm_last5 ssm_last5=$ssm_last4
    ssm_last4=$ssm_last3 ssm_last3=$ssm_last2 ssm_last2=$ssm_last1 ssm_last1=$ssm_line
  done
  ssm_pump_end
}

# The script has ended, and a process that it started still holds the pipe. A line in work is finished first.
ssm_pump_left() {
  ssm_left=1
  if [ -n "$ssm_reading" ]; then ssm_pump_end; fi
}

ssm_pump_end() {
  if [ -n "$ssm_left" ]; then
    ssm_say 'The script ended, but a process that it started still holds its output: what that prints is not read.'
  fi
  printf '%s\n' "$ssm_count" "$ssm_last1" "$ssm_last2" "$ssm_last3" "$ssm_last4" "$ssm_last5" "$ssm_last6" "$ssm_last7" \
    "$ssm_last8" >&3
  exit 0
}

# Runs the words given; their exit code goes to a file. In the foreground, since a signal that ends a `wait` can cost the
# code (seen in bash 5.2 and busybox 1.35); so it is the script's own process that writes its id down.
ssm_produce() {
  # What is sent to the whole group ends the script, not this; a handler, unlike '', is not inherited by the script.
  trap : TERM INT
  # The signal may have come while there was no process to send it to. What a shell says of a killed process (`Killed`)
  # is not a line of the script.
  {
    sh -c 'printf "%s\n" "$$" >"$1"; if [ -e "$2" ]; then kill -TERM "$$"; fi; shift 2; exec 2>&1; exec "$@"' \
      sh "$ssm_pid_file" "$ssm_stop_file" "$@" </dev/null
    printf '%s\n' "$?" >"$ssm_code_file"
  } 2>/dev/null
  if command -v sleep >/dev/null 2>&1; then
    (
      sleep "$ssm_patience"
      ssm_read "$ssm_pump_file"
      kill -USR1 "$ssm_text"
    ) </dev/null >/dev/null 2>&1 &
    printf '%s\n' "$!" >"$ssm_watch_file"
  fi
}

# Passes SIGTERM on to the script, which decides what becomes of it. SIGINT too becomes SIGTERM: a shell starts what runs
# in the background with SIGINT ignored.
ssm_forward() {
  ssm_stopped=1
  : >"$ssm_stop_file"
  ssm_read "$ssm_pid_file"
  if [ -n "$ssm_text" ]; then kill -TERM "$ssm_text" 2>/dev/null; fi
}

# Runs the words given with their output through the pump, to the end: into $ssm_code.
ssm_run() {
  ssm_produce "$@" | ssm_pump 3>"$ssm_tail_file" &
  printf '%s\n' "$!" >"$ssm_pump_file"
  # A signal ends the wait, not the pump.
  while kill -0 "$!" 2>/dev/null; do wait "$!"; done
  ssm_read "$ssm_watch_file"
  if [ -n "$ssm_text" ]; then kill "$ssm_text" 2>/dev/null; fi
  ssm_read "$ssm_code_file"
  ssm_code=${ssm_text:-1}
}

# The count of lines, and why program $1 failed, if it did, from the file that the pump left.
ssm_conclude() {
  {
    IFS= read -r ssm_count
    IFS= read -r ssm_line
    if [ "$ssm_code" -eq 0 ]; then return; fi
    ssm_signal=
    if [ "$ssm_code" -gt 128 ] && [ "$ssm_code" -le 192 ]; then ssm_signal=" (SIG$(kill -l "$ssm_code"))"; fi
    ssm_reason=$(printf '%.512s' "$1 failed with exit code $ssm_code$ssm_signal: ${ssm_line:-it printed nothing}")
    ssm_lines=
    while [ $((${#ssm_reason} + ${#ssm_lines} + ${#ssm_line})) -lt 1020 ]; do
      ssm_lines="$ssm_line$ssm_newline$ssm_lines"
      IFS= read -r ssm_line || break
    done
  } <"$ssm_tail_file"
  # There may have been fewer lines than places for them.
  while case $ssm_lines in "$ssm_newline"*) ;; *) false ;; esac do ssm_lines=${ssm_lines#?}; done
  ssm_fail "$ssm_reason$ssm_newline${ssm_lines%"$ssm_newline"}"
}

# What FailureReason shows, unless the script wrote it: SageMaker takes the first 1,024 characters of the file.
ssm_fail() {
  if [ ! -s "$ssm_base/output/failure" ]; then printf '%s\n' "$1" >"$ssm_base/output/failure"; fi
}

# The last line of the log, whatever happened before.
ssm_end() {
  trap - EXIT
  printf '##ssm-end %s %s %s\n' "$ssm_host" "$ssm_start" "$ssm_count"
  exit "$1"
}
