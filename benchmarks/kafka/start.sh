#!/usr/bin/env bash
# How PolyMQ and Kafka start, and what many partitions cost them, one after the other.
#
#   benchmarks/kafka/start.sh
#
# From the start of the process to the first acknowledged record (with an empty data folder: ROUNDS times, 3), resident memory
# then; time to create PARTITIONS (10000) in topics of a hundred, memory then, and the time from a start with them to the first
# acknowledged record. A client that keeps trying runs before the broker starts. DURABILITY, HEAP, KAFKA_LIBS as in brokers.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=benchmarks/kafka/brokers.sh
source "$here/brokers.sh"
"$jdk/bin/javac" -d "$work" -cp "$libs/*" "$here/KafkaLoad.java"
read -r ours theirs controller < <(ports 3)

begin() { # SIDE: starts it anew on what is there
    if [ "$1" = polymq ]; then
        start_polymq "$ours"
    elif [ -f "$work/formatted" ]; then
        run_kafka "$theirs"
    else
        start_kafka "$theirs" "$controller" <<PROPERTIES
listeners=PLAINTEXT://127.0.0.1:$theirs,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$theirs
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
PROPERTIES
        touch "$work/formatted"
    fi
}

finish() {
    kill "${processes[-1]}"
    wait "${processes[-1]}" 2>/dev/null || true
    unset 'processes[-1]'
}

first_record() { # SIDE BOOTSTRAP: milliseconds from the start of the process to the first acknowledged record
    local client begun
    tool KafkaLoad "$2" produced &
    client=$!
    sleep 4 # it has started and is trying
    begun=$(date +%s%N)
    begin "$1"
    wait "$client"
    took=$((($(date +%s%N) - begun) / 1000000))
}

for side in polymq kafka; do
    [ $side = polymq ] && bootstrap=127.0.0.1:$ours || bootstrap=127.0.0.1:$theirs
    begin $side # makes what a first start makes once: the start-up cache, the format
    finish
    for round in $(seq "${ROUNDS:-3}"); do
        [ $side = kafka ] || rm -rf "$work/polymq"
        first_record $side "$bootstrap"
        echo "$side start $round: $took ms to the first record, $(resident "${processes[-1]}") MB"
        [ "$round" = "${ROUNDS:-3}" ] || finish
    done
    echo "$side creates ${PARTITIONS:-10000} partitions in $(tool KafkaLoad "$bootstrap" partitions "${PARTITIONS:-10000}") s," \
        "$(resident "${processes[-1]}") MB then"
    finish
    first_record $side "$bootstrap"
    echo "$side starts with them: $took ms to the first record, $(resident "${processes[-1]}") MB"
    finish
done
