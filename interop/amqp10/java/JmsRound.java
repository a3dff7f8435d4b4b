import jakarta.jms.BytesMessage;
import jakarta.jms.CompletionListener;
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
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Apache Qpid JMS: what JMS 2 promises. */
public final class JmsRound {

    private final JmsClient client;

    private JmsRound(JmsClient client) {
        this.client = client;
    }

    public static void main(String[] args) {
        Checks checks = new Checks("qpid-jms");
        JmsClient client = JmsClient.of(args[0], args[1]);
        JmsRound round = new JmsRound(client);
        JmsSubscriptions subscriptions = new JmsSubscriptions(client);
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
        checks.check("a temporary topic", subscriptions::temporaryTopic);
        checks.check("a topic and its subscribers", subscriptions::topic);
        checks.check("no local messages", subscriptions::noLocal);
        checks.check("a durable subscription", subscriptions::durable);
        checks.check("a durable subscription with a selector", subscriptions::durableSelector);
        checks.check("a shared subscription", subscriptions::shared);
        checks.check("a shared durable subscription", subscriptions::sharedDurable);
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

    private void kinds() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(client.run() + "kinds");
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
                    Checks.same("grüße", JmsClient.text(consumer.receive(JmsClient.WAIT)));
                    BytesMessage bytesBack = (BytesMessage) consumer.receive(JmsClient.WAIT);
                    byte[] three = new byte[(int) bytesBack.getBodyLength()];
                    bytesBack.readBytes(three);
                    Checks.same(new byte[] {1, 2, 3}, three);
                    MapMessage mapBack = (MapMessage) consumer.receive(JmsClient.WAIT);
                    Checks.same(1, mapBack.getInt("a"));
                    Checks.same("x", mapBack.getString("b"));
                    Checks.same(new byte[] {9}, mapBack.getBytes("c"));
                    StreamMessage streamBack = (StreamMessage) consumer.receive(JmsClient.WAIT);
                    Checks.same(5L, streamBack.readLong());
                    Checks.same("s", streamBack.readString());
                    ObjectMessage objectBack = (ObjectMessage) consumer.receive(JmsClient.WAIT);
                    Checks.that(objectBack != null, "the object message is lost");
                    Checks.that(consumer.receive(JmsClient.WAIT) != null, "the empty message is lost");
                });
    }

    private void headers() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(client.run() + "headers");
                    TextMessage message = session.createTextMessage("t");
                    message.setJMSCorrelationID("corr");
                    message.setJMSType("type");
                    message.setJMSReplyTo(session.createQueue(client.run() + "answers"));
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
                    Message back = session.createConsumer(queue).receive(JmsClient.WAIT);
                    Checks.same(message.getJMSMessageID(), back.getJMSMessageID());
                    Checks.same(message.getJMSTimestamp(), back.getJMSTimestamp());
                    Checks.same("corr", back.getJMSCorrelationID());
                    Checks.same("type", back.getJMSType());
                    Checks.same(queue, back.getJMSDestination());
                    Checks.same(client.run() + "answers", ((Queue) back.getJMSReplyTo()).getQueueName());
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
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(client.run() + "large");
                    byte[] body = new byte[3_000_000];
                    new Random(1).nextBytes(body);
                    BytesMessage message = session.createBytesMessage();
                    message.writeBytes(body);
                    session.createProducer(queue).send(message);
                    BytesMessage back =
                            (BytesMessage) session.createConsumer(queue).receive(JmsClient.WAIT);
                    byte[] read = new byte[(int) back.getBodyLength()];
                    back.readBytes(read);
                    Checks.that(Arrays.equals(body, read), "the body has changed");
                });
    }

    private void recover() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
                    Queue queue = session.createQueue(client.run() + "recover");
                    JmsClient.send(session, queue, "a", "b");
                    MessageConsumer consumer = session.createConsumer(queue);
                    Checks.same("a", JmsClient.text(consumer.receive(JmsClient.WAIT)));
                    session.recover();
                    Message again = consumer.receive(JmsClient.WAIT);
                    Checks.same("a", JmsClient.text(again));
                    Checks.same(true, again.getJMSRedelivered());
                    Checks.same(2, again.getIntProperty("JMSXDeliveryCount"));
                    Message second = consumer.receive(JmsClient.WAIT);
                    Checks.same("b", JmsClient.text(second));
                    second.acknowledge();
                    Checks.same(null, consumer.receive(JmsClient.NONE));
                });
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Checks.same(
                            null,
                            session.createConsumer(session.createQueue(client.run() + "recover"))
                                    .receive(JmsClient.NONE));
                });
    }

    private void commit() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession(Session.SESSION_TRANSACTED);
                    Session other = connection.createSession();
                    Queue from = session.createQueue(client.run() + "commit.from");
                    Queue to = session.createQueue(client.run() + "commit.to");
                    JmsClient.send(other, from, "in");
                    MessageConsumer watching = other.createConsumer(to);
                    Checks.same("in", JmsClient.text(session.createConsumer(from).receive(JmsClient.WAIT)));
                    JmsClient.send(session, to, "out");
                    Checks.same(null, watching.receive(JmsClient.NONE));
                    session.commit();
                    Checks.same("out", JmsClient.text(watching.receive(JmsClient.WAIT)));
                });
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Checks.same(
                            null,
                            session.createConsumer(session.createQueue(client.run() + "commit.from"))
                                    .receive(JmsClient.NONE));
                });
    }

    private void rollback() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession(Session.SESSION_TRANSACTED);
                    Session other = connection.createSession();
                    Queue from = session.createQueue(client.run() + "rollback.from");
                    Queue to = session.createQueue(client.run() + "rollback.to");
                    JmsClient.send(other, from, "in");
                    MessageConsumer consumer = session.createConsumer(from);
                    Checks.same("in", JmsClient.text(consumer.receive(JmsClient.WAIT)));
                    JmsClient.send(session, to, "out");
                    session.rollback();
                    Checks.same(null, other.createConsumer(to).receive(JmsClient.NONE));
                    Message again = consumer.receive(JmsClient.WAIT);
                    Checks.same("in", JmsClient.text(again));
                    Checks.same(true, again.getJMSRedelivered());
                    session.commit();
                    Checks.same(null, consumer.receive(JmsClient.NONE));
                });
    }

    private void twoTransactions() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession(Session.SESSION_TRANSACTED);
                    Queue queue = session.createQueue(client.run() + "two");
                    MessageConsumer consumer = session.createConsumer(queue);
                    for (String text : List.of("first", "second", "third")) {
                        JmsClient.send(session, queue, text);
                        session.commit();
                        Checks.same(text, JmsClient.text(consumer.receive(JmsClient.WAIT)));
                        session.commit();
                    }
                });
    }

    private void selector() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(client.run() + "selector");
                    MessageProducer producer = session.createProducer(queue);
                    for (int i = 0; i < 6; i++) {
                        TextMessage message = session.createTextMessage("m" + i);
                        message.setIntProperty("n", i);
                        message.setStringProperty("color", i % 2 == 0 ? "red" : "blue");
                        producer.send(message);
                    }
                    MessageConsumer red =
                            session.createConsumer(queue, "color = 'red' AND n BETWEEN 1 AND 4");
                    Checks.same("m2", JmsClient.text(red.receive(JmsClient.WAIT)));
                    Checks.same("m4", JmsClient.text(red.receive(JmsClient.WAIT)));
                    Checks.same(null, red.receive(JmsClient.NONE));
                    red.close();
                    MessageConsumer all = session.createConsumer(queue);
                    for (String left : List.of("m0", "m1", "m3", "m5")) {
                        Checks.same(left, JmsClient.text(all.receive(JmsClient.WAIT)));
                    }
                });
    }

    private void badSelector() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(client.run() + "bad");
                    Checks.fails(
                            JMSException.class, () -> session.createConsumer(queue, "n = = 1"));
                });
    }

    private void temporaryQueue() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue requests = session.createQueue(client.run() + "requests");
                    TemporaryQueue answers = session.createTemporaryQueue();
                    MessageConsumer waiting = session.createConsumer(answers);
                    TextMessage request = session.createTextMessage("ping");
                    request.setJMSReplyTo(answers);
                    session.createProducer(requests).send(request);
                    client.connected(
                            server -> {
                                Session serving = server.createSession();
                                Message asked =
                                        serving.createConsumer(serving.createQueue(client.run() + "requests"))
                                                .receive(JmsClient.WAIT);
                                Checks.same("ping", JmsClient.text(asked));
                                JmsClient.send(serving, asked.getJMSReplyTo(), "pong");
                            });
                    Checks.same("pong", JmsClient.text(waiting.receive(JmsClient.WAIT)));
                    waiting.close();
                    answers.delete();
                    Checks.fails(
                            JMSException.class,
                            () -> {
                                JmsClient.send(session, answers, "late");
                                return null;
                            });
                });
    }

    private void priority() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(client.run() + "priority");
                    MessageProducer producer = session.createProducer(queue);
                    producer.setPriority(8);
                    producer.send(session.createTextMessage("high"));
                    Message back = session.createConsumer(queue).receive(JmsClient.WAIT);
                    Checks.same(8, back.getJMSPriority());
                });
    }

    private void expiry() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(client.run() + "expiry");
                    MessageProducer producer = session.createProducer(queue);
                    producer.setTimeToLive(50);
                    producer.send(session.createTextMessage("short"));
                    producer.setTimeToLive(60_000);
                    producer.send(session.createTextMessage("long"));
                    Thread.sleep(300);
                    Message back = session.createConsumer(queue).receive(JmsClient.WAIT);
                    Checks.same("long", JmsClient.text(back));
                    Checks.that(back.getJMSExpiration() > 0, "no expiration");
                });
    }

    private void delay() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(client.run() + "delay");
                    MessageConsumer consumer = session.createConsumer(queue);
                    MessageProducer producer = session.createProducer(queue);
                    producer.setDeliveryDelay(1500);
                    long sent = System.nanoTime();
                    producer.send(session.createTextMessage("later"));
                    producer.setDeliveryDelay(0);
                    producer.send(session.createTextMessage("now"));
                    Checks.same("now", JmsClient.text(consumer.receive(JmsClient.WAIT)));
                    Checks.same("later", JmsClient.text(consumer.receive(JmsClient.WAIT)));
                    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sent);
                    Checks.that(millis >= 1400, "it came after " + millis + " ms");
                });
    }

    private void browser() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(client.run() + "browser");
                    JmsClient.send(session, queue, "a", "b", "c");
                    QueueBrowser browser = session.createBrowser(queue);
                    List<String> seen = new ArrayList<>();
                    for (Object message : Collections.list(browser.getEnumeration())) {
                        seen.add(JmsClient.text((Message) message));
                    }
                    browser.close();
                    Checks.same(List.of("a", "b", "c"), seen);
                    MessageConsumer consumer = session.createConsumer(queue);
                    for (String text : seen) {
                        Checks.same(text, JmsClient.text(consumer.receive(JmsClient.WAIT)));
                    }
                });
    }

    private void anonymous() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(client.run() + "anonymous");
                    Topic topic = session.createTopic(client.run() + "anonymous.topic");
                    MessageConsumer subscriber = session.createConsumer(topic);
                    MessageConsumer consumer = session.createConsumer(queue);
                    MessageProducer producer = session.createProducer(null);
                    producer.send(queue, session.createTextMessage("q"));
                    producer.send(topic, session.createTextMessage("t"));
                    Checks.same("q", JmsClient.text(consumer.receive(JmsClient.WAIT)));
                    Checks.same("t", JmsClient.text(subscriber.receive(JmsClient.WAIT)));
                });
    }

    private void completion() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(client.run() + "completion");
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
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Session sending = connection.createSession();
                    Queue queue = session.createQueue(client.run() + "listener");
                    CountDownLatch come = new CountDownLatch(50);
                    session.createConsumer(queue).setMessageListener(message -> come.countDown());
                    for (int i = 0; i < 50; i++) {
                        JmsClient.send(sending, queue, "m" + i);
                    }
                    Checks.that(come.await(10, TimeUnit.SECONDS), "not all came");
                });
    }

    private void handedOn() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
                    Queue queue = session.createQueue(client.run() + "handed");
                    JmsClient.send(session, queue, "a");
                    Checks.same("a", JmsClient.text(session.createConsumer(queue).receive(JmsClient.WAIT)));
                });
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Message again =
                            session.createConsumer(session.createQueue(client.run() + "handed"))
                                    .receive(JmsClient.WAIT);
                    Checks.same("a", JmsClient.text(again));
                    Checks.same(true, again.getJMSRedelivered());
                });
    }

    private void order() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Queue queue = session.createQueue(client.run() + "order");
                    MessageConsumer consumer = session.createConsumer(queue);
                    MessageProducer producer = session.createProducer(queue);
                    producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
                    for (int i = 0; i < 1000; i++) {
                        producer.send(session.createTextMessage("m" + i));
                    }
                    for (int i = 0; i < 1000; i++) {
                        Checks.same("m" + i, JmsClient.text(consumer.receive(JmsClient.WAIT)));
                    }
                });
    }
}
