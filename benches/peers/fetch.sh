#!/usr/bin/env bash
# Fetches the pinned jars of the engines that the bench `peers` compares with, compiles the Java files beside this
# one, and prints the folder that holds both: DIR/esper/*.jar, DIR/siddhi/*.jar, DIR/classes. Needs a JDK and Maven,
# as scripts/test does; what is there already is not fetched again.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache
stamp=$(cat "$here"/*.xml "$here"/java/*.java | sha256sum | cut -c1-16)
folder=$cache/peers-$stamp

die() { echo "peers: $*" >&2; exit 1; }

command -v javac >/dev/null || die "a JDK is missing (Debian: default-jdk-headless)"
command -v mvn >/dev/null || die "Maven is missing (Debian: maven)"
if [[ ! -d $folder ]]; then
    mkdir -p "$cache"
    part=$(mktemp -d "$cache/part.XXXXXX")
    trap 'rm -rf "$part"' EXIT
    for engine in esper siddhi; do
        mvn -B -q -f "$here/$engine.xml" dependency:copy-dependencies \
            -DincludeScope=runtime -DoutputDirectory="$part/$engine" >&2 || die "the jars of $engine cannot be fetched"
    done
    javac -nowarn -cp "$part/esper/*:$part/siddhi/*" -d "$part/classes" "$here"/java/*.java >&2
    # Renamed into place only when complete.
    mv "$part" "$folder"
    trap - EXIT
fi
echo "$folder"
