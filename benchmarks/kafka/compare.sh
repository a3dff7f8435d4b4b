#!/usr/bin/env bash
# PolyMQ against Kafka, round by round in turn, with Kafka's own perf tools and KafkaLoad.
#
#   benchmarks/kafka/compare.sh [SCENARIO ...]
#
# Scenarios: produce (1 KiB), small (100 B), consume (of what was produced), transactions (of 100 records), latency (one record
# in flight), producers (50 over 100 partitions), commits (of offsets, 8 groups); the first five without one. The brokers are started as brokers.sh says: DURABILITY, HEAP, KAFKA_LIBS.
# ROUNDS       how many rounds count (3); one more before them does not
# RECORDS      per round of produce and consume (100000), five times as many of small; TRANSACTIONS (150); SINGLE records (3000); MANY records
#              of each of the 50 producers (400); COMMITS (40000)
# PARTITIONS   of the topics (12)
# Prints a line per round with the broker's CPU time, then medians and the ratio of PolyMQ to Kafka.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=benchmarks/kafka/brokers.sh
source "$here/brokers.sh"
rounds=${ROUNDS:-3}
records=${RECORDS:-100000}
"$jdk/bin/javac" -d "$work" -cp "$libs/*" "$here/KafkaLoad.java"

read -r ours theirs controller < <(ports 3)
start_polymq "$ours"
start_kafka "$theirs" "$controller" <<PROPERTIES
listeners=PLAINTEXT://127.0.0.1:$theirs,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$theirs
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
PROPERTIES
declare -A bootstrap=([polymq]=127.0.0.1:$ours [kafka]=127.0.0.1:$theirs)
declare -A process=([polymq]=${processes[0]} [kafka]=${processes[1]})

produced() { # BOOTSTRAP TOPIC RECORDS SIZE: MB/s
    tool org.apache.kafka.tools.ProducerPerformance --topic "$2" --num-records "$3" --record-size "$4" --throughput -1 \
        --bootstrap-server "$1" --command-property acks=all --command-property batch.size=65536 --command-property linger.ms=5 |
        sed -nE 's/.*\(([0-9.]+) MB\/sec\).*/\1/p' | tail -n 1
}

once() { # SCENARIO BOOTSTRAP: figures
    case $1 in
    produce) produced "$2" compare "$records" 1024 ;;
    small) produced "$2" compare-small $((records * 5)) 100 ;;
    consume)
        tool org.apache.kafka.tools.ConsumerPerformance --bootstrap-server "$2" --topic compare --num-records "$records" \
            --hide-header --timeout 60000 | awk -F', ' 'END {print $4}'
        ;;
    transactions) tool KafkaLoad "$2" transactions "${TRANSACTIONS:-150}" 100 ;;
    latency) tool KafkaLoad "$2" latency "${SINGLE:-3000}" ;;
    producers) tool KafkaLoad "$2" producers 50 "${MANY:-400}" ;;
    commits) tool KafkaLoad "$2" commits "${COMMITS:-40000}" 8 ;;
    *) echo "there is no scenario '$1'" >&2 && exit 2 ;;
    esac
}

for name in polymq kafka; do
    for topic in compare compare-small; do
        tool org.apache.kafka.tools.TopicCommand --bootstrap-server "${bootstrap[$name]}" --create --topic "$topic" \
            --partitions "${PARTITIONS:-12}" >/dev/null
    done
    produced "${bootstrap[$name]}" compare "$records" 1024 >/dev/null # something to consume
done
for scenario in ${*:-produce small consume transactions latency}; do
    for round in $(seq 0 "$rounds"); do
        for name in polymq kafka; do
            before=$(ticks "${process[$name]}")
            figures=$(once "$scenario" "${bootstrap[$name]}")
            spent=$((($(ticks "${process[$name]}") - before) * 10))
            [ -n "$figures" ] || { tail -n 5 "$work/errors" >&2; exit 1; }
            echo "$scenario $name round $round: $figures (broker's cpu $spent ms)"
            [ "$round" = 0 ] || { echo "$figures" >>"$work/$scenario-$name"; echo "$spent" >>"$work/$scenario-$name-cpu"; }
        done
    done
    for column in 1 2; do
        [ "$scenario" = latency ] || [ "$column" = 1 ] || continue
        ours=$(awk -v c="$column" '{print $c}' "$work/$scenario-polymq" | median)
        theirs=$(awk -v c="$column" '{print $c}' "$work/$scenario-kafka" | median)
        case $scenario$column in
        latency1) unit='p50 us' ;;
        latency2) unit='p99 us' ;;
        commits1) unit='commits/s' ;;
        transactions1) unit='transactions/s' ;;
        *) unit='MB/s' ;;
        esac
        echo "== $scenario $durability, $unit: polymq $ours, kafka $theirs, ratio $(awk -v a="$ours" -v b="$theirs" 'BEGIN {printf "%.2f", a / b}')"
    done
    ours=$(median <"$work/$scenario-polymq-cpu")
    theirs=$(median <"$work/$scenario-kafka-cpu")
    echo "== resident MB behind $scenario: polymq $(resident "${process[polymq]}"), kafka $(resident "${process[kafka]}")"
    echo "== $scenario $durability, broker's cpu ms: polymq $ours, kafka $theirs, ratio $(awk -v a="$ours" -v b="$theirs" 'BEGIN {printf "%.2f", (b > 0 ? a / b : 0)}')"
done
