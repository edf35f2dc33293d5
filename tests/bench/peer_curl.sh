#!/bin/sh
# One item by curl: peer_curl.sh ID PORTRAIT PROMPT. A video that is there already is not made again.
set -eu
mkdir -p out
[ -e "out/$1.mp4" ] && exit 0
ask() { curl -sf --max-time 60 -H "Authorization: Bearer $MINIMAX_API_KEY" "$@"; }
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }
task=$({
  printf '{"model":"S2V-01","prompt":"%s","subject_reference":[{"type":"character","image":["data:image/png;base64,' "$3"
  base64 -w0 "$2"
  printf '"]}]}'
} | ask -H 'Content-Type: application/json' --data-binary @- "$MINIMAX_API_HOST/v1/video_generation" | field task_id)
[ -n "$task" ]
while :; do
  told=$(ask "$MINIMAX_API_HOST/v1/query/video_generation?task_id=$task")
  case $told in *'"Success"'*) break ;; esac
  sleep 0.05
done
file=$(printf %s "$told" | field file_id)
link=$(ask "$MINIMAX_API_HOST/v1/files/retrieve?file_id=$file" | field download_url)
ask -o "out/$1.mp4" "$link"
