import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.protonj2.client.Client;
import org.apache.qpid.protonj2.client.Connection;
import org.apache.qpid.protonj2.client.ConnectionOptions;
import org.apache.qpid.protonj2.client.Delivery;
import org.apache.qpid.protonj2.client.DeliveryMode;
import org.apache.qpid.protonj2.client.DeliveryState;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.client.SenderOptions;
import org.apache.qpid.protonj2.client.Session;
import org.apache.qpid.protonj2.client.StreamReceiver;
import org.apache.qpid.protonj2.client.Tracker;
import org.apache.qpid.protonj2.client.exceptions.ClientException;

/** Apache Qpid's protonj2 client: AMQP 1.0 itself. */
public final class ProtonRound {

    private final Client client;
    private final String host;
    private final int port;
    private final String run = "proton" + Long.toString(System.nanoTime(), 36) + ".";

    private ProtonRound(Client client, String host, int port) {
        this.client = client;
        this.host = host;
        this.port = port;
    }

    public static void main(String[] args) {
        Checks checks = new Checks("protonj2-client");
        ProtonRound round = new ProtonRound(Client.create(), args[0], Integer.parseInt(args[1]));
        checks.check("send and receive", round::simple);
        checks.check("bodies of every kind", round::bodies);
        checks.check("sections and properties", round::sections);
        checks.check("outcomes", round::outcomes);
        checks.check("modified with annotations", round::modified);
        checks.check("settled in advance", round::settled);
        checks.check("credit and drain", round::drain);
        checks.check("a message of many frames", round::large);
        checks.check("a streamed message", round::streamed);
        checks.check("an anonymous sender", round::anonymous);
        checks.check("a dynamic node", round::dynamic);
        checks.check("a node that is not there", round::missing);
        checks.check("a transaction", round::transaction);
        checks.check("a selector", round::selector);
        checks.check("unroutable is released", round::unroutable);
        checks.check("over WebSocket, where it is served", () -> {
            String ws = System.getenv("POLYMQ_AMQP_WS_PORT");
            if (ws != null) {
                round.webSocket(Integer.parseInt(ws));
            }
        });
        checks.end();
    }

    private Connection connect() throws ClientException {
        return client.connect(host, port, new ConnectionOptions().user("guest").password("guest"));
    }

    private Tracker send(Sender sender, Message<?> message) throws ClientException {
        return sender.send(message).awaitSettlement(10, TimeUnit.SECONDS);
    }

    private static Delivery next(Receiver receiver) throws ClientException {
        Delivery delivery = receiver.receive(10, TimeUnit.SECONDS);
        Checks.that(delivery != null, "no delivery");
        return delivery;
    }

    private void simple() throws Exception {
        try (Connection connection = connect()) {
            Sender sender = connection.openSender(run + "simple");
            Tracker tracker = send(sender, Message.create("hello"));
            Checks.same(DeliveryState.Type.ACCEPTED, tracker.remoteState().getType());
            Receiver receiver = connection.openReceiver(run + "simple");
            Checks.same("hello", next(receiver).message().body());
        }
    }

    private void bodies() throws Exception {
        try (Connection connection = connect()) {
            Sender sender = connection.openSender(run + "bodies");
            Receiver receiver = connection.openReceiver(run + "bodies");
            send(sender, Message.create(new byte[] {1, 2}));
            Checks.same(new byte[] {1, 2}, next(receiver).message().body());
            send(sender, Message.create(Map.of("k", 1)));
            Checks.same(Map.of("k", 1), next(receiver).message().body());
            send(sender, Message.create(new ArrayList<>(List.of("a", 2L))));
            Object list = next(receiver).message().body();
            Checks.same(List.of("a", 2L), list);
            send(sender, Message.create((Object) 5L));
            Checks.same(5L, next(receiver).message().body());
        }
    }

    private void sections() throws Exception {
        try (Connection connection = connect()) {
            Sender sender = connection.openSender(run + "sections");
            Receiver receiver = connection.openReceiver(run + "sections");
            Message<String> message = Message.create("body");
            message.messageId("id")
                    .correlationId(java.util.UUID.nameUUIDFromBytes(new byte[] {1}))
                    .subject("subject")
                    .to("to")
                    .replyTo("reply")
                    .contentType("text/plain")
                    .contentEncoding("gzip")
                    .creationTime(1234)
                    .absoluteExpiryTime(Long.MAX_VALUE)
                    .groupId("g")
                    .groupSequence(7)
                    .replyToGroupId("rg")
                    .durable(true)
                    .priority((byte) 7)
                    .property("p", 1)
                    .annotation("x-opt-a", "b")
                    .footer("f", 1);
            send(sender, message);
            Message<?> back = next(receiver).message();
            Checks.same("body", back.body());
            Checks.same("id", back.messageId());
            Checks.same(java.util.UUID.nameUUIDFromBytes(new byte[] {1}), back.correlationId());
            Checks.same("subject", back.subject());
            Checks.same("to", back.to());
            Checks.same("reply", back.replyTo());
            Checks.same("text/plain", back.contentType());
            Checks.same("gzip", back.contentEncoding());
            Checks.same(1234L, back.creationTime());
            Checks.same(Long.MAX_VALUE, back.absoluteExpiryTime());
            Checks.same("g", back.groupId());
            Checks.same(7, back.groupSequence());
            Checks.same("rg", back.replyToGroupId());
            Checks.same(true, back.durable());
            Checks.same((byte) 7, back.priority());
            Checks.same(1, back.property("p"));
            Checks.same("b", back.annotation("x-opt-a"));
            Checks.same(1, back.footer("f"));
            Checks.same(true, back.firstAcquirer());
        }
    }

