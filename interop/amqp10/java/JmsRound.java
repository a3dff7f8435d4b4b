import jakarta.jms.BytesMessage;
import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.ObjectMessage;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import jakarta.jms.StreamMessage;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.jms.JmsConnectionFactory;

/** Apache Qpid JMS: what JMS 2 promises. */
public final class JmsRound {

    private static final long WAIT = 10_000;
    private static final long NONE = 300;

    private final JmsConnectionFactory factory;
    private final String run = "jms" + Long.toString(System.nanoTime(), 36) + ".";

    private JmsRound(JmsConnectionFactory factory) {
        this.factory = factory;
    }

    public static void main(String[] args) {
        Checks checks = new Checks("qpid-jms");
        JmsRound round =
                new JmsRound(
                        new JmsConnectionFactory(
                                "guest", "guest", "amqp://" + args[0] + ":" + args[1]));
        checks.check("messages of every kind", round::kinds);
        checks.check("headers and properties", round::headers);
        checks.check("a large message", round::large);
        checks.check("client acknowledgement and recover", round::recover);
        checks.check("a local transaction is committed", round::commit);
        checks.check("a local transaction is rolled back", round::rollback);
        checks.check("two transactions one after the other", round::twoTransactions);
        checks.check("a selector on a queue", round::selector);
        checks.check("an invalid selector is refused", round::badSelector);
        checks.check("a temporary queue and its end", round::temporaryQueue);
        checks.check("a temporary topic", round::temporaryTopic);
        checks.check("a topic and its subscribers", round::topic);
        checks.check("no local messages", round::noLocal);
        checks.check("a durable subscription", round::durable);
        checks.check("a durable subscription with a selector", round::durableSelector);
        checks.check("a shared subscription", round::shared);
        checks.check("a shared durable subscription", round::sharedDurable);
        checks.check("a priority is kept", round::priority);
        checks.check("a message expires", round::expiry);
        checks.check("a delivery is delayed", round::delay);
        checks.check("a queue is browsed", round::browser);
        checks.check("an unidentified producer", round::anonymous);
        checks.check("asynchronous sending", round::completion);
        checks.check("a listener", round::listener);
        checks.check("a message that is not taken comes to another", round::handedOn);
        checks.check("a thousand messages in order", round::order);
        checks.end();
    }

    private interface Use {
        void with(Connection connection) throws Exception;
    }

    private void connected(String id, Use use) throws Exception {
        try (Connection connection = factory.createConnection()) {
            if (id != null) {
                connection.setClientID(id);
            }
            connection.start();
            use.with(connection);
        }
    }

    private void connected(Use use) throws Exception {
        connected(null, use);
    }

    private static String text(Message message) throws JMSException {
        return message == null ? null : ((TextMessage) message).getText();
    }

    private static void send(Session session, jakarta.jms.Destination to, String... texts)
            throws JMSException {
        try (MessageProducer producer = session.createProducer(to)) {
            for (String text : texts) {
                producer.send(session.createTextMessage(text));
            }
        }
    }

    private void kinds() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(run + "kinds");
                    MessageProducer producer = session.createProducer(queue);
                    producer.send(session.createTextMessage("grüße"));
                    BytesMessage bytes = session.createBytesMessage();
                    bytes.writeBytes(new byte[] {1, 2, 3});
                    producer.send(bytes);
                    MapMessage map = session.createMapMessage();
                    map.setInt("a", 1);
                    map.setString("b", "x");
                    map.setBytes("c", new byte[] {9});
                    producer.send(map);
                    StreamMessage stream = session.createStreamMessage();
                    stream.writeLong(5);
                    stream.writeString("s");
                    producer.send(stream);
                    ObjectMessage object = session.createObjectMessage();
                    object.setObject(new ArrayList<>(List.of("o")));
                    producer.send(object);
                    producer.send(session.createMessage());

