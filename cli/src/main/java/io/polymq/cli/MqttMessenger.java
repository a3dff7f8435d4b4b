package io.polymq.cli;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.exceptions.ConnectionFailedException;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperties;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserPropertiesBuilder;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5MessageException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubRecException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.Mqtt5ReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishBuilder;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import com.hivemq.client.mqtt.mqtt5.message.publish.puback.Mqtt5PubAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.publish.pubrec.Mqtt5PubRecReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.suback.Mqtt5SubAckReasonCode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** MQTT 5, over HiveMQ's client. Any thread. */
final class MqttMessenger implements Messenger {
    static final int PORT = 1883;
    static final int TLS_PORT = 8883;
    private static final long SECONDS = 15;

    private final Mqtt5AsyncClient client;
    private final MqttQos qos;
    private final boolean retain;

    private MqttMessenger(Mqtt5AsyncClient client, int qos, boolean retain) {
        this.client = client;
        this.qos = level(qos);
        this.retain = retain;
    }

    private static MqttQos level(int qos) {
        MqttQos level = MqttQos.fromCode(qos);
        if (level == null) {
            throw new CliException(ExitStatus.USAGE, "--qos is 0, 1 or 2.");
        }
        return level;
    }

    static MqttMessenger connect(
            ServerTarget.Address to, @Nullable String clientId, int qos, boolean retain) {
        Mqtt5ClientBuilder builder =
                MqttClient.builder()
                        .useMqttVersion5()
                        .identifier(clientId == null ? "polymq-" + UUID.randomUUID() : clientId)
                        .serverHost(to.host())
                        .serverPort(to.port());
        if (to.trust() != null) {
            builder =
                    builder.sslConfig(
                            MqttClientSslConfig.builder()
                                    .trustManagerFactory(to.trust().managers())
                                    .build());
        }
        Mqtt5AsyncClient client = builder.buildAsync();
        MqttMessenger messenger = new MqttMessenger(client, qos, retain);
        Login login = to.login();
        var connect = client.connectWith().cleanStart(true);
        messenger.await(
                login == null
                        ? connect.send()
                        : connect.simpleAuth()
                                .username(login.user())
                                .password(login.password().getBytes(StandardCharsets.UTF_8))
                                .applySimpleAuth()
                                .send(),
                Duration.ofSeconds(SECONDS));
        return messenger;
    }