    private void outcomes() throws Exception {
        try (Connection connection = connect()) {
            Sender sender = connection.openSender(run + "outcomes");
            Receiver receiver =
                    connection.openReceiver(
                            run + "outcomes", new ReceiverOptions().autoAccept(false));
            send(sender, Message.create("a"));
            Delivery first = next(receiver);
            first.release();
            Delivery second = next(receiver);
            Checks.same(0L, second.message().deliveryCount());
            second.modified(true, false);
            Delivery third = next(receiver);
            Checks.same(1L, third.message().deliveryCount());
            third.reject("my:condition", "because");
            Checks.same(null, receiver.receive(300, TimeUnit.MILLISECONDS));
            send(sender, Message.create("b"));
            Delivery fourth = next(receiver);
            Checks.same("b", fourth.message().body());
            fourth.accept();
        }
        try (Connection connection = connect()) {
            Receiver receiver = connection.openReceiver(run + "outcomes");
            Checks.same(null, receiver.receive(300, TimeUnit.MILLISECONDS));
        }
    }

    private void modified() throws Exception {
        try (Connection connection = connect()) {
            Sender sender = connection.openSender(run + "modified");
            ReceiverOptions options = new ReceiverOptions().autoAccept(false).creditWindow(1);
            Receiver receiver = connection.openReceiver(run + "modified", options);
            send(sender, Message.create("a"));
            next(receiver)
                    .disposition(
                            DeliveryState.modified(true, false, Map.of("x-opt-seen", "yes")), true);
            Delivery again = next(receiver);
            Checks.same("yes", again.message().annotation("x-opt-seen"));
            again.disposition(DeliveryState.modified(true, true), true);
            // what is undeliverable here is a dead letter, and without a place for these gone
            Checks.same(null, receiver.receive(300, TimeUnit.MILLISECONDS));
            Receiver other = connection.openReceiver(run + "modified", options);
            Checks.same(null, other.receive(300, TimeUnit.MILLISECONDS));
        }
    }

    private void settled() throws Exception {
        try (Connection connection = connect()) {
            Sender sender =
                    connection.openSender(
                            run + "settled",
                            new SenderOptions().deliveryMode(DeliveryMode.AT_MOST_ONCE));
            for (int i = 0; i < 100; i++) {
                sender.send(Message.create("m" + i));
            }
            Receiver receiver =
                    connection.openReceiver(
                            run + "settled",
                            new ReceiverOptions().deliveryMode(DeliveryMode.AT_MOST_ONCE));
            for (int i = 0; i < 100; i++) {
                Delivery delivery = next(receiver);
                Checks.same("m" + i, delivery.message().body());
                Checks.same(true, delivery.remoteSettled());
            }
        }
    }

    private void drain() throws Exception {
        try (Connection connection = connect()) {
            Sender sender = connection.openSender(run + "drain");
            Receiver receiver =
                    connection.openReceiver(run + "drain", new ReceiverOptions().creditWindow(0));
            for (int i = 0; i < 5; i++) {
                send(sender, Message.create("m" + i));
            }
            Checks.same(null, receiver.receive(300, TimeUnit.MILLISECONDS));
            receiver.addCredit(3);
            for (int i = 0; i < 3; i++) {
                Checks.same("m" + i, next(receiver).message().body());
            }
            Checks.same(null, receiver.receive(300, TimeUnit.MILLISECONDS));
            receiver.addCredit(10);
            receiver.drain().get(10, TimeUnit.SECONDS);
            Checks.same("m3", next(receiver).message().body());
            Checks.same("m4", next(receiver).message().body());
            send(sender, Message.create("late"));
            Checks.same(null, receiver.receive(300, TimeUnit.MILLISECONDS));
            receiver.addCredit(1);
            Checks.same("late", next(receiver).message().body());
        }
    }

    private void large() throws Exception {
        byte[] body = new byte[2_000_000];
        new Random(3).nextBytes(body);
        ConnectionOptions small =
                new ConnectionOptions().user("guest").password("guest").maxFrameSize(4096);
        try (Connection connection = client.connect(host, port, small)) {
            Sender sender = connection.openSender(run + "large");
            send(sender, Message.create(body));
            Receiver receiver = connection.openReceiver(run + "large");
            Checks.that(
                    Arrays.equals(body, (byte[]) next(receiver).message().body()),
                    "the body has changed");
        }
    }

