#!/usr/bin/env bash
# Runs a command and says how long it took: scripts/timed.sh NAME COMMAND... With a file's name in TIMES, the line is added there too.
name=$1
shift
start=$(date +%s)
"$@"
code=$?
line=$(printf '%6d s  %s' "$(($(date +%s) - start))" "$name")
[ $code -eq 0 ] || line="$line (failed)"
echo "$line" >&2
[ -z "${TIMES:-}" ] || echo "$line" >>"$TIMES"
exit $code
