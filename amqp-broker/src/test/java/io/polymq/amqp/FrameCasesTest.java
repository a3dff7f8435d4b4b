package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.polymq.codec.amqp.BasicMethod;
import io.polymq.codec.amqp.ChannelMethod;
import io.polymq.codec.amqp.ConfirmMethod;
import io.polymq.codec.amqp.ConnectionMethod;
import io.polymq.codec.amqp.ContentHeader;
import io.polymq.codec.amqp.FieldTable;
import io.polymq.codec.amqp.Frame;
import io.polymq.codec.amqp.Methods;
import io.polymq.codec.amqp.QueueMethod;
import io.polymq.conformance.TestSecurity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Frames that are wrong, late, or in an order that few clients send. */
class FrameCasesTest {

    private static TestAmqp amqp;

    @BeforeAll
    static void start() {
        amqp = TestAmqp.open();
    }

    @AfterAll
    static void stop() throws Exception {
        amqp.close();
    }

    private static FrameClient ready() throws IOException {
        return FrameClient.ready(amqp.address());
    }

    private static String declare(FrameClient client) throws IOException {
        client.send(
                1,
                new QueueMethod.Declare(0, "", false, false, true, false, false, FieldTable.EMPTY));
        return client.next(QueueMethod.DeclareOk.class).queue();
    }

    @Test
    void aWrongFrameEndIs501AndNothingOfTheFrameActs() throws Exception {
        try (FrameClient client = ready()) {
            client.frame(Frame.METHOD, 1, new byte[] {0, 60, 0, 10, 0, 0, 0, 0, 0, 5, 0}, 0xCD);
            assertThat(client.connectionClose()).isEqualTo(501);
        }
    }