    private <T> T await(CompletableFuture<T> result, Duration patience) {
        try {
            return result.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            throw failure(failed.getCause() == null ? failed : failed.getCause());
        } catch (TimeoutException late) {
            throw new CliException(
                    ExitStatus.LATER, "No answer within " + patience.toSeconds() + " s.", late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CliException(ExitStatus.INCOMPLETE, "Interrupted.", interrupted);
        }
    }

    private static CliException failure(Throwable thrown) {
        Throwable failed =
                thrown instanceof CompletionException && thrown.getCause() != null
                        ? thrown.getCause()
                        : thrown;
        return switch (failed) {
            case CliException known -> known;
            case ConnectionFailedException unreachable ->
                    new CliException(
                            ExitStatus.UNAVAILABLE,
                            "Nobody answers: " + unreachable.getMessage() + ".",
                            failed);
            case Mqtt5MessageException refused ->
                    new CliException(
                            isAboutRights(refused) ? ExitStatus.NOT_PERMITTED : ExitStatus.REFUSED,
                            "The broker refuses it: " + reason(refused) + ".",
                            failed);
            default ->
                    new CliException(
                            ExitStatus.UNAVAILABLE, "It failed: " + failed.getMessage(), failed);
        };
    }

    private static String reason(Mqtt5MessageException refused) {
        return switch (refused) {
            case Mqtt5ConnAckException no -> named(no.getMqttMessage().getReasonCode());
            case Mqtt5PubAckException no -> named(no.getMqttMessage().getReasonCode());
            case Mqtt5PubRecException no -> named(no.getMqttMessage().getReasonCode());
            case Mqtt5SubAckException no -> named(no.getMqttMessage().getReasonCodes().getFirst());
            default -> String.valueOf(refused.getMessage());
        };
    }

    private static String named(Mqtt5ReasonCode code) {
        return code.toString().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    }

    private static boolean isAboutRights(Mqtt5MessageException refused) {
        return switch (refused) {
            case Mqtt5ConnAckException no -> {
                Mqtt5ConnAckReasonCode code = no.getMqttMessage().getReasonCode();
                yield code == Mqtt5ConnAckReasonCode.NOT_AUTHORIZED
                        || code == Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD
                        || code == Mqtt5ConnAckReasonCode.BANNED;
            }
            case Mqtt5PubAckException no ->
                    no.getMqttMessage().getReasonCode() == Mqtt5PubAckReasonCode.NOT_AUTHORIZED;
            case Mqtt5PubRecException no ->
                    no.getMqttMessage().getReasonCode() == Mqtt5PubRecReasonCode.NOT_AUTHORIZED;
            case Mqtt5SubAckException no ->
                    no.getMqttMessage()
                            .getReasonCodes()
                            .contains(Mqtt5SubAckReasonCode.NOT_AUTHORIZED);
            default -> false;
        };
    }

    @Override
    public CompletableFuture<Void> publish(Outgoing message) {
        return client.publish(packet(message))
                .handle(
                        (result, failed) -> {
                            Throwable why = failed != null ? failed : error(result);
                            if (why != null) {
                                throw failure(why);
                            }
                            return null;
                        });
    }

    private static @Nullable Throwable error(Mqtt5PublishResult result) {
        return result.getError().orElse(null);
    }

    private Mqtt5Publish packet(Outgoing message) {
        Mqtt5PublishBuilder.Complete packet =
                Mqtt5Publish.builder()
                        .topic(message.subject())
                        .qos(qos)
                        .retain(retain)
                        .payload(message.payload())
                        .contentType(message.contentType())
                        .responseTopic(message.replyTo());
        if (message.correlation() != null) {
            packet = packet.correlationData(message.correlation().getBytes(StandardCharsets.UTF_8));
        }
        if (message.ttlMillis() > 0) {
            packet = packet.messageExpiryInterval(Math.max(1, message.ttlMillis() / 1000));
        }
        Mqtt5UserPropertiesBuilder properties = Mqtt5UserProperties.builder();
        for (Header header : message.headers()) {
            properties = properties.add(header.name(), header.value());
        }
        if (message.messageId() != null) {
            properties = properties.add("message-id", message.messageId());
        }
        if (message.key() != null) {
            properties = properties.add("polymq-key", message.key());
        }
        return packet.userProperties(properties.build()).build();
    }

    @Override
    public void subscribe(String filter, Consumer<Incoming> taker) {
        await(
                client.subscribeWith()
                        .topicFilter(filter)
                        .qos(qos)
                        .callback(packet -> taker.accept(read(packet)))
                        .send(),
                Duration.ofSeconds(SECONDS));
    }

    private static Incoming read(Mqtt5Publish packet) {
        List<Header> headers =
                packet.getUserProperties().asList().stream()
                        .map(one -> new Header(one.getName().toString(), one.getValue().toString()))
                        .toList();
        return new Incoming(
                packet.getTopic().toString(),
                packet.getPayloadAsBytes(),
                headers,
                packet.getContentType().map(Object::toString).orElse(null),
                packet.getResponseTopic().map(Object::toString).orElse(null),
                packet.getCorrelationData().map(MqttMessenger::text).orElse(null),
                null,
                null,
                packet.isRetain() ? "retained" : null);
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    @Override
    public Incoming request(Outgoing message, Duration patience) {
        String which = UUID.randomUUID().toString();
        String address = "polymq/replies/" + which;
        CompletableFuture<Incoming> reply = new CompletableFuture<>();
        subscribe(address, reply::complete);
        publish(message.repliedTo(address, which))
                .exceptionally(
                        failed -> {
                            reply.completeExceptionally(failure(failed));
                            return null;
                        });
        return await(reply, patience);
    }

    @Override
    public void close() {
        try {
            client.disconnect().get(SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException alreadyGone) {
            // The connection is gone either way.
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
