package io.polymq.amqp.v1;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.amqp.AmqpSettings;
import io.polymq.amqp.TestAmqp;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.frame.SaslFrame;
import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.conformance.TestSecurity;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.protonj2.test.driver.ProtonTestClient;
import org.apache.qpid.protonj2.test.driver.actions.AttachInjectAction;
import org.apache.qpid.protonj2.test.driver.actions.TransferInjectAction;
import org.apache.qpid.protonj2.test.driver.codec.transport.Attach;
import org.apache.qpid.protonj2.test.driver.codec.transport.ReceiverSettleMode;
import org.junit.jupiter.api.Test;

/**
 * Frame by frame, by the scripted peer of protonj2, whose codec is not ours. Cases are those of the
 * project's list of corner cases for 1.0.
 */
class ScriptedTest extends BesideAnOldClient {

    private static void connect(ProtonTestClient peer) throws Exception {
        peer.connect("127.0.0.1", amqp.address().getPort());
    }

    /** Ends a transaction that nobody has begun, and goes through the script. */
    private static void dischargeUnknown(ProtonTestClient peer) {
        peer.remoteDischarge()
                .withTxnId(new byte[] {9, 9})
                .withFail(false)
                .withHandle(0)
                .withDeliveryId(0)
                .withDeliveryTag(new byte[] {0})
                .now();
        done(peer);
    }

    private static void done(ProtonTestClient peer) {
        peer.waitForScriptToComplete(10, TimeUnit.SECONDS);
    }

    private static ProtonTestClient open(String container) {
        ProtonTestClient peer = new ProtonTestClient();
        peer.queueClientSaslAnonymousConnect();
        peer.remoteOpen().withContainerId(container).queue();
        peer.expectOpen();
        return peer;
    }

    private static ProtonTestClient session(String container, long window) throws Exception {
        ProtonTestClient peer = open(container);
        peer.remoteBegin()
                .withNextOutgoingId(0)
                .withIncomingWindow(window)
                .withOutgoingWindow(2048)
                .queue();
        peer.expectBegin();
        connect(peer);
        done(peer);
        return peer;
    }

    private static void remoteReceiver(ProtonTestClient peer, String name, String address) {
        peer.remoteAttach()
                .ofReceiver()
                .withName(name)
                .withHandle(0)
                .withSource()
                .withAddress(address)
                .also()
                .withTarget()
                .also()
                .now();
    }

    private static AttachInjectAction remoteSender(ProtonTestClient peer, String name, int handle) {
        return peer.remoteAttach()
                .ofSender()
                .withName(name)
                .withHandle(handle)
                .withInitialDeliveryCount(0);
    }

    private static void remoteSender(
            ProtonTestClient peer, String name, int handle, String address) {
        remoteSender(peer, name, handle)
                .withSource()
                .also()
                .withTarget()
                .withAddress(address)
                .also()
                .now();
    }

    /** With the outcomes that its source takes; none: whatever is usual. */
    private static void attachCoordinator(ProtonTestClient peer, String... outcomes) {
        peer.expectAttach().ofReceiver();
        peer.expectFlow();
        AttachInjectAction attach = remoteSender(peer, "coordinator", 0);
        var source = attach.withSource();
        if (outcomes.length > 0) {
            source.withOutcomes(outcomes);
        }
        attach.withCoordinator().also().now();
        done(peer);
    }

    private static TransferInjectAction transfer(ProtonTestClient peer, int id) {
        return peer.remoteTransfer()
                .withHandle(0)
                .withDeliveryId(id)
                .withDeliveryTag(new byte[] {(byte) id});
    }

    private static void attachReceiver(ProtonTestClient peer, String address) {
        peer.expectAttach().ofSender();
        remoteReceiver(peer, "receiver", address);
        done(peer);
    }

    private static void attachSender(ProtonTestClient peer, String address) {
        peer.expectAttach().ofReceiver();
        peer.expectFlow().withLinkCredit(1000);
        remoteSender(peer, "sender", 0, address);
        done(peer);
    }

    private static void credit(
            ProtonTestClient peer, long count, long credit, boolean drain, long window) {
        peer.remoteFlow()
                .withNextIncomingId(0)
                .withIncomingWindow(window)
                .withNextOutgoingId(0)
                .withOutgoingWindow(2048)
                .withHandle(0)
                .withDeliveryCount(count)
                .withLinkCredit(credit)
                .withDrain(drain)
                .now();
    }

