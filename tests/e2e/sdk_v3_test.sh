#!/usr/bin/env bash
# The AWS SDK for JavaScript v3 against the daemon at ENDPOINT. Skipped without node 18 or the packages:
#   npm install --prefix DIR @aws-sdk/client-{ecs,ec2,cloudwatch,cloudwatch-logs,ssm,sts}
#   ENIBOX_NODE_MODULES=DIR/node_modules
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
command -v node >/dev/null || { echo "skipped: node is not installed"; exit 77; }
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ] || { echo "skipped: node $(node --version) is older than 18"; exit 77; }
export ENIBOX_NODE_MODULES=${ENIBOX_NODE_MODULES:-$here/node_modules}
for client in ecs ec2 cloudwatch cloudwatch-logs ssm sts; do
  [ -d "$ENIBOX_NODE_MODULES/@aws-sdk/client-$client" ] ||
    { echo "skipped: no @aws-sdk/client-$client in $ENIBOX_NODE_MODULES (ENIBOX_NODE_MODULES)"; exit 77; }
done
timeout 120 node "$here/sdk_v3.mjs"
