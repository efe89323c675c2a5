#!/usr/bin/env bash
# Runs inside the image (`make test`): everything that the tests and the article's commands need is there and works.
# shellcheck disable=SC2329  # shellcheck does not see that `check` calls them
set -u
failed=0

check() {
    what=$1
    shift
    if output=$("$@" 2>&1); then
        echo "ok - $what"
    else
        failed=1
        echo "not ok - $what"
        printf '%s\n' "$output" | sed 's/^/# /'
    fi
}

# An address where nobody listens: the loader must say so, by its exit code too.
refuses_to_succeed() {
    python3 load_data.py --plaintext --alpha 127.0.0.1:1 --files ./sw.nquads.rdf --schema ./sw.schema --wait 0 --timeout 5
    test $? -eq 1
}

not_root() {
    test "$(id -u)" -ne 0
}

check 'the user is not root' not_root
check 'curl is there' curl --version
check 'jq is there' jq --version
check 'grpcurl is there' grpcurl -version
check 'grpcurl reads api.proto' grpcurl -proto api.proto describe api.Dgraph.CheckVersion
check 'the loader starts' python3 load_data.py --help
check 'the schema is there' test -s sw.schema
check 'the data is there' test -s sw.nquads.rdf
check 'the loader fails where there is no server' refuses_to_succeed
exit "$failed"
