# Mosquitto's command-line tools: each version, each QoS, retained, will, shared, persistent sessions, TLS.
set -uo pipefail
h=$POLYMQ_HOST
p=$MQTT_PORT
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

check() { # name, expected, actual
    if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAIL $1: expected '$2', got '$3'"; fi
}

subscribed() { # file: waits until mosquitto_sub -d says SUBACK
    for _ in $(seq 1 100); do
        grep -q SUBACK "$1" 2>/dev/null && return
        sleep 0.05
    done
}

receive() { # name, options of mosquitto_sub...: in the background, output in $work/name
    local name=$1
    shift
    timeout 20 mosquitto_sub -h "$h" -p "$p" -d "$@" >"$work/$name" 2>&1 &
    subscribed "$work/$name"
}

payloads() { grep -v '^Client\|^Subscribed' "$work/$1" | tr '\n' ' ' | sed 's/ $//'; }

for version in mqttv31 mqttv311 mqttv5; do
    for qos in 0 1 2; do
        t=mosq/$version/$qos
        receive "q$version$qos" -V $version -q $qos -t "$t" -C 3
        seq 1 3 | mosquitto_pub -h "$h" -p "$p" -V $version -q $qos -t "$t" -l
        wait
        check "$version QoS $qos in order" "1 2 3" "$(payloads "q$version$qos")"
    done
    mosquitto_pub -h "$h" -p "$p" -V $version -r -q 1 -t mosq/$version/kept -m kept
    check "$version retained" kept "$(timeout 10 mosquitto_sub -h "$h" -p "$p" -V $version -t mosq/$version/# -C 1)"
    mosquitto_pub -h "$h" -p "$p" -V $version -r -n -t mosq/$version/kept
    check "$version retained is gone" "" "$(timeout 1 mosquitto_sub -h "$h" -p "$p" -V $version -t mosq/$version/# -C 1)"
done

receive will -t mosq/will -C 1
timeout -s KILL 1 mosquitto_sub -h "$h" -p "$p" -i mosq-mortal -k 5 -t mosq/none --will-topic mosq/will --will-payload gone --will-qos 1 >/dev/null 2>&1
wait
check "will of a killed client" gone "$(payloads will)"

receive shared1 -V mqttv5 -q 1 -t '$share/g/mosq/shared' -C 5
receive shared2 -V mqttv5 -q 1 -t '$share/g/mosq/shared' -C 5
seq 1 10 | mosquitto_pub -h "$h" -p "$p" -V mqttv5 -q 1 -t mosq/shared -l
wait
check "shared: each to one" 10 "$(cat "$work/shared1" "$work/shared2" | grep -c '^[0-9]')"
check "shared: both have some" 2 "$(for f in shared1 shared2; do grep -q '^[0-9]' "$work/$f" && echo; done | wc -l)"

timeout 10 mosquitto_sub -h "$h" -p "$p" -V mqttv311 -c -i mosq-away -q 1 -t mosq/away -E >/dev/null
mosquitto_pub -h "$h" -p "$p" -q 1 -t mosq/away -m one
mosquitto_pub -h "$h" -p "$p" -q 1 -t mosq/away -m two
check "what came while away" "one two" \
    "$(timeout 10 mosquitto_sub -h "$h" -p "$p" -V mqttv311 -c -i mosq-away -q 1 -t mosq/away -C 2 | tr '\n' ' ' | sed 's/ $//')"

if [ -n "${MQTT_TLS_PORT-}" ]; then
    (timeout 10 mosquitto_sub -h localhost -p "$MQTT_TLS_PORT" --cafile "$MQTT_CA" -d -t mosq/tls -C 1 >"$work/tls" 2>&1) &
    subscribed "$work/tls"
    mosquitto_pub -h localhost -p "$MQTT_TLS_PORT" --cafile "$MQTT_CA" -q 1 -t mosq/tls -m secret
    wait
    check "TLS" secret "$(payloads tls)"
fi

receive props -V mqttv5 -t mosq/props -C 1 -F '%t %C %D %P %p'
mosquitto_pub -h "$h" -p "$p" -V mqttv5 -t mosq/props -m body -D publish content-type text/x -D publish user-property a b \
    -D publish correlation-data 12 -D publish response-topic mosq/answer
wait
check "properties travel" "mosq/props text/x 12 a:b body" "$(payloads props)"

receive rr -V mqttv5 -t mosq/request -C 1
check_rr=$(timeout 5 mosquitto_rr -h "$h" -p "$p" -V mqttv5 -t mosq/request -e mosq/reply -m ping -W 3 2>/dev/null &
    wait_for=$!
    sleep 0.5
    mosquitto_pub -h "$h" -p "$p" -t mosq/reply -m pong
    wait "$wait_for")
wait
check "request and response" pong "$check_rr"