    // Connection.

    @Test
    void case45AnOpenInTheMiddleOfSaslEndsTheConnection() throws Exception {
        try (V1Client client = new V1Client(amqp.address())) {
            client.header(true);
            client.takeHeader();
            client.takeSasl(SaslFrame.Mechanisms.class);
            client.send(0, client.open("early"));
            client.takeEnd();
        }
    }

    @Test
    void case46FramesThatAreTooSmallAreRefused() throws Exception {
        try (ProtonTestClient peer = new ProtonTestClient()) {
            peer.queueClientSaslAnonymousConnect();
            peer.remoteOpen().withContainerId("small").withMaxFrameSize(256).queue();
            peer.expectOpen();
            peer.expectClose().withError("amqp:invalid-field");
            connect(peer);
            done(peer);
        }
    }

    @Test
    void case46AFrameAboveTheLimitClosesWithAFramingError() throws Exception {
        try (ProtonTestClient peer = open("large")) {
            peer.remoteBytes().withBytes(new byte[] {0x7F, 0, 0, 0, 2, 0, 0, 0}).queue();
            peer.expectClose().withError("amqp:connection:framing-error");
            connect(peer);
            done(peer);
        }
    }

    @Test
    void case46ABodyThatBeginsOutsideOfItsFrameClosesWithAFramingError() throws Exception {
        try (ProtonTestClient peer = open("offset")) {
            peer.remoteBytes().withBytes(new byte[] {0, 0, 0, 8, 1, 0, 0, 0}).queue();
            peer.expectClose().withError("amqp:connection:framing-error");
            connect(peer);
            done(peer);
        }
    }

    @Test
    void case59AnEmptyFrameComesWhileNothingElseDoes() throws Exception {
        try (ProtonTestClient peer = new ProtonTestClient()) {
            peer.queueClientSaslAnonymousConnect();
            peer.remoteOpen().withContainerId("idle").withIdleTimeOut(2000).queue();
            peer.expectOpen();
            peer.expectEmptyFrame();
            connect(peer);
            done(peer);
        }
    }

    // Session.

    @Test
    void case47AHandleInUseEndsTheSession() throws Exception {
        queue("twice");
        try (ProtonTestClient peer = session("handles", 2048)) {
            attachReceiver(peer, "/queues/twice");
            peer.expectEnd().withError("amqp:session:handle-in-use");
            remoteReceiver(peer, "other", "/queues/twice");
            done(peer);
        }
    }

    @Test
    void case48WhatTheWindowHasNoRoomForWaits() throws Exception {
        queue("window", "a", "b", "c");
        try (ProtonTestClient peer = session("window", 2)) {
            attachReceiver(peer, "/queues/window");
            peer.expectTransfer().withDeliveryId(0);
            peer.expectTransfer().withDeliveryId(1);
            credit(peer, 0, 10, false, 2);
            done(peer);
            peer.expectTransfer().withDeliveryId(2);
            peer.remoteFlow()
                    .withNextIncomingId(2)
                    .withIncomingWindow(1)
                    .withNextOutgoingId(0)
                    .withOutgoingWindow(2048)
                    .now();
            done(peer);
        }
    }

    @Test
    void case49AFlowForALinkThatIsNotThereEndsTheSession() throws Exception {
        try (ProtonTestClient peer = session("unattached", 2048)) {
            peer.expectEnd().withError("amqp:session:unattached-handle");
            credit(peer, 0, 10, false, 2048);
            done(peer);
        }
    }

    // Links.

    @Test
    void case51DrainSendsWhatIsThereAndUsesUpTheRest() throws Exception {
        queue("drain", "only");
        try (ProtonTestClient peer = session("drain", 2048)) {
            attachReceiver(peer, "/queues/drain");
            peer.expectTransfer().withDeliveryId(0);
            peer.expectFlow().withDeliveryCount(10).withLinkCredit(0).withDrain(true);
            credit(peer, 0, 10, true, 2048);
            done(peer);
        }
    }