    @Test
    void anUnknownProtocolHeaderIsAnsweredByTheServersOwn() throws Exception {
        try (FrameClient client = new FrameClient(amqp.address())) {
            client.write(new byte[] {'A', 'M', 'Q', 'P', 9, 9, 9, 9});
            assertThat(client.rest()).containsExactly('A', 'M', 'Q', 'P', 0, 0, 9, 1);
        }
        try (FrameClient client = new FrameClient(amqp.address())) {
            client.write("GET / HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(client.rest()).containsExactly('A', 'M', 'Q', 'P', 0, 0, 9, 1);
        }
    }

    @Test
    void theHeaderOfVersion09IsTakenFor091() throws Exception {
        try (FrameClient client = new FrameClient(amqp.address())) {
            client.write(new byte[] {'A', 'M', 'Q', 'P', 1, 1, 0, 9});
            assertThat(client.next(ConnectionMethod.Start.class).versionMinor()).isEqualTo(9);
        }
    }

    @Test
    void aFrameAboveTheLimitIs501BeforeAndAfterTune() throws Exception {
        try (FrameClient client = new FrameClient(amqp.address())) {
            client.header();
            client.next(ConnectionMethod.Start.class);
            client.frame(Frame.METHOD, 0, new byte[9000], Frame.END);
            assertThat(client.connectionClose()).isEqualTo(501);
        }
        try (FrameClient client = ready()) {
            client.frame(Frame.BODY, 1, new byte[131_072], Frame.END);
            assertThat(client.connectionClose()).isEqualTo(501);
        }
    }

    @Test
    void aChannelMethodOnChannelZeroIs503AndOneOnAnUnopenedChannel504() throws Exception {
        try (FrameClient client = ready()) {
            client.send(0, new BasicMethod.Qos(0, 1, false));
            assertThat(client.connectionClose()).isEqualTo(503);
        }
        try (FrameClient client = ready()) {
            client.send(7, new BasicMethod.Qos(0, 1, false));
            assertThat(client.connectionClose()).isEqualTo(504);
        }
    }

    @Test
    void aSecondOpenIs504AndAChannelAboveTheMaximum530() throws Exception {
        try (FrameClient client = ready()) {
            client.send(1, new ChannelMethod.Open(""));
            ConnectionMethod.Close close = client.next(ConnectionMethod.Close.class);
            assertThat(close.replyCode()).isEqualTo(504);
            assertThat(close.replyText()).isEqualTo("CHANNEL_ERROR - second 'channel.open' seen");
        }
        try (FrameClient client = ready()) {
            client.send(2048, new ChannelMethod.Open(""));
            assertThat(client.connectionClose()).isEqualTo(530);
        }
    }

    @Test
    void afterAChannelErrorEverythingIsDroppedUntilCloseOk() throws Exception {
        try (FrameClient client = ready()) {
            client.send(1, new QueueMethod.Purge(0, "missing", false));
            client.send(1, new BasicMethod.Qos(0, 1, false));
            client.publish(1, "nowhere", "x");
            assertThat(client.channelClose()).isEqualTo(404);
            client.send(1, new BasicMethod.Qos(0, 1, false));
            client.send(1, new ChannelMethod.CloseOk());
            client.send(1, new ChannelMethod.Open(""));
            client.next(ChannelMethod.OpenOk.class);
        }
    }

    @Test
    void crossingClosesEndCleanOnBothSides() throws Exception {
        try (FrameClient client = ready()) {
            client.send(1, new QueueMethod.Purge(0, "missing", false));
            client.send(1, new ChannelMethod.Close(200, "bye", 0, 0));
            assertThat(client.channelClose()).isEqualTo(404);
            client.next(ChannelMethod.CloseOk.class);
            client.send(1, new ChannelMethod.CloseOk());
            client.send(1, new ChannelMethod.Open(""));
            client.next(ChannelMethod.OpenOk.class);
        }
    }

    @Test
    void closingTwiceIsAnsweredTwice() throws Exception {
        try (FrameClient client = ready()) {
            client.send(0, new ConnectionMethod.Close(200, "bye", 0, 0));
            client.next(ConnectionMethod.CloseOk.class);
            client.send(0, new ConnectionMethod.Close(200, "bye", 0, 0));
            client.next(ConnectionMethod.CloseOk.class);
        }
    }

    @Test
    void aHeaderOfAnotherClassIs505AndSoIsABodyWithoutOneOrAMethodInBetween() throws Exception {
        BasicMethod.Publish publish = new BasicMethod.Publish(0, "", "k", false, false);
        try (FrameClient client = ready()) {
            client.send(1, publish);
            client.frame(Frame.HEADER, 1, FrameClient.header(10, 1), Frame.END);
            assertThat(client.connectionClose()).isEqualTo(505);
        }
        try (FrameClient client = ready()) {
            client.send(1, publish);
            client.frame(Frame.BODY, 1, new byte[1], Frame.END);
            assertThat(client.connectionClose()).isEqualTo(505);
        }
        try (FrameClient client = ready()) {
            client.frame(Frame.HEADER, 1, FrameClient.header(60, 1), Frame.END);
            assertThat(client.connectionClose()).isEqualTo(505);
        }
        try (FrameClient client = ready()) {
            client.send(1, publish);
            client.frame(Frame.HEADER, 1, FrameClient.header(60, 10), Frame.END);
            client.send(1, new BasicMethod.Qos(0, 1, false));
            assertThat(client.connectionClose()).isEqualTo(505);
        }
    }

    @Test
    void aBodyMayBeCutAnywhereAndHoldEmptyFramesWhileOthersComeInBetween() throws Exception {
        try (FrameClient client = ready()) {
            String queue = declare(client);
            client.send(2, new ChannelMethod.Open(""));
            client.next(ChannelMethod.OpenOk.class);
            client.send(1, new BasicMethod.Publish(0, "", queue, false, false));
            client.frame(Frame.HEARTBEAT, 0, new byte[0], Frame.END);
            client.frame(Frame.HEADER, 1, FrameClient.header(60, 5), Frame.END);
            client.frame(Frame.BODY, 1, "he".getBytes(StandardCharsets.UTF_8), Frame.END);
            client.frame(Frame.BODY, 1, new byte[0], Frame.END);
            client.publish(2, queue, "other");
            client.frame(Frame.BODY, 1, "llo".getBytes(StandardCharsets.UTF_8), Frame.END);
            assertThat(get(client, queue)).isEqualTo("other");
            assertThat(get(client, queue)).isEqualTo("hello");
        }
    }

    private static String get(FrameClient client, String queue) throws IOException {
        client.send(1, new BasicMethod.Get(0, queue, true));
        client.next(BasicMethod.GetOk.class);
        FrameClient.GotHeader header = (FrameClient.GotHeader) client.next();
        if (header == null || header.size() == 0) {
            return "";
        }
        FrameClient.GotBody body = (FrameClient.GotBody) client.next();
        return body == null ? "" : new String(body.bytes(), StandardCharsets.UTF_8);
    }

    @Test
    void moreBodyThanAnnouncedIs501() throws Exception {
        try (FrameClient client = ready()) {
            client.send(1, new BasicMethod.Publish(0, "", "k", false, false));
            client.frame(Frame.HEADER, 1, FrameClient.header(60, 3), Frame.END);
            client.frame(Frame.BODY, 1, new byte[4], Frame.END);
            assertThat(client.connectionClose()).isEqualTo(501);
        }
    }

    @Test
    void aMessageWithoutABodyIsRoutedConfirmedAndDelivered() throws Exception {
        try (FrameClient client = ready()) {
            String queue = declare(client);
            client.send(1, new ConfirmMethod.Select(false));
            client.next(ConfirmMethod.SelectOk.class);
            client.publish(1, queue, "");
            assertThat(client.next(BasicMethod.Ack.class).deliveryTag()).isEqualTo(1);
            assertThat(get(client, queue)).isEmpty();
        }
    }

    @Test
    void unknownPropertyFlagsAreAnError() throws Exception {
        try (FrameClient client = ready()) {
            ByteBuf out = Unpooled.buffer();
            Methods.write(out, 1, new BasicMethod.Publish(0, "", "k", false, false));
            ContentHeader.write(out, 1, 0, new byte[] {0, 2}, 0, 2);
            client.write(out);
            assertThat(client.connectionClose()).isEqualTo(502);
        }
    }

    @Test
    void case13NamesAndTextsThatAreNoUtf8ComeAsTheyWent() throws Exception {
        ByteBuf written = Unpooled.buffer();
        byte[] text = {'a', (byte) 0xFF, (byte) 0xC0, 'b'};
        written.writeShort(0xA0_00);
        written.writeByte(text.length).writeBytes(text);
        written.writeInt(1 + text.length + 1 + 4 + text.length);
        written.writeByte(text.length).writeBytes(text);
        written.writeByte('S').writeInt(text.length).writeBytes(text);
        byte[] properties = ByteBufUtil.getBytes(written);
        try (FrameClient client = ready()) {
            String queue = declare(client);
            ByteBuf out = Unpooled.buffer();
            Methods.write(out, 1, new BasicMethod.Publish(0, "", queue, false, false));
            ContentHeader.write(out, 1, 0, properties, 0, properties.length);
            client.write(out);
            client.send(1, new BasicMethod.Get(0, queue, true));
            client.next(BasicMethod.GetOk.class);
            FrameClient.GotHeader header = (FrameClient.GotHeader) client.next();
            assertThat(header.properties()).isEqualTo(properties);
        }
    }

    @Test
    void everyChannelThatTheDialectCanNumberIsOpenedAndUsed() throws Exception {
        AmqpSettings base = TestAmqp.SETTINGS;
        AmqpSettings wide =
                new AmqpSettings(
                        base.clusterName(),
                        base.frameMax(),
                        65_535,
                        base.heartbeat(),
                        base.maxMessageSize(),
                        base.consumerTimeout(),
                        base.maxUnacked(),
                        base.memoryWatermark(),
                        base.scram());
        try (TestAmqp other = new TestAmqp(wide, TestSecurity.open());
                FrameClient client = FrameClient.ready(other.address(), 65_535)) {
            String queue = declare(client);
            for (int from = 2; from <= 65_535; from += 1000) {
                int to = Math.min(from + 1000, 65_536);
                ByteBuf out = Unpooled.buffer();
                for (int number = from; number < to; number++) {
                    Methods.write(out, number, new ChannelMethod.Open(""));
                    Methods.write(out, number, new BasicMethod.Qos(0, 1, false));
                }
                client.write(out);
                for (int number = from; number < to; number++) {
                    client.next(ChannelMethod.OpenOk.class);
                    client.next(BasicMethod.QosOk.class);
                }
            }
            client.publish(65_535, queue, "last");
            client.send(2, new BasicMethod.Get(0, queue, true));
            assertThat(client.next(BasicMethod.GetOk.class).messageCount()).isZero();
        }
    }

    @Test
    void anUnknownFieldTypeIs502() throws Exception {
        try (FrameClient client = ready()) {
            byte[] table = {1, 'a', 'Z', 0, 0, 0, 0};
            client.send(
                    1,
                    new QueueMethod.Declare(
                            0, "q", false, false, true, false, false, FieldTable.ofBytes(table)));
            assertThat(client.connectionClose()).isEqualTo(502);
        }
    }

    @Test
    void deepNestingIsRefusedAndLyingLengthsAreToo() throws Exception {
        try (FrameClient client = ready()) {
            ByteBuf deep = Unpooled.buffer();
            int depth = 2000;
            for (int i = 0; i < depth; i++) {
                deep.writeByte(1).writeByte('a').writeByte('F').writeInt((depth - 1 - i) * 7);
            }
            byte[] table = new byte[deep.readableBytes()];
            deep.readBytes(table);
            client.send(
                    1,
                    new QueueMethod.Declare(
                            0, "q", false, false, true, false, false, FieldTable.ofBytes(table)));
            assertThat(client.connectionClose()).isEqualTo(502);
        }
        try (FrameClient client = ready()) {
            byte[] table = {1, 'a', 'S', 0x7F, -1, -1, -1};
            client.send(
                    1,
                    new QueueMethod.Declare(
                            0, "q", false, false, true, false, false, FieldTable.ofBytes(table)));
            assertThat(client.connectionClose()).isEqualTo(502);
        }
    }

    @Test
    void aHeartbeatOnAChannelIsAnErrorAndThereIsNoFrameTypeFour() throws Exception {
        try (FrameClient client = ready()) {
            client.frame(Frame.HEARTBEAT, 1, new byte[0], Frame.END);
            assertThat(client.connectionClose()).isEqualTo(505);
        }
        try (FrameClient client = ready()) {
            client.frame(4, 1, new byte[0], Frame.END);
            assertThat(client.connectionClose()).isEqualTo(501);
        }
    }

    @Test
    void anUnknownMethodIs540() throws Exception {
        try (FrameClient client = ready()) {
            client.frame(Frame.METHOD, 1, new byte[] {0, 60, 1, 1}, Frame.END);
            assertThat(client.connectionClose()).isEqualTo(540);
        }
    }

    @Test
    void limitsAboveTheServersAreRefusedAndSoIsATinyFrameMax() throws Exception {
        assertThat(tuned(65_535, 131_072)).isEqualTo(530);
        assertThat(tuned(10, 200_000)).isEqualTo(530);
        assertThat(tuned(10, 100)).isEqualTo(530);
    }

    private static int tuned(int channelMax, long frameMax) throws IOException {
        try (FrameClient client = new FrameClient(amqp.address())) {
            client.header();
            client.next(ConnectionMethod.Start.class);
            client.startOk();
            client.next(ConnectionMethod.Tune.class);
            client.send(0, new ConnectionMethod.TuneOk(channelMax, frameMax, 0));
            return client.connectionClose();
        }
    }

    @Test
    void anUnknownVirtualHostIs530() throws Exception {
        try (FrameClient client = new FrameClient(amqp.address())) {
            client.header();
            client.next(ConnectionMethod.Start.class);
            client.startOk();
            client.next(ConnectionMethod.Tune.class);
            client.send(0, new ConnectionMethod.TuneOk(10, 8192, 0));
            client.send(0, new ConnectionMethod.Open("nope", "", false));
            ConnectionMethod.Close close = client.next(ConnectionMethod.Close.class);
            assertThat(close.replyCode()).isEqualTo(530);
            assertThat(close.replyText()).isEqualTo("NOT_ALLOWED - vhost nope not found");
        }
    }

    @Test
    void heartbeatsComeInTheIntervalThatWasAgreedOn() throws Exception {
        try (FrameClient client = new FrameClient(amqp.address())) {
            client.header();
            client.next(ConnectionMethod.Start.class);
            client.startOk();
            client.next(ConnectionMethod.Tune.class);
            client.send(0, new ConnectionMethod.TuneOk(10, 8192, 1));
            client.send(0, new ConnectionMethod.Open("/", "", false));
            client.next(ConnectionMethod.OpenOk.class);
            assertThat(client.next()).isEqualTo(new FrameClient.GotHeartbeat(0));
            assertThat(client.next()).isEqualTo(new FrameClient.GotHeartbeat(0));
        }
    }

    @Test
    void nowaitVariantsAreNotAnswered() throws Exception {
        try (FrameClient client = ready()) {
            client.send(
                    1,
                    new QueueMethod.Declare(
                            0, "nw", false, false, true, false, true, FieldTable.EMPTY));
            client.send(1, new ConfirmMethod.Select(true));
            client.send(
                    1,
                    new BasicMethod.Consume(
                            0, "nw", "t", false, true, false, true, FieldTable.EMPTY));
            client.send(1, new BasicMethod.Cancel("t", true));
            client.send(1, new BasicMethod.Qos(0, 1, false));
            client.next(BasicMethod.QosOk.class);
        }
    }

    @Test
    void consumeOkComesBeforeTheFirstDelivery() throws Exception {
        try (FrameClient client = ready()) {
            String queue = declare(client);
            client.publish(1, queue, "a");
            client.send(
                    1,
                    new BasicMethod.Consume(
                            0, queue, "t", false, true, false, false, FieldTable.EMPTY));
            assertThat(client.next(BasicMethod.ConsumeOk.class).consumerTag()).isEqualTo("t");
            BasicMethod.Deliver deliver = client.next(BasicMethod.Deliver.class);
            assertThat(deliver.deliveryTag()).isEqualTo(1);
            assertThat(deliver.redelivered()).isFalse();
        }
    }
}
