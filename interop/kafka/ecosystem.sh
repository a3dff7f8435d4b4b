# What is built on Kafka, from Maven Central and the system: its tools, Streams, Connect, MirrorMaker 2, Apicurio Registry, kcat.
# Sourced by run, which says where the broker is; each function prints "ok ..." and "FAILED ..." lines.

version=4.3.1
logging=-Dlog4j2.configurationFile=$cache/ecosystem-$version/log4j2.xml

ecosystem() { # the folder of Kafka's jars
    local folder=$cache/ecosystem-$version
    if [ ! -f "$folder/.complete" ]; then
        mkdir -p "$folder"
        {
            echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            echo '<groupId>interop</groupId><artifactId>ecosystem</artifactId><version>1</version><packaging>pom</packaging><dependencies>'
            for artifact in kafka-tools kafka-streams connect-runtime connect-file connect-json connect-mirror kafka_2.13; do
                echo "<dependency><groupId>org.apache.kafka</groupId><artifactId>$artifact</artifactId><version>$version</version></dependency>"
            done
            echo '<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.4</version></dependency>'
            echo '</dependencies></project>'
        } >"$folder/pom.xml"
        cat >"$folder/log4j2.xml" <<'XML'
<Configuration><Appenders><Console name="C" target="SYSTEM_ERR"><PatternLayout pattern="%p %c{1} %m%n"/></Console></Appenders>
<Loggers><Root level="WARN"><AppenderRef ref="C"/></Root></Loggers></Configuration>
XML
        "$root/mvnw" -q -B -ntp -f "$folder/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
            -DoutputDirectory="$folder/libs" >&2 && touch "$folder/.complete"
    fi
    echo "$folder/libs"
}

