#!/usr/bin/env bash
# SASL_SSL and share groups against Apache Kafka, and what access rules cost, by Kafka's own performance tools, in turn.
#
#   benchmarks/kafka/security.sh [SUITE ...]     suites: sasl_ssl share acls; all without one
#
# Both brokers are started as brokers.sh says (DURABILITY, HEAP, KAFKA_LIBS), with the users root (administrator) and alice, who
# log in by SCRAM-SHA-512, on SASL_PLAINTEXT and on SASL_SSL with the same certificate.
# ROUNDS       how many rounds count (3); one more before them does not
# RECORDS      of 1 KiB of sasl_ssl and acls (400000); SHARED of share (400000)
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=benchmarks/kafka/brokers.sh
source "$here/brokers.sh"
rounds=${ROUNDS:-3}
records=${RECORDS:-400000}
shared=${SHARED:-400000}
only=${*:-sasl_ssl share acls}
authority=$work/server.pem
read -r polymq polymq_tls kafka kafka_tls inner controller < <(ports 6)

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
    -keyout "$work/server.key" -out "$work/server.pem" 2>/dev/null
openssl pkcs8 -topk8 -nocrypt -in "$work/server.key" -out "$work/server.pk8"
cat "$work/server.pk8" "$work/server.pem" >"$work/server.bundle"

cat >"$work/polymq.toml" <<TOML
[tls]
certificate = "$work/server.pem"
key = "$work/server.pk8"
[auth]
allow_anonymous = false
scram_iterations = 4096
without_rule = "deny"
users = [{name = "root", password = "root-secret", admin = true}, {name = "alice", password = "alice-secret"}]
TOML
start_polymq "$polymq" --config "$work/polymq.toml" --set "kafka_runtime.tls_port=$polymq_tls"

start_kafka "$kafka" "$controller" --add-scram 'SCRAM-SHA-512=[name=root,password=root-secret]' \
    --add-scram 'SCRAM-SHA-512=[name=alice,password=alice-secret]' <<PROPERTIES
listeners=INNER://127.0.0.1:$inner,SASL_PLAINTEXT://127.0.0.1:$kafka,SASL_SSL://127.0.0.1:$kafka_tls,CONTROLLER://127.0.0.1:$controller
advertised.listeners=INNER://127.0.0.1:$inner,SASL_PLAINTEXT://127.0.0.1:$kafka,SASL_SSL://127.0.0.1:$kafka_tls
listener.security.protocol.map=INNER:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=INNER
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=$work/server.bundle
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:root;User:ANONYMOUS
PROPERTIES

perf() { # CLASS ARGUMENTS...
    tool "org.apache.kafka.tools.$1" "${@:2}"
}

login() { # USER PROTOCOL
    cat >"$work/$1-$2" <<PROPERTIES
security.protocol=$2
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="$1" password="$1-secret";
ssl.truststore.type=PEM
ssl.truststore.location=$authority
ssl.endpoint.identification.algorithm=
PROPERTIES
    echo "$work/$1-$2"
}
plain=$(login root SASL_PLAINTEXT)
tls=$(login root SASL_SSL)
alice=$(login alice SASL_PLAINTEXT)

topic() { perf TopicCommand --bootstrap-server "127.0.0.1:$1" --command-config "$plain" --create --topic "$2" --partitions "$3" >/dev/null; }

produced() { # PORT LOGIN TOPIC COUNT; MB/s
    perf ProducerPerformance --topic "$3" --num-records "$4" --record-size 1024 --throughput -1 --command-config "$2" \
        --bootstrap-server "127.0.0.1:$1" --command-property batch.size=65536 --command-property linger.ms=5 \
        --command-property acks=all | sed -n 's/.*(\([0-9.]*\) MB\/sec).*/\1/p' | tail -n 1
}

consumed() { # PORT LOGIN TOPIC COUNT; MB/s
    perf ConsumerPerformance --bootstrap-server "127.0.0.1:$1" --command-config "$2" --topic "$3" --num-records "$4" \
        --timeout 60000 | awk -F', ' 'END {print $4}'
}