                    MessageConsumer consumer = session.createConsumer(queue);
                    Checks.same("grüße", text(consumer.receive(WAIT)));
                    BytesMessage bytesBack = (BytesMessage) consumer.receive(WAIT);
                    byte[] three = new byte[(int) bytesBack.getBodyLength()];
                    bytesBack.readBytes(three);
                    Checks.same(new byte[] {1, 2, 3}, three);
                    MapMessage mapBack = (MapMessage) consumer.receive(WAIT);
                    Checks.same(1, mapBack.getInt("a"));
                    Checks.same("x", mapBack.getString("b"));
                    Checks.same(new byte[] {9}, mapBack.getBytes("c"));
                    StreamMessage streamBack = (StreamMessage) consumer.receive(WAIT);
                    Checks.same(5L, streamBack.readLong());
                    Checks.same("s", streamBack.readString());
                    ObjectMessage objectBack = (ObjectMessage) consumer.receive(WAIT);
                    Checks.that(objectBack != null, "the object message is lost");
                    Checks.that(consumer.receive(WAIT) != null, "the empty message is lost");
                });
    }

    private void headers() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(run + "headers");
                    TextMessage message = session.createTextMessage("t");
                    message.setJMSCorrelationID("corr");
                    message.setJMSType("type");
                    message.setJMSReplyTo(session.createQueue(run + "answers"));
                    message.setBooleanProperty("bool", true);
                    message.setByteProperty("byte", (byte) 1);
                    message.setShortProperty("short", (short) 2);
                    message.setIntProperty("int", 3);
                    message.setLongProperty("long", 4);
                    message.setFloatProperty("float", 5.5f);
                    message.setDoubleProperty("double", 6.5);
                    message.setStringProperty("string", "seven");
                    message.setStringProperty("JMSXGroupID", "g");
                    message.setIntProperty("JMSXGroupSeq", 8);
                    MessageProducer producer = session.createProducer(queue);
                    producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
                    producer.send(message);
                    Message back = session.createConsumer(queue).receive(WAIT);
                    Checks.same(message.getJMSMessageID(), back.getJMSMessageID());
                    Checks.same(message.getJMSTimestamp(), back.getJMSTimestamp());
                    Checks.same("corr", back.getJMSCorrelationID());
                    Checks.same("type", back.getJMSType());
                    Checks.same(queue, back.getJMSDestination());
                    Checks.same(run + "answers", ((Queue) back.getJMSReplyTo()).getQueueName());
                    Checks.same(DeliveryMode.NON_PERSISTENT, back.getJMSDeliveryMode());
                    Checks.same(true, back.getObjectProperty("bool"));
                    Checks.same((byte) 1, back.getObjectProperty("byte"));
                    Checks.same((short) 2, back.getObjectProperty("short"));
                    Checks.same(3, back.getObjectProperty("int"));
                    Checks.same(4L, back.getObjectProperty("long"));
                    Checks.same(5.5f, back.getObjectProperty("float"));
                    Checks.same(6.5, back.getObjectProperty("double"));
                    Checks.same("seven", back.getObjectProperty("string"));
                    Checks.same("g", back.getStringProperty("JMSXGroupID"));
                    Checks.same(8, back.getIntProperty("JMSXGroupSeq"));
                    Checks.same(1, back.getIntProperty("JMSXDeliveryCount"));
                    Checks.same(false, back.getJMSRedelivered());
                });
    }

    private void large() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(run + "large");
                    byte[] body = new byte[3_000_000];
                    new Random(1).nextBytes(body);
                    BytesMessage message = session.createBytesMessage();
                    message.writeBytes(body);
                    session.createProducer(queue).send(message);
                    BytesMessage back =
                            (BytesMessage) session.createConsumer(queue).receive(WAIT);
                    byte[] read = new byte[(int) back.getBodyLength()];
                    back.readBytes(read);
                    Checks.that(Arrays.equals(body, read), "the body has changed");
                });
    }

    private void recover() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
                    Queue queue = session.createQueue(run + "recover");
                    send(session, queue, "a", "b");
                    MessageConsumer consumer = session.createConsumer(queue);
                    Checks.same("a", text(consumer.receive(WAIT)));
                    session.recover();
                    Message again = consumer.receive(WAIT);
                    Checks.same("a", text(again));
                    Checks.same(true, again.getJMSRedelivered());
                    Checks.same(2, again.getIntProperty("JMSXDeliveryCount"));
                    Message second = consumer.receive(WAIT);
                    Checks.same("b", text(second));
                    second.acknowledge();
                    Checks.same(null, consumer.receive(NONE));
                });
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Checks.same(
                            null,
                            session.createConsumer(session.createQueue(run + "recover"))
                                    .receive(NONE));
                });
    }

    private void commit() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession(Session.SESSION_TRANSACTED);
                    Session other = connection.createSession();
                    Queue from = session.createQueue(run + "commit.from");
                    Queue to = session.createQueue(run + "commit.to");
                    send(other, from, "in");
                    MessageConsumer watching = other.createConsumer(to);
                    Checks.same("in", text(session.createConsumer(from).receive(WAIT)));
                    send(session, to, "out");
                    Checks.same(null, watching.receive(NONE));
                    session.commit();
                    Checks.same("out", text(watching.receive(WAIT)));
                });
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Checks.same(
                            null,
                            session.createConsumer(session.createQueue(run + "commit.from"))
                                    .receive(NONE));
                });
    }

    private void rollback() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession(Session.SESSION_TRANSACTED);
                    Session other = connection.createSession();
                    Queue from = session.createQueue(run + "rollback.from");
                    Queue to = session.createQueue(run + "rollback.to");
                    send(other, from, "in");
                    MessageConsumer consumer = session.createConsumer(from);
                    Checks.same("in", text(consumer.receive(WAIT)));
                    send(session, to, "out");
                    session.rollback();
                    Checks.same(null, other.createConsumer(to).receive(NONE));
                    Message again = consumer.receive(WAIT);
                    Checks.same("in", text(again));
                    Checks.same(true, again.getJMSRedelivered());
                    session.commit();
                    Checks.same(null, consumer.receive(NONE));
                });
    }

    private void twoTransactions() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession(Session.SESSION_TRANSACTED);
                    Queue queue = session.createQueue(run + "two");
                    MessageConsumer consumer = session.createConsumer(queue);
                    for (String text : List.of("first", "second", "third")) {
                        send(session, queue, text);
                        session.commit();
                        Checks.same(text, text(consumer.receive(WAIT)));
                        session.commit();
                    }
                });
    }

    private void selector() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(run + "selector");
                    MessageProducer producer = session.createProducer(queue);
                    for (int i = 0; i < 6; i++) {
                        TextMessage message = session.createTextMessage("m" + i);
                        message.setIntProperty("n", i);
                        message.setStringProperty("color", i % 2 == 0 ? "red" : "blue");
                        producer.send(message);
                    }
                    MessageConsumer red =
                            session.createConsumer(queue, "color = 'red' AND n BETWEEN 1 AND 4");
                    Checks.same("m2", text(red.receive(WAIT)));
                    Checks.same("m4", text(red.receive(WAIT)));
                    Checks.same(null, red.receive(NONE));
                    red.close();
                    MessageConsumer all = session.createConsumer(queue);
                    for (String left : List.of("m0", "m1", "m3", "m5")) {
                        Checks.same(left, text(all.receive(WAIT)));
                    }
                });
    }

    private void badSelector() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(run + "bad");
                    Checks.fails(
                            JMSException.class, () -> session.createConsumer(queue, "n = = 1"));
                });
    }

    private void temporaryQueue() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue requests = session.createQueue(run + "requests");
                    TemporaryQueue answers = session.createTemporaryQueue();
                    MessageConsumer waiting = session.createConsumer(answers);
                    TextMessage request = session.createTextMessage("ping");
                    request.setJMSReplyTo(answers);
                    session.createProducer(requests).send(request);
                    connected(
                            server -> {
                                Session serving = server.createSession();
                                Message asked =
                                        serving.createConsumer(serving.createQueue(run + "requests"))
                                                .receive(WAIT);
                                Checks.same("ping", text(asked));
                                send(serving, asked.getJMSReplyTo(), "pong");
                            });
                    Checks.same("pong", text(waiting.receive(WAIT)));
                    waiting.close();
                    answers.delete();
                    Checks.fails(
                            JMSException.class,
                            () -> {
                                send(session, answers, "late");
                                return null;
                            });
                });
    }

    private void temporaryTopic() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    TemporaryTopic topic = session.createTemporaryTopic();
                    MessageConsumer one = session.createConsumer(topic);
                    MessageConsumer two = session.createConsumer(topic);
                    send(session, topic, "t");
                    Checks.same("t", text(one.receive(WAIT)));
                    Checks.same("t", text(two.receive(WAIT)));
                });
    }

    private void topic() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(run + "topic");
                    MessageConsumer one = session.createConsumer(topic);
                    MessageConsumer two = session.createConsumer(topic, "n > 1");
                    MessageProducer producer = session.createProducer(topic);
                    for (int i = 1; i <= 2; i++) {
                        TextMessage message = session.createTextMessage("m" + i);
                        message.setIntProperty("n", i);
                        producer.send(message);
                    }
                    Checks.same("m1", text(one.receive(WAIT)));
                    Message second = one.receive(WAIT);
                    Checks.same("m2", text(second));
                    Checks.same(topic, second.getJMSDestination());
                    Checks.same("m2", text(two.receive(WAIT)));
                    Checks.same(null, two.receive(NONE));
                });
    }

    private void noLocal() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(run + "nolocal");
                    MessageConsumer others = session.createConsumer(topic, null, true);
                    send(session, topic, "mine");
                    connected(
                            other -> {
                                Session its = other.createSession();
                                send(its, its.createTopic(run + "nolocal"), "theirs");
                            });
                    Checks.same("theirs", text(others.receive(WAIT)));
                    Checks.same(null, others.receive(NONE));
                });
    }

    private void durable() throws Exception {
        String id = run + "client";
        String name = "kept";
        connected(
                id,
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(run + "durable");
                    MessageConsumer first = session.createDurableSubscriber(topic, name);
                    send(session, topic, "one");
                    Checks.same("one", text(first.receive(WAIT)));
                    first.close();
                    send(session, topic, "two");
                });
        connected(
                connection -> {
                    Session session = connection.createSession();
                    send(session, session.createTopic(run + "durable"), "three");
                });
        connected(
                id,
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(run + "durable");
                    MessageConsumer again = session.createDurableSubscriber(topic, name);
                    Checks.same("two", text(again.receive(WAIT)));
                    Checks.same("three", text(again.receive(WAIT)));
                    again.close();
                    session.unsubscribe(name);
                    send(session, topic, "four");
                    MessageConsumer fresh = session.createDurableSubscriber(topic, name);
                    Checks.same(null, fresh.receive(NONE));
                    fresh.close();
                    session.unsubscribe(name);
                    Checks.fails(
                            JMSException.class,
                            () -> {
                                session.unsubscribe("never-was");
                                return null;
                            });
                });
    }

    private void durableSelector() throws Exception {
        connected(
                run + "selecting",
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(run + "durable.selector");
                    MessageConsumer odd =
                            session.createDurableConsumer(topic, "odd", "n = 1 OR n = 3", false);
                    MessageProducer producer = session.createProducer(topic);
                    for (int i = 1; i <= 3; i++) {
                        TextMessage message = session.createTextMessage("m" + i);
                        message.setIntProperty("n", i);
                        producer.send(message);
                    }
                    Checks.same("m1", text(odd.receive(WAIT)));
                    Checks.same("m3", text(odd.receive(WAIT)));
                    Checks.same(null, odd.receive(NONE));
                    odd.close();
                    session.unsubscribe("odd");
                });
    }

    /** Each message to one of both; returns when all have come. */
    private static void each(MessageConsumer one, MessageConsumer two, List<String> texts)
            throws JMSException {
        List<String> found = new ArrayList<>();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (found.size() < texts.size() && System.nanoTime() < end) {
            for (MessageConsumer consumer : List.of(one, two)) {
                Message message = consumer.receive(50);
                if (message != null) {
                    found.add(text(message));
                }
            }
        }
        Checks.same(null, one.receive(NONE));
        Checks.same(null, two.receive(NONE));
        Collections.sort(found);
        Checks.same(texts, found);
    }

    private void shared() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(run + "shared");
                    MessageConsumer one = session.createSharedConsumer(topic, "group");
                    connected(
                            other -> {
                                Session its = other.createSession();
                                MessageConsumer two =
                                        its.createSharedConsumer(
                                                its.createTopic(run + "shared"), "group");
                                send(session, topic, "a", "b", "c", "d");
                                each(one, two, List.of("a", "b", "c", "d"));
                            });
                });
    }

    private void sharedDurable() throws Exception {
        String name = (run + "sharedsub").replace('.', '-');
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(run + "shared.durable");
                    MessageConsumer one = session.createSharedDurableConsumer(topic, name);
                    MessageConsumer two = session.createSharedDurableConsumer(topic, name);
                    send(session, topic, "a", "b", "c", "d");
                    each(one, two, List.of("a", "b", "c", "d"));
                    one.close();
                    two.close();
                    send(session, topic, "e");
                });
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(run + "shared.durable");
                    MessageConsumer again = session.createSharedDurableConsumer(topic, name);
                    Checks.same("e", text(again.receive(WAIT)));
                    again.close();
                    session.unsubscribe(name);
                });
    }

    private void priority() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(run + "priority");
                    MessageProducer producer = session.createProducer(queue);
                    producer.setPriority(8);
                    producer.send(session.createTextMessage("high"));
                    Message back = session.createConsumer(queue).receive(WAIT);
                    Checks.same(8, back.getJMSPriority());
                });
    }

    private void expiry() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(run + "expiry");
                    MessageProducer producer = session.createProducer(queue);
                    producer.setTimeToLive(50);
                    producer.send(session.createTextMessage("short"));
                    producer.setTimeToLive(60_000);
                    producer.send(session.createTextMessage("long"));
                    Thread.sleep(300);
                    Message back = session.createConsumer(queue).receive(WAIT);
                    Checks.same("long", text(back));
                    Checks.that(back.getJMSExpiration() > 0, "no expiration");
                });
    }

    private void delay() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(run + "delay");
                    MessageConsumer consumer = session.createConsumer(queue);
                    MessageProducer producer = session.createProducer(queue);
                    producer.setDeliveryDelay(1500);
                    long sent = System.nanoTime();
                    producer.send(session.createTextMessage("later"));
                    producer.setDeliveryDelay(0);
                    producer.send(session.createTextMessage("now"));
                    Checks.same("now", text(consumer.receive(WAIT)));
                    Checks.same("later", text(consumer.receive(WAIT)));
                    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sent);
                    Checks.that(millis >= 1400, "it came after " + millis + " ms");
                });
    }

    private void browser() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(run + "browser");
                    send(session, queue, "a", "b", "c");
                    QueueBrowser browser = session.createBrowser(queue);
                    List<String> seen = new ArrayList<>();
                    for (Object message : Collections.list(browser.getEnumeration())) {
                        seen.add(text((Message) message));
                    }
                    browser.close();
                    Checks.same(List.of("a", "b", "c"), seen);
                    MessageConsumer consumer = session.createConsumer(queue);
                    for (String text : seen) {
                        Checks.same(text, text(consumer.receive(WAIT)));
                    }
                });
    }

    private void anonymous() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(run + "anonymous");
                    Topic topic = session.createTopic(run + "anonymous.topic");
                    MessageConsumer subscriber = session.createConsumer(topic);
                    MessageConsumer consumer = session.createConsumer(queue);
                    MessageProducer producer = session.createProducer(null);
                    producer.send(queue, session.createTextMessage("q"));
                    producer.send(topic, session.createTextMessage("t"));
                    Checks.same("q", text(consumer.receive(WAIT)));
                    Checks.same("t", text(subscriber.receive(WAIT)));
                });
    }

    private void completion() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(run + "completion");
                    MessageProducer producer = session.createProducer(queue);
                    CountDownLatch done = new CountDownLatch(200);
                    List<Exception> failures = Collections.synchronizedList(new ArrayList<>());
                    for (int i = 0; i < 200; i++) {
                        producer.send(
                                session.createTextMessage("m" + i),
                                new CompletionListener() {
                                    @Override
                                    public void onCompletion(Message message) {
                                        done.countDown();
                                    }

                                    @Override
                                    public void onException(Message message, Exception failure) {
                                        failures.add(failure);
                                        done.countDown();
                                    }
                                });
                    }
                    Checks.that(done.await(20, TimeUnit.SECONDS), "not all were settled");
                    Checks.same(List.of(), failures);
                });
    }

    private void listener() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Session sending = connection.createSession();
                    Queue queue = session.createQueue(run + "listener");
                    CountDownLatch come = new CountDownLatch(50);
                    session.createConsumer(queue).setMessageListener(message -> come.countDown());
                    for (int i = 0; i < 50; i++) {
                        send(sending, queue, "m" + i);
                    }
                    Checks.that(come.await(10, TimeUnit.SECONDS), "not all came");
                });
    }

    private void handedOn() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
                    Queue queue = session.createQueue(run + "handed");
                    send(session, queue, "a");
                    Checks.same("a", text(session.createConsumer(queue).receive(WAIT)));
                });
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Message again =
                            session.createConsumer(session.createQueue(run + "handed"))
                                    .receive(WAIT);
                    Checks.same("a", text(again));
                    Checks.same(true, again.getJMSRedelivered());
                });
    }

    private void order() throws Exception {
        connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(run + "order");
                    MessageConsumer consumer = session.createConsumer(queue);
                    MessageProducer producer = session.createProducer(queue);
                    producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
                    for (int i = 0; i < 1000; i++) {
                        producer.send(session.createTextMessage("m" + i));
                    }
                    for (int i = 0; i < 1000; i++) {
                        Checks.same("m" + i, text(consumer.receive(WAIT)));
                    }
                });
    }
}
