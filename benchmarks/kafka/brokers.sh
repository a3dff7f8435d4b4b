# Starts the two brokers that are compared, PolyMQ and Kafka's own, on loopback with the same heap. Sourced.
#
# KAFKA_LIBS   a folder with kafka-tools, kafka_2.13 and what they need; interop/kafka/run tools makes one
# DURABILITY   forced: both force every acknowledged batch to the device; unforced (the default): neither does
# HEAP         of each broker (1g)
root=$(cd "$here/../.." && pwd)
libs=${KAFKA_LIBS:-${XDG_CACHE_HOME:-$HOME/.cache}/polymq-interop/kafka/ecosystem-4.3.1/libs}
[ -d "$libs" ] || { echo "no folder $libs: run interop/kafka/run tools once, or set KAFKA_LIBS" >&2; exit 1; }
durability=${DURABILITY:-unforced}
heap=${HEAP:-1g}
jdk=$("$root/bin/find-java" --jdk)
java=$jdk/bin/java
work=$(mktemp -d)
processes=()
end() {
    [ ${#processes[@]} -eq 0 ] || kill "${processes[@]}" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$work"
}
trap end EXIT
quiet=$work/log4j2.xml
cat >"$quiet" <<'XML'
<Configuration><Appenders><Console name="C" target="SYSTEM_ERR"><PatternLayout pattern="%p %c{1} %m%n"/></Console></Appenders>
<Loggers><Root level="ERROR"><AppenderRef ref="C"/></Root></Loggers></Configuration>
XML

ports() { # COUNT
    python3 -c 'import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in held: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in held))' "$1"
}

opened() { # PORT PROCESS LOG
    until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
        kill -0 "$2" 2>/dev/null || { cat "$3" >&2; exit 1; }
        sleep 0.2
    done
}

start_polymq() { # PORT OPTIONS...; the process is the last of processes
    local kept=os
    [ "$durability" = unforced ] || kept=sync
    POLYMQ_HEAP=$heap "$root/bin/polymq" server --set data_path="$work/polymq" --set admin.port=off \
        --set mqtt_runtime.enabled=false --set nats_runtime.enabled=false --set amqp_runtime.enabled=false \
        --set "kafka_runtime.tcp_port=$1" --set "kafka_runtime.durability=$kept" "${@:2}" >"$work/polymq.log" 2>&1 &
    processes+=($!)
    opened "$1" "$!" "$work/polymq.log"
}

start_kafka() { # PORT CONTROLLER_PORT FORMAT_OPTIONS...; more of its properties come from standard input
    mkdir -p "$work/kafka"
    cat >"$work/kafka.properties"
    cat >>"$work/kafka.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$2
controller.listener.names=CONTROLLER
log.dirs=$work/kafka
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
PROPERTIES
    [ "$durability" = unforced ] || echo log.flush.interval.messages=1 >>"$work/kafka.properties"
    "$java" -Xmx256m -Dlog4j2.configurationFile="$quiet" -cp "$libs/*" kafka.tools.StorageTool format -t \
        "$("$java" -cp "$libs/*" kafka.tools.StorageTool random-uuid 2>/dev/null | tail -n 1)" -c "$work/kafka.properties" \
        "${@:3}" >"$work/format.log" 2>&1 || { cat "$work/format.log" >&2; exit 1; }
    run_kafka "$1"
}

run_kafka() { # PORT: what start_kafka made
    "$java" "-Xms$heap" "-Xmx$heap" -Dlog4j2.configurationFile="$quiet" -cp "$libs/*" kafka.Kafka "$work/kafka.properties" \
        >"$work/kafka.log" 2>&1 &
    processes+=($!)
    opened "$1" "$!" "$work/kafka.log"
}

tool() { # CLASS ARGUMENTS...
    timeout 240 "$java" -Xmx512m -Dlog4j2.configurationFile="$quiet" -cp "$work:$libs/*" "$@" 2>>"$work/errors"
}

resident() { # PROCESS: MB
    awk '/^VmRSS/ {print int($2 / 1024)}' "/proc/$1/status"
}

ticks() { # PROCESS: its CPU time in hundredths of a second
    awk '{print $14 + $15}' "/proc/$1/stat"
}

median() {
    sort -n | awk '{v[NR] = $1} END {print NR ? v[int((NR + 1) / 2)] : 0}'
}