    @Test
    void case51EchoIsAnsweredWithTheLinksState() throws Exception {
        queue("echo");
        try (ProtonTestClient peer = session("echo", 2048)) {
            attachReceiver(peer, "/queues/echo");
            peer.expectFlow().withHandle(0).withDeliveryCount(0).withLinkCredit(7);
            peer.remoteFlow()
                    .withNextIncomingId(0)
                    .withIncomingWindow(2048)
                    .withNextOutgoingId(0)
                    .withOutgoingWindow(2048)
                    .withHandle(0)
                    .withDeliveryCount(0)
                    .withLinkCredit(7)
                    .withEcho(true)
                    .now();
            done(peer);
        }
    }

    @Test
    void case52ARefusedLinkIsAnsweredWithoutItsNodeAndThenDetached() throws Exception {
        try (ProtonTestClient peer = session("refused", 2048)) {
            peer.expectAttach().ofSender().withNullSource();
            peer.expectDetach().withClosed(true).withError("amqp:not-found");
            remoteReceiver(peer, "none", "/queues/nowhere");
            done(peer);
            peer.expectAttach().ofReceiver().withNullTarget();
            peer.expectDetach().withClosed(true).withError("amqp:not-found");
            remoteSender(peer, "nobody", 1, "/exchanges/nowhere/key");
            done(peer);
        }
    }

    @Test
    void case53AnAbortedDeliveryHasNoEffectAndTheNextIsTaken() throws Exception {
        queue("aborted");
        try (ProtonTestClient peer = session("aborted", 2048)) {
            attachSender(peer, "/queues/aborted");
            transfer(peer, 0).withMore(true).withPayload(V1Client.durable("half")).now();
            peer.remoteTransfer().withHandle(0).withAborted(true).now();
            peer.expectDisposition().withFirst(1).withSettled(true).withState().accepted();
            transfer(peer, 1).withMore(false).withPayload(V1Client.durable("whole")).now();
            done(peer);
        }
        assertThat(channel.messageCount("aborted")).isEqualTo(1);
    }

    @Test
    void case54ADeliveryThatIsNotSettledByItsReceiverIsSettledByItsSender() throws Exception {
        queue("second", "a", "b");
        try (ProtonTestClient peer = session("second", 2048)) {
            attachReceiver(peer, "/queues/second");
            peer.expectTransfer().withDeliveryId(0);
            peer.expectTransfer().withDeliveryId(1);
            credit(peer, 0, 2, false, 2048);
            done(peer);
            peer.expectDisposition()
                    .withRole(false)
                    .withFirst(0)
                    .withLast(1)
                    .withSettled(true)
                    .withState()
                    .accepted();
            peer.remoteDisposition()
                    .withRole(true)
                    .withFirst(0)
                    .withLast(9)
                    .withSettled(false)
                    .withState()
                    .accepted()
                    .now();
            done(peer);
        }
        assertThat(channel.messageCount("second")).isZero();
    }

    @Test
    void case55OnlyAFailedDeliveryCounts() throws Exception {
        queue("counted", "x");
        try (V1Client client = V1Client.session(amqp.address(), "counted")) {
            client.attach(V1Client.receiver("r", 0, "/queues/counted"));
            client.credit(0, 0, 1, false);
            V1Client.Got.Message got = client.takeMessage();
            client.settle(0, 0, DeliveryState.RELEASED);
            client.credit(0, 1, 1, false);
            got = client.takeMessage();
            assertThat(deliveryCount(got)).isZero();
            client.settle(1, 1, new DeliveryState.Modified(true, false, Map.of()));
            client.credit(0, 2, 1, false);
            got = client.takeMessage();
            assertThat(deliveryCount(got)).isEqualTo(1);
        }
    }

    private static long deliveryCount(V1Client.Got.Message message) {
        Object header = V1Client.parsed(message.sections()).get(0x70L);
        Object count = header instanceof List<?> fields && fields.size() > 4 ? fields.get(4) : null;
        return count instanceof Unsigned number ? number.value() : 0;
    }

    @Test
    void case50ADeliveryWithoutCreditDetachesTheLink() throws Exception {
        queue("limit");
        try (V1Client client = V1Client.session(amqp.address(), "limit")) {
            Performative.Attach attach = V1Client.sender("s", 0, "/queues/limit");
            client.attach(
                    new Performative.Attach(
                            attach.name(),
                            attach.handle(),
                            attach.receiver(),
                            0,
                            1,
                            attach.source(),
                            attach.target(),
                            false,
                            0,
                            0,
                            List.of(),
                            List.of(),
                            Map.of()));
            long credit = client.take(Performative.Flow.class).linkCredit();
            for (long i = 0; i <= credit; i++) {
                client.message(0, i, false, V1Client.text("never settled"));
            }
            assertThat(client.await(Performative.Detach.class).error().condition())
                    .isEqualTo("amqp:link:transfer-limit-exceeded");
        }
    }

