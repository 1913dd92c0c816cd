#!/bin/sh
# Serves an OpenAPI document as a mock on this machine, for trying a client by hand.
#
#   tests/tools/mock_server.sh ../shared/services/specs/apideck-issue-tracking.openapi.json [port]
#   tests/tools/mock_server.sh DOCUMENT PORT http://127.0.0.1:8000/compat/apideck
#
# With a third argument it stands before a running server and names every answer that differs from
# the document (header sl-violations). Needs npx; the first start downloads the mock.
set -eu
document=${1:?"say which document to serve"}
port=${2:-8410}
prism="@stoplight/prism-cli@5.14.2"
if [ -n "${3:-}" ]; then
    exec npx --yes "$prism" proxy --host 127.0.0.1 --port "$port" "$document" "$3"
fi
exec npx --yes "$prism" mock --host 127.0.0.1 --port "$port" "$document"
