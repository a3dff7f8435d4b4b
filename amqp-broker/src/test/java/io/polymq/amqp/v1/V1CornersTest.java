package io.polymq.amqp.v1;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.amqp.TestAmqp;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.Frames;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.frame.Terminus;
import io.polymq.amqp.v1.type.Described;
import io.polymq.amqp.v1.type.Unsigned;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Corner cases of 1.0, by their numbers in the list of what brokers get wrong, and what bad clients
 * do, as far as {@link ScriptedTest} does not have them.
 */
class V1CornersTest extends BesideAnOldClient {

    @Test
    void case45AnotherVersionIsAnsweredWithTheOneThatIsSpoken() throws Exception {
        for (byte id : new byte[] {0, 3}) {
            try (V1Client client = new V1Client(amqp.address())) {
                client.raw(new byte[] {'A', 'M', 'Q', 'P', id, 1, 1, 0});
                assertThat(client.takeHeader()).isEqualTo(Frames.header(true));
                client.takeEnd();
            }
        }
    }

    @Test
    void case46EmptyFramesAreTakenOnAnyChannel() throws Exception {
        try (V1Client client = V1Client.open(amqp.address(), "empty")) {
            client.raw(new byte[] {0, 0, 0, 8, 2, 0, 0, 77});
            client.begin(0);
        }
    }

    @Test
    void case47ChannelsAndHandlesAboveTheHighestAreFramingErrors() throws Exception {
        try (V1Client client = V1Client.open(amqp.address(), "channels")) {
            client.send(TestAmqp.SETTINGS.channelMax(), V1Client.begin());
            assertThat(client.take(Performative.Close.class).error().condition())
                    .isEqualTo("amqp:connection:framing-error");
        }
        try (V1Client client = V1Client.session(amqp.address(), "handles")) {
            client.send(0, V1Client.receiver("r", Limits.HANDLE_MAX + 1L, "/queues/any"));
            assertThat(client.take(Performative.Close.class).error().condition())
                    .isEqualTo("amqp:connection:framing-error");
        }
    }

    @Test
    void case48IdsAreSerialNumbersThatGoRound() throws Exception {
        queue("round", "a", "b", "c");
        try (V1Client client = V1Client.open(amqp.address(), "round")) {
            client.send(
                    0,
                    new Performative.Begin(
                            Performative.ABSENT,
                            0xFFFF_FFFFL,
                            2048,
                            2048,
                            1023,
                            List.of(),
                            List.of(),
                            Map.of()));
            client.take(Performative.Begin.class);
            client.attachSender("s", 0, "/queues/round");
            for (long id = 0xFFFF_FFFEL; id <= 0x1_0000_0001L; id++) {
                client.message(0, id & 0xFFFF_FFFFL, false, V1Client.durable("x"));
                Performative.Disposition told = client.await(Performative.Disposition.class);
                assertThat(told.first()).isEqualTo((int) id);
                assertThat(told.state()).isEqualTo(DeliveryState.ACCEPTED);
            }
            client.send(
                    0,
                    new Performative.Flow(
                            Performative.ABSENT,
                            2048,
                            3,
                            2048,
                            Performative.ABSENT,
                            Performative.ABSENT,
                            Performative.ABSENT,
                            0,
                            false,
                            true));
            assertThat(client.await(Performative.Flow.class).nextIncomingId()).isEqualTo(3);
        }
    }

    @Test
    void case49AFlowBeforeTheSessionIsAnsweredCountsFromItsBeginning() throws Exception {
        queue("early", "a", "b");
        try (V1Client client = V1Client.open(amqp.address(), "early")) {
            client.send(0, V1Client.begin());
            client.send(0, V1Client.receiver("r", 0, "/queues/early"));
            client.send(
                    0,
                    new Performative.Flow(
                            Performative.ABSENT, 1, 0, 2048, 0, 0, 10, 0, false, false));
            client.take(Performative.Begin.class);
            client.take(Performative.Attach.class);
            assertThat(client.takeMessage().deliveryId()).isZero();
            client.send(0, new Performative.Flow(1, 1, 0, 2048, 0, 1, 9, 0, false, false));
            assertThat(client.takeMessage().deliveryId()).isEqualTo(1);
        }
    }

    @Test
    void case53LinksInterleaveAndAnySettledTransferSettlesTheWhole() throws Exception {
        queue("left");
        queue("right");
        try (V1Client client = V1Client.session(amqp.address(), "mixed")) {
            client.attachSender("l", 0, "/queues/left");
            client.attachSender("r", 1, "/queues/right");
            byte[] left = V1Client.durable("left");
            byte[] right = V1Client.durable("right");
            part(client, 0, 0, false, true, left, 0, 5);
            part(client, 1, 1, false, true, right, 0, 5);
            client.transfer(cut(left, 5, left.length), Unsigned.ofInt(0), null, null, null, true);
            part(client, 1, 1, false, false, right, 5, right.length);
            Performative.Disposition told = client.take(Performative.Disposition.class);
            assertThat(told.first()).isEqualTo(1);
            client.attach(V1Client.receiver("back", 2, "/queues/left"));
            client.credit(2, 0, 1, false);
            assertThat(V1Client.body(client.takeMessage())).isEqualTo("left");
        }
        assertThat(channel.messageCount("right")).isEqualTo(1);
    }

