#!/usr/bin/env bash
# The test broker: one Apache Kafka node (KRaft: broker and controller in one process) on loopback, with its
# data in a folder of the caller's. It exists because the promises of the publisher (transactions, fencing,
# read_committed) can be shown on the real broker only; librdkafka's mock cluster does not keep them.
#
# It lives in tests/ because only tests use it; Rust knows nothing of it but WATCHFLOOR_TEST_KAFKA=host:port.
# It deliberately is not a cluster, has no TLS, and installs nothing but the jars (scripts/test does the rest).
#
#   broker.sh fetch            copy the pinned jars into .cache/ unless they are there
#   broker.sh start DIR        start a node with its data in DIR and print host:port; a DIR that was started
#                              before starts again on the same port with the same data
#   broker.sh stop DIR         stop the node, keep the data
#   broker.sh remove DIR       stop the node, delete DIR
#   broker.sh run COMMAND …    start on a temporary folder, run COMMAND with WATCHFLOOR_TEST_KAFKA set, remove
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
kafka_version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$here/pom.xml")
jars="$root/.cache/kafka-$kafka_version"
heap=${WATCHFLOOR_TEST_KAFKA_HEAP:-512m}
ready_seconds_max=90
stop_seconds_max=20

say() { echo "broker: $*" >&2; }
die() { say "$*"; exit 1; }

# The stamp is the hash of the pom, so that any change of a version there fetches anew.
jars_stamp() { sha256sum <"$here/pom.xml" | cut -d' ' -f1; }

fetch() {
    [[ -f $jars/stamp && $(<"$jars/stamp") == "$(jars_stamp)" ]] && return
    command -v mvn >/dev/null || die "Maven is missing; scripts/test installs it"
    say "fetching the jars of Apache Kafka $kafka_version"
    local part
    mkdir -p "$root/.cache"
    part=$(mktemp -d "$root/.cache/part.XXXXXX")
    mvn -B -q -f "$here/pom.xml" dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$part" >&2 || {
        rm -rf "$part"
        die "the jars cannot be fetched"
    }
    jars_stamp >"$part/stamp"
    # Renamed into place only when complete: an interrupted fetch must not look like a finished one.
    rm -rf "$jars"
    mv "$part" "$jars"
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the kernel's ephemeral range (32768 and up), so that no outgoing connection takes it meanwhile.
free_port() {
    local port
    for _ in {1..50}; do
        port=$((20000 + RANDOM % 12000))
        port_is_free "$port" && { echo "$port"; return; }
    done
    die "no free port found"
}

write_settings() {
    local dir=$1 port=$2 controller_port=$3
    cat >"$dir/server.properties" <<SETTINGS
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller_port
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://127.0.0.1:$port
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/data
auto.create.topics.enable=false
log.message.timestamp.type=LogAppendTime
log.cleaner.dedupe.buffer.size=16777216
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
SETTINGS
}

java_run() { java -cp "$jars/*" -Dlog4j2.configurationFile="$here/log4j2.properties" "$@"; }

# Every node is its own cluster; the id only has to be 16 bytes in URL-safe base64.
format() {
    java_run -Xmx128m kafka.tools.StorageTool format --cluster-id d2F0Y2hmbG9vci10ZXN0cw \
        --config "$1/server.properties" >"$1/format.log" 2>&1 || { cat "$1/format.log" >&2; return 1; }
}

# The process that the folder belongs to, if it still runs (a reused process id must not be taken for it).
node_pid() {
    local pid
    pid=$(cat "$1/pid" 2>/dev/null) || return 1
    { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF "$1/server.properties" && echo "$pid"
}

launch() {
    local dir=$1
    : >"$dir/server.log"
    # Its own session: a Ctrl-C at the tests must reach the tests first, and the broker last.
    setsid java -cp "$jars/*" -Dlog4j2.configurationFile="$here/log4j2.properties" \
        "-Xmx$heap" "-Xms$heap" -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError \
        kafka.Kafka "$dir/server.properties" >>"$dir/server.log" 2>&1 </dev/null &
    echo $! >"$dir/pid"
}

await_ready() {
    local dir=$1 tries=$((ready_seconds_max * 10))
    for ((; tries > 0; tries--)); do
        grep -qF 'Kafka Server started' "$dir/server.log" && return
        node_pid "$dir" >/dev/null || { tail -n 20 "$dir/server.log" >&2; return 1; }
        sleep 0.1
    done
    say "not ready after $ready_seconds_max s"
    return 1
}

address() { sed -n 's:^advertised.listeners=PLAINTEXT\://::p' "$1/server.properties"; }

start() {
    mkdir -p "$1"
    local dir
    dir=$(cd "$1" && pwd)
    command -v java >/dev/null || die "Java is missing; scripts/test installs it"
    fetch
    node_pid "$dir" >/dev/null && die "already running in $dir"
    # A port can be taken between its choice and the bind, so a new folder gets three tries with new ports.
    local tries=3
    [[ -d $dir/data ]] && tries=1
    for ((; tries > 0; tries--)); do
        if [[ ! -d $dir/data ]]; then
            write_settings "$dir" "$(free_port)" "$(free_port)"
            format "$dir" || die "the data folder cannot be formatted"
        fi
        launch "$dir"
        await_ready "$dir" && { address "$dir"; return; }
        stop "$dir"
        ((tries > 1)) && rm -rf "$dir/data"
    done
    die "the broker did not start; the end of its log is above"
}

stop() {
    local dir pid tries=$((stop_seconds_max * 10))
    dir=$(cd "$1" 2>/dev/null && pwd) || return 0
    pid=$(node_pid "$dir") || return 0
    kill -TERM "$pid"
    for ((; tries > 0; tries--)); do
        node_pid "$dir" >/dev/null || return 0
        sleep 0.1
    done
    kill -KILL "$pid"
}

remove() { stop "$1"; rm -rf "$1"; }

run() {
    run_dir=$(mktemp -d "${TMPDIR:-/tmp}/watchfloor-broker.XXXXXX")
    trap 'remove "$run_dir"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    local kafka
    kafka=$(start "$run_dir")
    say "Apache Kafka $kafka_version at $kafka"
    WATCHFLOOR_TEST_KAFKA=$kafka "$@"
}

case ${1:-} in
    fetch) fetch ;;
    start | stop | remove) [[ -n ${2:-} ]] || die "$1 needs a folder"; "$1" "$2" ;;
    run) shift; [[ $# -gt 0 ]] || die "run needs a command"; run "$@" ;;
    *) die "usage: broker.sh fetch | start DIR | stop DIR | remove DIR | run COMMAND …" ;;
esac