kafka() { # CLASS ARGUMENTS...
    "$java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m "$logging" -cp "$(ecosystem)/*" "$@"
}

spawn() { # CLASS ARGUMENTS...: the same for the background, where the process is to be Java's own
    exec "$java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m "$logging" -cp "$(ecosystem)/*" "$@"
}

tool() { # CLASS ARGUMENTS...: one of Kafka's own tools; what it says is in $work/out
    timeout 90 "$java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m "$logging" -cp "$(ecosystem)/*" \
        "org.apache.kafka.tools.$1" "${@:2}" >"$work/out" 2>"$work/tool.err"
}

verdict() { # STATUS NAME
    if [ "$1" -eq 0 ]; then
        echo "ok $2"
    else
        echo "FAILED $2: $(tail -n 2 "$work/out" "$work/tool.err" 2>/dev/null | tr '\n' ' ' | cut -c 1-300)"
    fi
}

says() { # PATTERN NAME: whether the last tool said so
    grep -qE "$1" "$work/out"
    verdict $? "$2"
}

create() { # TOPIC PARTITIONS [BOOTSTRAP]
    tool TopicCommand --bootstrap-server "${3:-$bootstrap}" --create --topic "$1" --partitions "$2"
}

tools() {
    local topic=interop-tools-$RANDOM$RANDOM
    create "$topic" 3
    says 'Created topic' "kafka-topics"
    tool VerifiableProducer --bootstrap-server "$bootstrap" --topic "$topic" --max-messages 300 --acks -1
    says '"acked":300' "kafka-verifiable-producer"
    for protocol in classic consumer; do
        tool VerifiableConsumer --bootstrap-server "$bootstrap" --topic "$topic" --group-id "$topic-$protocol" \
            --group-protocol "$protocol" --max-messages 300 --reset-policy earliest
        says 'offsets_committed' "kafka-verifiable-consumer $protocol"
    done
    tool VerifiableShareConsumer --bootstrap-server "$bootstrap" --topic "$topic" --group-id "$topic-share" \
        --max-messages 300 --acknowledgement-mode sync --offset-reset-strategy earliest
    says 'offsets_acknowledged' "kafka-verifiable-share-consumer"
    tool ProducerPerformance --topic "$topic" --num-records 20000 --record-size 200 --throughput -1 \
        --bootstrap-server "$bootstrap" --command-property acks=all
    says '20000 records sent' "kafka-producer-perf-test"
    tool ConsumerPerformance --topic "$topic" --num-records 20000 --bootstrap-server "$bootstrap" --timeout 30000
    says '^20[0-9-]+ ' "kafka-consumer-perf-test"
    tool EndToEndLatency --bootstrap-server "$bootstrap" --topic "$topic" --num-records 200 --producer-acks all --record-size 100
    says 'Percentiles' "kafka-e2e-latency"
    tool consumer.group.ConsumerGroupCommand --bootstrap-server "$bootstrap" --list --type
    says "$topic-consumer +Consumer" "kafka-consumer-groups"
    tool consumer.group.ShareGroupCommand --bootstrap-server "$bootstrap" --describe --group "$topic-share"
    says "$topic-share +$topic" "kafka-share-groups"
}

kcat_checks() {
    command -v kcat >/dev/null || { echo "FAILED kcat is not installed (apt-get install kcat)"; return; }
    local topic=interop-kcat-$RANDOM$RANDOM
    create "$topic" 1
    seq 1 500 | kcat -b "$bootstrap" -P -t "$topic" -z lz4 -H from=kcat -X enable.idempotence=true 2>"$work/tool.err"
    kcat -b "$bootstrap" -C -t "$topic" -e -q -o beginning >"$work/out" 2>"$work/tool.err"
    cmp -s "$work/out" <(seq 1 500)
    verdict $? "kcat gets what kcat produces"
    kcat -b "$bootstrap" -C -t "$topic" -e -q -o -5 -f '%o %s %h\n' >"$work/out" 2>"$work/tool.err"
    [ "$(head -n 1 "$work/out")" = "495 496 from=kcat" ] && [ "$(wc -l <"$work/out")" -eq 5 ]
    verdict $? "kcat begins five records before the end"
    kcat -b "$bootstrap" -L -J >"$work/out" 2>"$work/tool.err"
    says "\"topic\":\"$topic\"" "kcat lists topics"
    kcat -b "$bootstrap" -Q -t "$topic:0:-1" >"$work/out" 2>"$work/tool.err"
    says '500' "kcat asks for offsets"
    timeout 30 kcat -b "$bootstrap" -G "$topic-group" -X auto.offset.reset=earliest -c 500 -q "$topic" >"$work/out" 2>"$work/tool.err"
    [ "$(wc -l <"$work/out")" -eq 500 ]
    verdict $? "kcat consumes in a group"
}

streams() {
    local jdk
    jdk=$("$root/bin/find-java" --jdk)
    mkdir -p "$work/streams/classes"
    "$jdk/bin/javac" -d "$work/streams/classes" -cp "$(ecosystem)/*" "$here"/Streams*.java >&2
    for protocol in classic streams; do
        timeout 400 "$java" -Xmx128m "$logging" -cp "$work/streams/classes:$(ecosystem)/*" StreamsCheck "$bootstrap" "$protocol" \
            "$work/streams" 2>"$work/tool.err" || echo "FAILED streams $protocol did not get through"
    done
}

port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

await() { # SECONDS COMMAND...
    local until=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$until" ] || return 1
        sleep 0.5
    done
}

as_long() { # FILE FILE
    [ -f "$2" ] && [ "$(wc -l <"$1")" -le "$(wc -l <"$2")" ]
}

worker() { # what all of Connect's workers are told
    cat <<PROPERTIES
bootstrap.servers=$bootstrap
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.flush.interval.ms=500
plugin.discovery=service_load
plugin.path=$(ecosystem)
listeners=http://127.0.0.1:$1
PROPERTIES
}

stop() { # PROCESS
    kill "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

connect_standalone() {
    local folder=$work/standalone topic=interop-connect-$RANDOM$RANDOM process
    mkdir -p "$folder"
    { worker "$(port)"; echo "offset.storage.file.filename=$folder/offsets"; } >"$folder/worker.properties"
    printf '%s\n' name=source connector.class=FileStreamSource tasks.max=1 "file=$folder/in" "topic=$topic" >"$folder/source.properties"
    printf '%s\n' name=sink connector.class=FileStreamSink tasks.max=1 "file=$folder/out" "topics=$topic" >"$folder/sink.properties"
    seq 1 500 >"$folder/in"
    for round in 1 2; do # the second begins where the first ended
        spawn org.apache.kafka.connect.cli.ConnectStandalone "$folder/worker.properties" "$folder/source.properties" \
            "$folder/sink.properties" >"$folder/log" 2>&1 &
        process=$!
        [ "$round" -eq 1 ] || seq 501 1000 >>"$folder/in"
        await 60 as_long "$folder/in" "$folder/out"
        sleep 1
        stop "$process"
    done
    cp "$folder/log" "$work/tool.err"
    cmp -s "$folder/in" "$folder/out"
    verdict $? "connect standalone: a file through a topic into a file, over a restart"
}

connectors() { # PORT: asks for the source and sink
    curl -sf -o "$work/out" -X PUT -H 'Content-Type: application/json' "http://127.0.0.1:$1/connectors/source/config" -d "{
        \"connector.class\": \"FileStreamSource\", \"tasks.max\": \"1\", \"file\": \"$work/distributed/in\", \"topic\": \"$2\",
        \"exactly.once.support\": \"required\", \"transaction.boundary\": \"poll\"}" &&
        curl -sf -o "$work/out" -X PUT -H 'Content-Type: application/json' "http://127.0.0.1:$1/connectors/sink/config" -d "{
        \"connector.class\": \"FileStreamSink\", \"tasks.max\": \"1\", \"file\": \"$work/distributed/out\", \"topics\": \"$2\",
        \"consumer.override.isolation.level\": \"read_committed\"}"
}

connect_distributed() {
    local folder=$work/distributed topic=interop-connect-$RANDOM$RANDOM rest process
    mkdir -p "$folder"
    rest=$(port)
    {
        worker "$rest"
        printf '%s\n' "group.id=$topic" "config.storage.topic=$topic-config" "offset.storage.topic=$topic-offsets" \
            "status.storage.topic=$topic-status" config.storage.replication.factor=1 offset.storage.replication.factor=1 \
            status.storage.replication.factor=1 exactly.once.source.support=enabled session.timeout.ms=6000 \
            heartbeat.interval.ms=500 connector.client.config.override.policy=All
    } >"$folder/worker.properties"
    seq 1 500 >"$folder/in"
    spawn org.apache.kafka.connect.cli.ConnectDistributed "$folder/worker.properties" >"$folder/log" 2>&1 &
    process=$!
    await 90 connectors "$rest" "$topic"
    await 60 as_long "$folder/in" "$folder/out"
    seq 501 3000 >>"$folder/in"
    kill -9 "$process" 2>/dev/null # while it is at it
    wait "$process" 2>/dev/null
    spawn org.apache.kafka.connect.cli.ConnectDistributed "$folder/worker.properties" >"$folder/log" 2>&1 &
    process=$!
    await 120 as_long "$folder/in" "$folder/out"
    sleep 1
    stop "$process"
    timeout 60 kcat -b "$bootstrap" -C -t "$topic" -e -q -o beginning -X isolation.level=read_committed 2>"$work/tool.err" |
        sort -n >"$work/out"
    cmp -s "$work/out" "$folder/in"
    verdict $? "connect distributed: every line is in the topic exactly once though the worker was killed"
}

connect() {
    connect_standalone
    connect_distributed
}

real_kafka() { # PORT: a broker of Kafka's own
    local folder=$work/kafka
    mkdir -p "$folder"
    cat >"$folder/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$2
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$2
advertised.listeners=PLAINTEXT://127.0.0.1:$1
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$folder/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES
    kafka kafka.tools.StorageTool format -t "$(kafka kafka.tools.StorageTool random-uuid 2>/dev/null | tail -n 1)" \
        -c "$folder/server.properties" >"$folder/format.log" 2>&1
    exec "$java" -Xmx512m -XX:+UseSerialGC "$logging" -cp "$(ecosystem)/*" kafka.Kafka "$folder/server.properties" >"$folder/log" 2>&1
}

is_open() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

has() { # BOOTSTRAP TOPIC COUNT: whether the topic has so many records
    [ "$(timeout 20 kcat -b "$1" -C -t "$2" -e -q -o beginning 2>/dev/null | wc -l)" -ge "$3" ]
}

translated() { # BOOTSTRAP TOPIC GROUP
    tool consumer.group.ConsumerGroupCommand --bootstrap-server "$1" --describe --group "$3"
    grep -qE "^$3 +$2 +0 +300 " "$work/out"
}

mirror() {
    local theirs controller process kafka name=mirrored-$RANDOM$RANDOM
    theirs=$(port)
    controller=$(port)
    real_kafka "$theirs" "$controller" &
    kafka=$!
    await 60 is_open "$theirs"
    create "$name-there" 1 "127.0.0.1:$theirs"
    create "$name-here" 1
    seq 1 300 | kcat -b "127.0.0.1:$theirs" -P -t "$name-there" -H a=b
    seq 1 300 | kcat -b "$bootstrap" -P -t "$name-here" -H a=b
    for side in "127.0.0.1:$theirs there" "$bootstrap here"; do
        tool consumer.ConsoleConsumer --bootstrap-server "${side% *}" --topic "$name-${side#* }" --group "$name-group" \
            --from-beginning --max-messages 300
    done
    cat >"$work/mirror.properties" <<PROPERTIES
clusters=there,here
there.bootstrap.servers=127.0.0.1:$theirs
here.bootstrap.servers=$bootstrap
there->here.enabled=true
here->there.enabled=true
topics=$name-there,$name-here
groups=$name-group
replication.factor=1
checkpoints.topic.replication.factor=1
heartbeats.topic.replication.factor=1
offset-syncs.topic.replication.factor=1
offset.storage.replication.factor=1
status.storage.replication.factor=1
config.storage.replication.factor=1
refresh.topics.interval.seconds=2
refresh.groups.interval.seconds=2
sync.topic.configs.interval.seconds=2
emit.checkpoints.interval.seconds=1
sync.group.offsets.enabled=true
sync.group.offsets.interval.seconds=1
offset.lag.max=0
PROPERTIES
    spawn org.apache.kafka.connect.mirror.MirrorMaker "$work/mirror.properties" >"$work/mirror.log" 2>&1 &
    process=$!
    await 120 has "$bootstrap" "there.$name-there" 300
    verdict $? "mirrormaker 2 brings a topic of Kafka's here"
    await 60 has "127.0.0.1:$theirs" "here.$name-here" 300
    verdict $? "mirrormaker 2 takes a topic to Kafka"
    timeout 20 kcat -b "$bootstrap" -C -t "there.$name-there" -e -q -o beginning -f '%s %h\n' >"$work/out" 2>/dev/null
    cmp -s "$work/out" <(seq 1 300 | sed 's/$/ a=b/')
    verdict $? "mirrormaker 2 keeps order and headers"
    await 60 translated "$bootstrap" "there.$name-there" "$name-group"
    verdict $? "mirrormaker 2 translates a group's offsets here"
    await 60 translated "127.0.0.1:$theirs" "here.$name-here" "$name-group"
    verdict $? "mirrormaker 2 translates a group's offsets there"
    stop "$process"
    stop "$kafka"
}

apicurio() { # the folder of Apicurio Registry
    local folder=$cache/apicurio-3.3.3
    if [ ! -f "$folder/.complete" ]; then
        mkdir -p "$folder"
        "$root/mvnw" -q -B -ntp dependency:copy -Dartifact=io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all \
            -DoutputDirectory="$folder/archive" >&2 && tar xzf "$folder"/archive/*.tar.gz -C "$folder" &&
            rm -r "$folder/archive" && touch "$folder/.complete"
    fi
    echo "$folder"
}

start_registry() { # PORT
    APICURIO_STORAGE_KIND=kafkasql APICURIO_KAFKASQL_BOOTSTRAP_SERVERS=$bootstrap QUARKUS_HTTP_PORT=$1 QUARKUS_HTTP_HOST=127.0.0.1 \
        "$java" -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -jar "$(apicurio)/quarkus-run.jar" >>"$work/registry.log" 2>&1 &
    registry=$!
}

registry() { # schemas are kept in a topic, by Confluent's interface
    local http subjects schema='{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"}]}' registry
    local wider=${schema/']}'/',{\"name\":\"note\",\"type\":[\"null\",\"string\"],\"default\":null}]}'}
    http=$(port)
    subjects=http://127.0.0.1:$http/apis/ccompat/v7/subjects
    start_registry "$http"
    await 150 curl -sf -o "$work/out" "$subjects" || cp "$work/registry.log" "$work/tool.err"
    for each in "$schema" "$wider"; do
        curl -sf -o "$work/out" -H 'Content-Type: application/vnd.schemaregistry.v1+json' -d "{\"schema\": \"$each\"}" \
            "$subjects/orders-value/versions"
    done
    says '"id":[0-9]+' "a schema registry takes two versions of a schema"
    kill -9 "$registry" 2>/dev/null
    wait "$registry" 2>/dev/null
    start_registry "$http"
    await 150 curl -sf -o "$work/out" "$subjects/orders-value/versions/2"
    says '"subject":"orders-value".*note|note.*"subject":"orders-value"' "a schema registry that was killed finds its schemas again"
    stop "$registry"
}

kill_broker() {
    [ -n "$broker" ] || { echo "ok killing is left out: the broker is not ours"; return; }
    local topic=interop-kill-$RANDOM$RANDOM process
    create "$topic" 3
    printf '%s\n' retries=2147483647 enable.idempotence=true acks=all delivery.timeout.ms=120000 linger.ms=0 \
        reconnect.backoff.max.ms=200 >"$work/producer.properties"
    spawn org.apache.kafka.tools.VerifiableProducer --bootstrap-server "$bootstrap" --topic "$topic" --max-messages 6000 \
        --throughput 600 --command-config "$work/producer.properties" >"$work/acked.log" 2>"$work/tool.err" &
    process=$!
    for _ in 1 2 3; do
        sleep 3
        kill -9 "$broker"
        wait "$broker" 2>/dev/null
        start_broker
    done
    wait "$process"
    grep producer_send_success "$work/acked.log" | grep -oE '"value":"[0-9]+"' | grep -oE '[0-9]+' | sort -n >"$work/acked"
    kcat -b "$bootstrap" -C -t "$topic" -e -q -o beginning 2>"$work/tool.err" | sort -n >"$work/out"
    [ "$(wc -l <"$work/acked")" -gt 1000 ] && [ -z "$(comm -23 <(sort "$work/acked") <(sort "$work/out"))" ]
    verdict $? "no acknowledged record is lost when the broker is killed"
    [ -z "$(uniq -d "$work/out")" ]
    verdict $? "none is doubled"
    kill_under_copier
}

kill_under_copier() { # Kafka's own, with transactions of which some are aborted at random
    local topic=interop-copier-$RANDOM$RANDOM process
    create "$topic-in" 1
    create "$topic-out" 1
    seq 1 5000 | kcat -b "$bootstrap" -P -t "$topic-in"
    spawn org.apache.kafka.tools.TransactionalMessageCopier --broker-list "$bootstrap" --transactional-id "$topic" \
        --transaction-size 40 --input-topic "$topic-in" --input-partition 0 --output-topic "$topic-out" --consumer-group "$topic" \
        --max-messages 5000 --enable-random-aborts --group-mode >"$work/copier.log" 2>"$work/tool.err" &
    process=$!
    for _ in 1 2 3; do
        sleep 4
        kill -9 "$broker"
        wait "$broker" 2>/dev/null
        start_broker
    done
    await 120 copied "$topic-out" 5000
    stop "$process"
    cp "$work/copier.log" "$work/tool.err"
    cmp -s "$work/out" <(seq 1 5000)
    verdict $? "kafka's transactional copier copies each record once, in order, though the broker is killed"
}

copied() { # TOPIC COUNT: whether so many committed records are there; they are in $work/out
    timeout 30 kcat -b "$bootstrap" -C -t "$1" -e -q -o beginning -X isolation.level=read_committed >"$work/out" 2>/dev/null
    [ "$(wc -l <"$work/out")" -ge "$2" ]
}