share() { # PORT TOPIC GROUP COUNT THREADS; records/s
    perf ShareConsumerPerformance --bootstrap-server "127.0.0.1:$1" --command-config "$plain" --topic "$2" --group "$3" \
        --num-records "$4" --threads "$5" --timeout 60000 | awk -F', ' '/^[0-9][0-9][0-9][0-9]-/ {last = $5} END {print last}'
}

figure() { # NAME SIDE ROUND COMMAND...: its figure and the broker's CPU time
    local of=0 before figure
    [ "$2" = polymq ] || of=1
    before=$(ticks "${processes[$of]}")
    figure=$("${@:4}")
    local spent=$((($(ticks "${processes[$of]}") - before) * 10))
    [ -n "$figure" ] || { echo "no figure for $1 of $2" >&2; tail -n 5 "$work/errors" >&2; exit 1; }
    printf '%-28s %-7s round %s: %s (broker cpu %s ms)\n' "$1" "$2" "$3" "$figure" "$spent"
    [ "$3" -eq 0 ] || { echo "$figure" >>"$work/figures-$1-$2"; echo "$spent" >>"$work/cpu-$1-$2"; }
}

of() { # figures or cpu, NAME SIDE: the median
    median <"$work/$1-$2-$3"
}

ratio() { # WHAT NAME UNIT
    awk -v a="$(of "$1" "$2" polymq)" -v b="$(of "$1" "$2" kafka)" -v name="== $2 $durability, $3" \
        'BEGIN {printf "%s: polymq %s, kafka %s, ratio %.2f\n", name, a, b, (b > 0 ? a / b : 0)}'
}

run=$RANDOM
for round in $(seq 0 "$rounds"); do
    for side in polymq kafka; do
        [ $side = polymq ] && port=$polymq secure=$polymq_tls || port=$kafka secure=$kafka_tls
        if [[ $only == *sasl_ssl* ]]; then
            topic "$port" "tls-$run-$round" 4
            figure sasl_ssl_produce $side "$round" produced "$secure" "$tls" "tls-$run-$round" "$records"
            figure sasl_ssl_consume $side "$round" consumed "$secure" "$tls" "tls-$run-$round" "$records"
        fi
        if [[ $only == *share* ]]; then
            topic "$port" "share-$run-$round" 4
            tool kafka.admin.ConfigCommand --bootstrap-server "127.0.0.1:$port" --command-config "$plain" --alter --entity-type groups \
                --entity-name "g-$run-$round" --add-config share.auto.offset.reset=earliest >/dev/null
            produced "$port" "$plain" "share-$run-$round" "$shared" >/dev/null
            figure share_16 $side "$round" share "$port" "share-$run-$round" "g-$run-$round" "$shared" 16
        fi
        if [[ $only == *acls* ]] && [ $side = polymq ]; then
            topic "$port" "acl-$run-$round" 4
            figure administrator polymq "$round" produced "$port" "$plain" "acl-$run-$round" "$records"
            perf AclCommand --bootstrap-server "127.0.0.1:$port" --command-config "$plain" --add --producer \
                --allow-principal User:alice --topic "acl-$run-$round" >/dev/null
            figure user_with_acls polymq "$round" produced "$port" "$alice" "acl-$run-$round" "$records"
        fi
    done
done
for name in sasl_ssl_produce sasl_ssl_consume share_16; do
    [ -f "$work/figures-$name-polymq" ] || continue
    [ $name = share_16 ] && unit=records/s || unit=MB/s
    ratio figures $name $unit
    ratio cpu $name "broker's cpu ms"
done
[[ $only != *acls* ]] || echo "== acls: administrator $(of figures administrator polymq) MB/s and $(of cpu administrator polymq) ms," \
    "user with ACLs $(of figures user_with_acls polymq) MB/s and $(of cpu user_with_acls polymq) ms"
