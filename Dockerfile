# docker build -t polymq .
FROM eclipse-temurin:25-jdk AS build
WORKDIR /src
COPY . .
RUN ./mvnw -B -q -ntp -Dmaven.test.skip=true package -pl broker-server,cli -am

FROM eclipse-temurin:25-jre
RUN useradd --system --uid 10001 --home-dir /data polymq && install -d -o polymq -g polymq /data
WORKDIR /opt/polymq
COPY --from=build /src/bin bin
COPY --from=build /src/broker-server/target/polymq.jar /src/cli/target/polymq-cli.jar lib/
# Made once here, so that every start is quick.
RUN bin/polymq train
USER polymq
ENV POLYMQ_DATA_PATH=/data POLYMQ_BIND=0.0.0.0
VOLUME /data
EXPOSE 1883 8083 8883 8084 14567/udp 9092 9093 5672 5671 4222 8081 9600
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --start-period=5s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9600 && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q 200"]
ENTRYPOINT ["bin/polymq", "server"]
