# A script as Windows writes it, mended in the instance's copy: windows.py in small, for the script that is started.

# Takes a byte order mark, and the CR before each newline, out of the file $1 below the code folder; $2 is its name in the
# log. A file with a control character that is in no script, as an archive behind one, stays as it is.
ssm_mend() {
  ssm_cr=$(printf '\r')
  ssm_mark=$(printf '\357\273\277')
  ssm_control=$(printf '\001\002\003\004\005\006\007\010\016\017\020\021\022\023\024\025\026\027\030\031\032\034\035\036\037')
  ssm_text='' ssm_is_windows=''
  if [ ! -r "./$1" ]; then return; fi
  while IFS= read -r ssm_line || [ -n "$ssm_line" ]; do
    case $ssm_line in
      *["$ssm_control"]*) return ;;
    esac
    case ${ssm_text:+x}$ssm_line in
      "$ssm_mark"*)
        ssm_line=${ssm_line#"$ssm_mark"}
        ssm_is_windows=1
        ;;
    esac
    case $ssm_line in
      *"$ssm_cr")
        ssm_line=${ssm_line%"$ssm_cr"}
        ssm_is_windows=1
        ;;
    esac
    ssm_text=$ssm_text$ssm_line$ssm_newline
  done <"./$1"
  if [ -z "$ssm_is_windows" ]; then return; fi
  printf '%s' "$ssm_text" >"./$1"
  ssm_show "$2"
  ssm_say "Windows line ends or a byte order mark, which no shell reads, were taken out of $ssm_shown"
}
