#!/usr/bin/env bash
# The checks of action.yml: each runs, whatever the ones before it found. Exit 1 for findings, 2 for what cannot run.
# INPUT_PATHS   rule files and folders, parted by blanks; empty: those of the configuration
# INPUT_CHECKS  verbs, in order
# INPUT_SARIF   a file for the findings of validate as SARIF; empty: none
set -uo pipefail

read -ra paths <<<"${INPUT_PATHS:-}"
read -ra checks <<<"${INPUT_CHECKS:-validate fmt lint test}"
worst=0

run() {
    echo "marginc $*" >&2
    marginc "$@" ${paths[@]+"${paths[@]}"}
    local code=$?
    if ((code > worst)); then worst=$code; fi
}

for verb in "${checks[@]}"; do
    if [[ $verb == fmt ]]; then
        # It shows lines of the rules, and a line of a file is no command to the runner.
        token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
        echo "::stop-commands::$token"
        run fmt --diff
        echo "::$token::"
    else
        run "$verb" --format github
    fi
done
if [[ -n ${INPUT_SARIF:-} ]]; then
    marginc validate --quiet --format sarif ${paths[@]+"${paths[@]}"} >"$INPUT_SARIF"
fi
exit "$worst"