    private void streamed() throws Exception {
        try (Connection connection = connect()) {
            var sender = connection.openStreamSender(run + "streamed");
            var message = sender.beginMessage();
            try (var out =
                    message.body(
                            new org.apache.qpid.protonj2.client.OutputStreamOptions()
                                    .bodyLength(100_000))) {
                for (int i = 0; i < 10; i++) {
                    out.write(new byte[10_000]);
                    out.flush();
                }
            }
            message.tracker().awaitSettlement(10, TimeUnit.SECONDS);
            StreamReceiver receiver = connection.openStreamReceiver(run + "streamed");
            var delivery = receiver.receive(10, TimeUnit.SECONDS);
            Checks.same(100_000, delivery.message().body().readAllBytes().length);
            var aborted = sender.beginMessage();
            var out = aborted.rawOutputStream();
            out.write(new byte[5000]);
            out.flush();
            aborted.abort();
            Checks.same(null, receiver.receive(300, TimeUnit.MILLISECONDS));
        }
    }

    private void anonymous() throws Exception {
        try (Connection connection = connect()) {
            Receiver first = connection.openReceiver(run + "anon1");
            Receiver second = connection.openReceiver(run + "anon2");
            Sender sender = connection.openAnonymousSender();
            send(sender, Message.create("1").to(run + "anon1"));
            send(sender, Message.create("2").to("/queues/" + run + "anon2"));
            Checks.same("1", next(first).message().body());
            Checks.same("2", next(second).message().body());
        }
    }

    private void dynamic() throws Exception {
        try (Connection connection = connect()) {
            Receiver receiver = connection.openDynamicReceiver();
            String address = receiver.address();
            Checks.that(address != null && !address.isEmpty(), "no address");
            Sender sender = connection.openSender(address);
            send(sender, Message.create("m"));
            Checks.same("m", next(receiver).message().body());
        }
    }

    private void missing() throws Exception {
        try (Connection connection = connect()) {
            Checks.fails(
                    Exception.class,
                    () ->
                            connection
                                    .openReceiver("/queues/" + run + "missing")
                                    .openFuture()
                                    .get(10, TimeUnit.SECONDS));
            Checks.fails(
                    Exception.class,
                    () ->
                            connection
                                    .openSender("/exchanges/" + run + "missing/k")
                                    .openFuture()
                                    .get(10, TimeUnit.SECONDS));
            Checks.that(
                    connection.openSender(run + "still-fine").openFuture().get(10, TimeUnit.SECONDS)
                            != null,
                    "the connection is gone");
        }
    }

    private void transaction() throws Exception {
        try (Connection connection = connect()) {
            Session session = connection.openSession();
            Sender sender = session.openSender(run + "tx");
            Receiver receiver =
                    connection.openReceiver(
                            run + "tx", new ReceiverOptions().autoAccept(false));
            session.beginTransaction();
            sender.send(Message.create("no"));
            session.rollbackTransaction();
            session.beginTransaction();
            sender.send(Message.create("yes"));
            Checks.same(null, receiver.receive(300, TimeUnit.MILLISECONDS));
            session.commitTransaction();
            Delivery delivery = next(receiver);
            Checks.same("yes", delivery.message().body());
            delivery.accept();
        }
    }

    private void selector() throws Exception {
        try (Connection connection = connect()) {
            Sender sender = connection.openSender(run + "selector");
            for (int i = 0; i < 4; i++) {
                send(sender, Message.create("m" + i).property("n", i));
            }
            ReceiverOptions options = new ReceiverOptions();
            options.sourceOptions()
                    .filters(
                            Map.of(
                                    "jms-selector",
                                    new org.apache.qpid.protonj2.types.UnknownDescribedType(
                                            org.apache.qpid.protonj2.types.Symbol.valueOf(
                                                    "apache.org:selector-filter:string"),
                                            "n > 1 AND n < 3")));
            Receiver receiver = connection.openReceiver(run + "selector", options);
            Checks.that(
                    receiver.source().filters() != null
                            && receiver.source().filters().containsKey("jms-selector"),
                    "the filter is not echoed");
            Checks.same("m2", next(receiver).message().body());
            Checks.same(null, receiver.receive(300, TimeUnit.MILLISECONDS));
        }
    }

    private void unroutable() throws Exception {
        try (Connection connection = connect()) {
            Sender sender = connection.openSender("/exchanges/amq.direct/" + run + "none");
            Tracker tracker = send(sender, Message.create("m"));
            Checks.same(DeliveryState.Type.RELEASED, tracker.remoteState().getType());
        }
    }

    private void webSocket(int wsPort) throws Exception {
        ConnectionOptions options = new ConnectionOptions().user("guest").password("guest");
        options.transportOptions().useWebSockets(true).webSocketPath("/");
        try (Connection connection = client.connect(host, wsPort, options)) {
            Sender sender = connection.openSender(run + "ws");
            send(sender, Message.create("hello"));
            Checks.same("hello", next(connection.openReceiver(run + "ws")).message().body());
        }
    }
}
