#!/bin/bash
# A base image for the tests out of the machine's own files: its python3 with the standard library, a shell, coreutils and
# every library that these load. No registry is asked.  usage: base-image.sh IMAGE [python3 binary]
set -euo pipefail
image=$1
docker image inspect "$image" > /dev/null 2>&1 && exit
python=$(readlink -f "$("${2:-python3}" -c 'import sys; print(sys.executable)')")
root=$(mktemp -d); trap 'rm -rf "$root"' EXIT
read -r base version stdlib < <("$python" -c 'import sys, sysconfig; print(sys.base_prefix, "%d.%d" % sys.version_info[:2], sysconfig.get_path("stdlib"))')
mkdir -p "$root"/{usr/{bin,lib,lib64,sbin},"usr/lib/python$version",etc,tmp,root,proc,sys,dev,opt/ml,var/tmp}
for d in bin lib lib64 sbin; do ln -s usr/$d "$root/$d"; done
chmod 1777 "$root"/{tmp,var/tmp}
tools="bash sh env ls cat cp mv rm mkdir rmdir ln chmod chown sleep true false echo printf test touch head tail tee wc sort uniq tr cut date id whoami uname hostname sed grep awk find xargs tar gzip dirname basename readlink realpath mktemp kill stat du df seq nproc pwd tty expr which sync cmp timeout nohup"
files=("$python"); for t in $tools; do p=$(type -P "$t") && files+=("$p"); done
# a virtual base prefix: python lives in /usr as /usr/bin/python3, its library in /usr/lib/pythonX.Y
tar -C "$stdlib" -c --exclude=site-packages --exclude=test --exclude=tests --exclude=idlelib --exclude=ensurepip \
  --exclude=lib2to3 --exclude=turtledemo --exclude=tkinter --exclude=__pycache__ --exclude='config-*' . | tar -C "$root/usr/lib/python$version" -x
mkdir -p "$root/usr/lib/python$version/site-packages"
[[ -d $stdlib/site-packages/pip ]] && cp -a "$stdlib"/site-packages/pip "$stdlib"/site-packages/pip-*.dist-info "$root/usr/lib/python$version/site-packages/"
cp -L "$python" "$root/usr/bin/python$version"; ln -s "python$version" "$root/usr/bin/python3"; ln -s python3 "$root/usr/bin/python"
printf '#!/bin/sh\nexec python3 -m pip "$@"\n' > "$root/usr/bin/pip3"; chmod 755 "$root/usr/bin/pip3"
for f in "${files[@]:1}"; do cp -L "$f" "$root/usr/bin/"; done
mapfile -t extensions < <(find "$stdlib/lib-dynload" -name '*.so' ! -name '*tkinter*')
# every shared library those need, plus what glibc loads by name (nss) and what wheels expect (libstdc++, libgcc_s)
{ ldd "${files[@]}" "${extensions[@]}" 2>/dev/null | grep -oE '/[^ ]+\.so[^ ]*' || true # ldd fails on scripts
  ldconfig -p | grep -oE '/[^ ]*(libstdc\+\+\.so\.6|libgcc_s\.so\.1|libnss_(files|dns)\.so\.2|libgomp\.so\.1|libpthread\.so\.0|libdl\.so\.2|librt\.so\.1|libutil\.so\.1|libm\.so\.6|libresolv\.so\.2|libanl\.so\.1)$'; } | sort -u |
while read -r lib; do d=$root$(dirname "$lib"); d=${d/#$root\/lib/$root\/usr\/lib}; [[ -e $lib ]] || continue; mkdir -p "$d"; cp -L "$lib" "$d/"; done
# A Python built on the machine brings what debuggers read, a third of the image, which docker packs for each push.
if type -P strip > /dev/null; then find "$root/usr" -type f -name '*.so*' -exec strip --strip-debug {} + 2> /dev/null || true; fi
cp -L /etc/{passwd,group,nsswitch.conf} "$root/etc/" 2>/dev/null || true
environment="PATH=/usr/local/bin:/usr/bin:/usr/sbin"
if [[ -f /etc/ssl/certs/ca-certificates.crt ]]; then # the machine's own, for whatever stands between it and an index
  mkdir -p "$root/etc/ssl/certs" && cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  environment+=" PIP_CERT=/etc/ssl/certs/ca-certificates.crt"
fi
tar -C "$root" -c . | docker import --change "ENV $environment" --change 'CMD ["/bin/bash"]' - "$image"