    private static byte[] cut(byte[] bytes, int from, int to) {
        return java.util.Arrays.copyOfRange(bytes, from, to);
    }

    private static void part(
            V1Client client,
            long handle,
            long id,
            boolean settled,
            boolean more,
            byte[] bytes,
            int from,
            int to)
            throws IOException {
        client.transfer(
                cut(bytes, from, to),
                Unsigned.ofInt(handle),
                Unsigned.ofInt(id),
                V1Client.tag(id),
                Unsigned.ofInt(0),
                settled,
                more);
    }

    @Test
    void case53AnotherDeliveryInTheMiddleOfOneEndsTheSession() throws Exception {
        queue("middle");
        try (V1Client client = V1Client.session(amqp.address(), "middle")) {
            client.attachSender("s", 0, "/queues/middle");
            part(client, 0, 0, false, true, V1Client.durable("x"), 0, 4);
            part(client, 0, 1, false, true, V1Client.durable("x"), 0, 4);
            assertThat(client.await(Performative.End.class).error()).isNotNull();
        }
    }

    @Test
    void case55WhatIsUndeliverableHereDoesNotComeBack() throws Exception {
        queue("here", "x");
        try (V1Client client = V1Client.session(amqp.address(), "here")) {
            client.attach(V1Client.receiver("r", 0, "/queues/here"));
            client.credit(0, 0, 1, false);
            client.takeMessage();
            client.settle(0, 0, new DeliveryState.Modified(false, true, Map.of()));
            client.credit(0, 1, 1, true);
            Performative.Flow drained = client.take(Performative.Flow.class);
            assertThat(drained.linkCredit()).isZero();
        }
    }

    @Test
    void case57ADynamicNodeHasAnAddressAndGoesWithItsLink() throws Exception {
        String address;
        try (V1Client client = V1Client.session(amqp.address(), "dynamic")) {
            Terminus.Source plain = Terminus.Source.of(null);
            Performative.Attach attached =
                    client.attach(
                            V1Client.receiver(
                                    "r",
                                    0,
                                    new Terminus.Source(
                                            null,
                                            plain.durable(),
                                            Terminus.EXPIRY_LINK,
                                            0,
                                            true,
                                            Map.of(),
                                            null,
                                            Map.of(),
                                            null,
                                            List.of(),
                                            List.of())));
            address = attached.source().address();
            assertThat(address).startsWith("/queues/");
            client.attachSender("s", 1, address);
            client.message(1, 0, false, V1Client.durable("reply"));
            client.await(Performative.Disposition.class);
            client.credit(0, 0, 1, false);
            assertThat(V1Client.body(client.awaitMessage())).isEqualTo("reply");
            client.send(0, new Performative.Detach(0, true, null));
            client.await(Performative.Detach.class);
            Performative.Attach gone = client.attach(V1Client.receiver("late", 2, address));
            assertThat(gone.source()).isNull();
            assertThat(client.await(Performative.Detach.class).error().condition())
                    .isEqualTo("amqp:not-found");
        }
    }

    @Test
    void case60TheEndOfItsLinkRollsATransactionBack() throws Exception {
        queue("rolled");
        try (V1Client client = V1Client.session(amqp.address(), "rolled")) {
            client.attachCoordinator();
            client.message(
                    0,
                    0,
                    false,
                    V1Client.sections(
                            new Described(
                                    Unsigned.ofLong(0x77),
                                    new Described(Unsigned.ofLong(0x31), new ArrayList<>()))));
            DeliveryState declared = client.take(Performative.Disposition.class).state();
            byte[] transaction = ((DeliveryState.Declared) declared).transaction();
            client.attachSender("s", 1, "/queues/rolled");
            client.transfer(
                    V1Client.durable("never"),
                    Unsigned.ofInt(1),
                    Unsigned.ofInt(1),
                    V1Client.tag(1),
                    Unsigned.ofInt(0),
                    false,
                    false,
                    null,
                    new Described(Unsigned.ofLong(0x34), List.of(transaction)));
            assertThat(client.await(Performative.Disposition.class).state())
                    .isInstanceOf(DeliveryState.Transactional.class);
            client.send(0, new Performative.Detach(0, true, null));
            client.await(Performative.Detach.class);
            client.message(1, 2, false, V1Client.durable("after"));
            assertThat(client.await(Performative.Disposition.class).state())
                    .isEqualTo(DeliveryState.ACCEPTED);
        }
        assertThat(channel.messageCount("rolled")).isEqualTo(1);
    }

    // Bad input.

