#!/usr/bin/env bash
# SASL_SSL and share groups against Apache Kafka, and what access rules cost, by Kafka's own performance tools, interleaved.
#
#   benchmarks/kafka/security.sh ROUNDS TOOLS_LIBS POLYMQ_PORT POLYMQ_TLS KAFKA_PORT KAFKA_TLS AUTHORITY.pem
#
# Both brokers on loopback know the users root (administrator, root-secret) and alice (alice-secret) by SCRAM-SHA-512 and keep
# records unforced (durability = "os"). PORT takes SASL_PLAINTEXT, TLS SASL_SSL. RECORDS and SHARED say how many records.
set -uo pipefail
rounds=$1 libs=$2 polymq=$3 polymq_tls=$4 kafka=$5 kafka_tls=$6 authority=$7
records=${RECORDS:-400000}
shared=${SHARED:-400000}
only=${ONLY:-sasl_ssl share acls}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tool() { timeout 240 "$java" -Xmx512m -cp "$libs/*" "org.apache.kafka.tools.$@" 2>>"$work/errors"; }

configs() { timeout 60 "$java" -Xmx256m -cp "$libs/*" kafka.admin.ConfigCommand "$@" 2>>"$work/errors"; }

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

topic() { tool TopicCommand --bootstrap-server "127.0.0.1:$1" --command-config "$plain" --create --topic "$2" --partitions "$3" >/dev/null; }

produced() { # PORT LOGIN TOPIC COUNT; MB/s
    tool ProducerPerformance --topic "$3" --num-records "$4" --record-size 1024 --throughput -1 --command-config "$2" \
        --bootstrap-server "127.0.0.1:$1" --command-property batch.size=65536 --command-property linger.ms=5 \
        --command-property acks=all | sed -n 's/.*(\([0-9.]*\) MB\/sec).*/\1/p' | tail -n 1
}

consumed() { # PORT LOGIN TOPIC COUNT; MB/s
    tool ConsumerPerformance --bootstrap-server "127.0.0.1:$1" --command-config "$2" --topic "$3" --num-records "$4" \
        --timeout 60000 | awk -F', ' 'END {print $4}'
}

share() { # PORT TOPIC GROUP COUNT THREADS; records/s
    tool ShareConsumerPerformance --bootstrap-server "127.0.0.1:$1" --command-config "$plain" --topic "$2" --group "$3" \
        --num-records "$4" --threads "$5" --timeout 60000 | awk -F', ' '/^[0-9]{4}-/ {last = $6} END {print last}'
}

figure() { printf '%-28s %-7s round %s: %s\n' "$1" "$2" "$3" "$4"; echo "$4" >>"$work/figures-$1-$2"; }

median() { sort -n "$work/figures-$1-$2" 2>/dev/null | awk '{v[NR] = $1} END {print NR ? v[int((NR + 1) / 2)] : 0}'; }

ratio() { printf '%-28s polymq %s kafka %s ratio %s\n' "$1" "$(median "$1" polymq)" "$(median "$1" kafka)" \
    "$(awk -v a="$(median "$1" polymq)" -v b="$(median "$1" kafka)" 'BEGIN {printf "%.2f", (b > 0 ? a / b : 0)}')"; }

run=$RANDOM
for round in $(seq 1 "$rounds"); do
    for side in polymq kafka; do
        [ $side = polymq ] && port=$polymq secure=$polymq_tls || port=$kafka secure=$kafka_tls
        if [[ $only == *sasl_ssl* ]]; then
            topic "$port" "tls-$run-$round" 4
            figure sasl_ssl_produce $side "$round" "$(produced "$secure" "$tls" "tls-$run-$round" "$records")"
            figure sasl_ssl_consume $side "$round" "$(consumed "$secure" "$tls" "tls-$run-$round" "$records")"
        fi
        if [[ $only == *share* ]]; then
            topic "$port" "share-$run-$round" 4
            configs --bootstrap-server "127.0.0.1:$port" --command-config "$plain" --alter --entity-type groups \
                --entity-name "g-$run-$round" --add-config share.auto.offset.reset=earliest >/dev/null
            produced "$port" "$plain" "share-$run-$round" "$shared" >/dev/null
            figure share_16 $side "$round" "$(share "$port" "share-$run-$round" "g-$run-$round" "$shared" 16)"
        fi
        if [[ $only == *acls* ]] && [ $side = polymq ]; then
            topic "$port" "acl-$run-$round" 4
            figure administrator polymq "$round" "$(produced "$port" "$plain" "acl-$run-$round" "$records")"
            tool AclCommand --bootstrap-server "127.0.0.1:$port" --command-config "$plain" --add --producer \
                --allow-principal User:alice --topic "acl-$run-$round" >/dev/null
            figure user_with_acls polymq "$round" "$(produced "$port" "$alice" "acl-$run-$round" "$records")"
        fi
    done
done
for name in sasl_ssl_produce sasl_ssl_consume share_16; do
    [[ $only == *${name%%_[pc1]*}* ]] && ratio "$name"
done
[[ $only == *acls* ]] && echo "acls: administrator $(median administrator polymq) MB/s, user with ACLs $(median user_with_acls polymq) MB/s"
exit 0
