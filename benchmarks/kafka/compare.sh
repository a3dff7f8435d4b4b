#!/usr/bin/env bash
# Compares two brokers that speak Kafka's protocol, round by round in turn, with Kafka's own perf tools and KafkaLoad.
#
#   benchmarks/kafka/compare.sh NAME=HOST:PORT[:PID] NAME=HOST:PORT[:PID] [SCENARIO ...]
#
# Scenarios: produce, consume, transactions, latency; all without one. PID, the broker's, adds its CPU seconds.
# KAFKA_LIBS   a folder with kafka-tools and what it needs
# ROUNDS       how many rounds count (3); one more before them does not
# RECORDS      of 1 KiB per round of produce and consume (100000); TRANSACTIONS of 100 records (150)
# Prints a line per round, then the median of each broker and the ratio of the first to the second.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${KAFKA_LIBS:?a folder with kafka-tools}"
rounds=${ROUNDS:-3}
records=${RECORDS:-100000}
java=$("$here/../../bin/find-java")/bin/java
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${java}c" -d "$work" -cp "$KAFKA_LIBS/*" "$here/KafkaLoad.java"
tool() { "$java" -Xmx512m -Dorg.slf4j.simpleLogger.defaultLogLevel=off -cp "$work:$KAFKA_LIBS/*" "$@" 2>/dev/null; }

brokers=("$1" "$2")
shift 2
scenarios=${*:-produce consume transactions latency}

ticks() { [ -n "$1" ] && awk '{print $14 + $15}' "/proc/$1/stat" || echo 0; }

once() { # SCENARIO BOOTSTRAP: figures, larger is better
    case $1 in
    produce)
        tool org.apache.kafka.tools.ProducerPerformance --topic "compare" --num-records "$records" --record-size 1024 \
            --throughput -1 --producer-props bootstrap.servers="$2" acks=all batch.size=65536 linger.ms=5 |
            tail -n 1 | sed -nE 's/.*\(([0-9.]+) MB\/sec\).*/\1/p'
        ;;
    consume)
        tool org.apache.kafka.tools.ConsumerPerformance --bootstrap-server "$2" --topic "compare" --num-records "$records" \
            --hide-header --from-latest=false 2>/dev/null | tail -n 1 | awk -F', ' '{print $4}' ||
            true
        ;;
    transactions) tool KafkaLoad "$2" transactions "${TRANSACTIONS:-150}" 100 ;;
    latency) tool KafkaLoad "$2" latency 3000 ;;
    esac
}

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

for scenario in $scenarios; do
    for round in $(seq 0 "$rounds"); do
        for broker in "${brokers[@]}"; do
            name=${broker%%=*}
            IFS=: read -r host port pid <<<"${broker#*=}"
            before=$(ticks "${pid:-}")
            figures=$(once "$scenario" "$host:$port")
            after=$(ticks "${pid:-}")
            [ "$round" = 0 ] || echo "$figures" >>"$work/$scenario-$name"
            [ "$round" = 0 ] || echo $((after - before)) >>"$work/$scenario-$name-cpu"
            echo "$scenario $name round $round: $figures (cpu $(((after - before) * 10)) ms)"
        done
    done
    first=${brokers[0]%%=*}
    second=${brokers[1]%%=*}
    for column in 1 2; do
        [ "$scenario" = latency ] || [ "$column" = 1 ] || continue
        one=$(awk -v c="$column" '{print $c}' "$work/$scenario-$first" | median)
        two=$(awk -v c="$column" '{print $c}' "$work/$scenario-$second" | median)
        echo "== $scenario[$column]: $first $one, $second $two, ratio $(awk -v a="$one" -v b="$two" 'BEGIN {printf "%.2f", a / b}')"
    done
    one=$(median <"$work/$scenario-$first-cpu")
    two=$(median <"$work/$scenario-$second-cpu")
    echo "== $scenario cpu ms: $first $((one * 10)), $second $((two * 10))"
done