    @Test
    void aPerformativeWhoseListLiesAboutItsSizeIsADecodeError() throws Exception {
        byte[][] lies = {
            {0, 0x53, 0x12, (byte) 0xC0, 0x7F, 1, 0x40},
            {0, 0x53, 0x12, (byte) 0xD0, 0x7F, -1, -1, -1, 0, 0, 0, 1},
            {0, 0x53, 0x12, (byte) 0xC0, 1, (byte) 0xFF},
            {0, 0, 0, 0, 0, 0},
            {0x40},
        };
        for (byte[] lie : lies) {
            try (V1Client client = V1Client.session(amqp.address(), "liar")) {
                client.raw(frame(lie));
                Performative.Close close = client.take(Performative.Close.class);
                assertThat(close.error().condition())
                        .isIn("amqp:decode-error", "amqp:connection:framing-error");
                client.send(0, new Performative.Close(null));
                client.takeEnd();
            }
        }
    }

    private static byte[] frame(byte[] body) {
        byte[] frame = new byte[8 + body.length];
        frame[3] = (byte) frame.length;
        frame[4] = 2;
        System.arraycopy(body, 0, frame, 8, body.length);
        return frame;
    }

    @Test
    void deepNestingOfDescribedTypesIsRefusedAndNothingElse() throws Exception {
        byte[] deep = new byte[8000];
        System.arraycopy(new byte[] {0, 0, 0x1F, 0x40, 2, 0, 0, 0}, 0, deep, 0, 8);
        try (V1Client client = V1Client.session(amqp.address(), "deep")) {
            client.raw(deep);
            assertThat(client.take(Performative.Close.class).error()).isNotNull();
        }
        try (V1Client other = V1Client.session(amqp.address(), "other")) {
            other.send(0, new Performative.End(null));
            other.take(Performative.End.class);
        }
    }

    @Test
    void thousandsOfLinksEndTheirSessionAndNoOtherOne() throws Exception {
        queue("many");
        try (V1Client client = V1Client.session(amqp.address(), "links");
                V1Client other = V1Client.session(amqp.address(), "others")) {
            int most = Limits.HANDLE_MAX + 1;
            int sessions = Limits.LINKS / most;
            for (int session = 0; session < sessions; session++) {
                if (session > 0) {
                    client.send(session, V1Client.begin());
                    client.await(Performative.Begin.class);
                }
                for (int handle = 0; handle < most; handle++) {
                    String name = session + "." + handle;
                    client.send(session, V1Client.sender(name, handle, "/queues/many"));
                }
                for (int handle = 0; handle < most; handle++) {
                    assertThat(client.await(Performative.Attach.class).target()).isNotNull();
                }
            }
            client.send(sessions, V1Client.begin());
            client.await(Performative.Begin.class);
            client.send(sessions, V1Client.sender("more", 0, "/queues/many"));
            assertThat(client.await(Performative.End.class).error().condition())
                    .isEqualTo("amqp:resource-limit-exceeded");
            other.attachSender("s", 0, "/queues/many");
        }
    }

    @Test
    void withoutCreditAndWithoutAWindowNothingComesAndTheQueueIsNotHeldBack() throws Exception {
        queue("patient", "a", "b");
        try (V1Client closed = V1Client.open(amqp.address(), "closed");
                V1Client open = V1Client.session(amqp.address(), "opened")) {
            closed.send(
                    0,
                    new Performative.Begin(
                            Performative.ABSENT, 0, 0, 0, 1023, List.of(), List.of(), Map.of()));
            closed.take(Performative.Begin.class);
            closed.attach(V1Client.receiver("without-credit", 0, "/queues/patient"));
            open.attach(V1Client.receiver("r", 0, "/queues/patient"));
            open.credit(0, 0, 2, false);
            assertThat(open.takeMessage().deliveryId()).isZero();
            assertThat(open.takeMessage().deliveryId()).isEqualTo(1);
        }
    }

    @Test
    void unfinishedDeliveriesOfOneConnectionAreBounded() throws Exception {
        queue("unfinished");
        try (V1Client client = V1Client.session(amqp.address(), "unfinished")) {
            int links = 6;
            byte[] chunk = new byte[60_000];
            for (int link = 0; link < links; link++) {
                client.attachSender("s" + link, link, "/queues/unfinished");
            }
            try {
                for (int i = 0; i < TestAmqp.SETTINGS.maxMessageSize() / chunk.length; i++) {
                    for (int link = 0; link < links; link++) {
                        client.transfer(
                                chunk,
                                Unsigned.ofInt(link),
                                Unsigned.ofInt(link),
                                V1Client.tag(link),
                                Unsigned.ofInt(0),
                                false,
                                true);
                    }
                }
            } catch (IOException closed) {
                // told below
            }
            assertThat(client.await(Performative.Close.class).error().condition())
                    .isEqualTo("amqp:resource-limit-exceeded");
        }
    }
}
