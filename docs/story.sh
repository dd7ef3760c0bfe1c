#!/bin/sh
# The story of docs/live.md from a shell: a ticket is paused in mid-stream, its worker dies, and it is told to go on.
# Temporal finishes it where it stood; in the synchronous desk nobody is left to.
#
#   chaos live                 in one terminal
#   sh docs/story.sh           in another; a session's folder as argument means that session
#
# Ends with 0 when the story went as told, with 1 where it did not.
set -eu

within_s=60
kept_waiting_s=3

on_session() {
    if [ -n "$folder" ]; then chaos "$@" --session "$folder"; else chaos "$@"; fi
}

shown() {
    on_session ticket list | grep "^$ticket "
}

# wait_until PATTERN: until the ticket's line has it.
wait_until() {
    deadline=$(($(date +%s) + within_s))
    until line=$(shown) && echo "$line" | grep -q "$1"; do
        if [ "$(date +%s)" -gt "$deadline" ]; then
            echo "not within $within_s s: $1; saw: $line" >&2
            exit 1
        fi
        sleep 0.2
    done
    echo "$line"
}

folder=${1:-}

echo "# A ticket is sent, and paused in mid-stream."
ticket=$(on_session ticket submit --priority medium)
wait_until "sync: open, [a-z].* temporal: open, [a-z]"
on_session ticket pause "$ticket"
wait_until "sync: paused.* temporal: paused"

echo "# Where does it stand? What each system answers, as it came."
on_session ticket state "$ticket" --json

echo "# The worker that has it is killed."
on_session fault kill --ticket "$ticket" --restart-after 1s
wait_until "sync: paused, .*nobody works on it.* temporal: paused"

echo "# Seconds pass; it could be days."
sleep $kept_waiting_s
shown

echo "# It is told to go on."
on_session ticket resume "$ticket"
wait_until "sync: .*nobody works on it.* temporal: resolved"
echo "# Finished in temporal; lost in sync, where nobody works on $ticket any more."