    @Test
    void case59ASilentClientIsClosed() throws Exception {
        AmqpSettings base = TestAmqp.SETTINGS;
        AmqpSettings impatient =
                new AmqpSettings(
                        base.clusterName(),
                        base.frameMax(),
                        base.channelMax(),
                        Duration.ofMillis(300),
                        base.maxMessageSize(),
                        base.consumerTimeout(),
                        base.maxUnacked(),
                        base.memoryWatermark(),
                        base.scram());
        try (TestAmqp other = new TestAmqp(impatient, TestSecurity.open());
                V1Client client = V1Client.open(other.address(), "silent")) {
            Performative.Close close = client.await(Performative.Close.class);
            assertThat(close.error().condition()).isEqualTo("amqp:resource-limit-exceeded");
            client.takeEnd();
        }
    }

    @Test
    void case57WhoAsksForADynamicNodeDoesNotNameIt() throws Exception {
        try (ProtonTestClient peer = session("dynamic", 2048)) {
            peer.expectAttach().ofSender().withNullSource();
            peer.expectDetach().withClosed(true).withError("amqp:invalid-field");
            peer.remoteAttach()
                    .ofReceiver()
                    .withName("dynamic")
                    .withHandle(0)
                    .withSource()
                    .withAddress("mine")
                    .withDynamic(true)
                    .also()
                    .withTarget()
                    .also()
                    .now();
            done(peer);
        }
    }

    @Test
    void case58AFilterThatIsNotHeededIsLeftOutOfTheAnswer() throws Exception {
        queue("filtered");
        try (ProtonTestClient peer = session("filtered", 2048)) {
            peer.expectAttach().ofSender().withPredicate(ScriptedTest::isWithoutFilters);
            peer.remoteAttach()
                    .ofReceiver()
                    .withName("filtered")
                    .withHandle(0)
                    .withSource()
                    .withAddress("/queues/filtered")
                    .withFilterMap("unknown:filter", "value")
                    .also()
                    .withTarget()
                    .also()
                    .now();
            done(peer);
        }
    }

    private static boolean isWithoutFilters(Attach attach) {
        return attach.getSource().getFilter() == null || attach.getSource().getFilter().isEmpty();
    }

    @Test
    void aDeliveryCannotBeResumed() throws Exception {
        queue("resumed");
        try (ProtonTestClient peer = session("resumed", 2048)) {
            attachSender(peer, "/queues/resumed");
            peer.expectDetach().withClosed(true).withError("amqp:not-implemented");
            transfer(peer, 0).withResume(true).withPayload(V1Client.durable("again")).now();
            done(peer);
        }
    }

    @Test
    void case60AnUnknownTransactionIsRejected() throws Exception {
        try (ProtonTestClient peer = session("coordinator", 2048)) {
            attachCoordinator(peer);
            peer.expectDisposition()
                    .withFirst(0)
                    .withSettled(true)
                    .withState()
                    .rejected("amqp:transaction:unknown-id");
            dischargeUnknown(peer);
        }
    }

    @Test
    void case60AnUnknownTransactionEndsALinkThatTakesNoRejection() throws Exception {
        try (ProtonTestClient peer = session("coordinator", 2048)) {
            attachCoordinator(peer, "amqp:accepted:list");
            peer.expectDetach().withHandle(0).withError("amqp:transaction:unknown-id");
            dischargeUnknown(peer);
        }
    }

    @Test
    void case54ATransferCannotAskTheReceiverOfALinkToSettleSecond() throws Exception {
        try (ProtonTestClient peer = session("second", 2048)) {
            peer.expectAttach().ofReceiver();
            peer.expectFlow();
            remoteSender(peer, "first", 0, "/exchanges/amq.fanout");
            done(peer);
            peer.expectDetach().withClosed(true).withError("amqp:invalid-field");
            transfer(peer, 0)
                    .withRcvSettleMode(ReceiverSettleMode.SECOND)
                    .withPayload(V1Client.durable("second"))
                    .now();
            done(peer);
        }
    }
}
