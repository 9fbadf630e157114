# SPDX-License-Identifier: Apache-2.0
# One line of JSON comes in on stdin, lines of JSON go out on stdout.
read -r request
folder=$(printf '%s' "$request" | sed -n 's/.*"folder":"\([^"]*\)".*/\1/p')
percent=$(df -P "$folder" | awk 'NR == 2 { sub("%", "", $5); print $5 }')
if [ -z "$percent" ]; then
  echo '{"error":"the folder cannot be looked at"}'
  exit 1
fi
echo '{"log":{"level":"info","message":"looked at '"$folder"'"}}'
echo '{"outputs":{"percent":'"$percent"'}}'
