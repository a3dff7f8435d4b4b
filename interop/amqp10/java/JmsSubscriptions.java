import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What JMS 2 promises of topics and their subscribers. */
final class JmsSubscriptions {

    private final JmsClient client;

    JmsSubscriptions(JmsClient client) {
        this.client = client;
    }

    void temporaryTopic() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    TemporaryTopic topic = session.createTemporaryTopic();
                    MessageConsumer one = session.createConsumer(topic);
                    MessageConsumer two = session.createConsumer(topic);
                    JmsClient.send(session, topic, "t");
                    Checks.same("t", JmsClient.text(one.receive(JmsClient.WAIT)));
                    Checks.same("t", JmsClient.text(two.receive(JmsClient.WAIT)));
                });
    }

    void topic() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(client.run() + "topic");
                    MessageConsumer one = session.createConsumer(topic);
                    MessageConsumer two = session.createConsumer(topic, "n > 1");
                    MessageProducer producer = session.createProducer(topic);
                    for (int i = 1; i <= 2; i++) {
                        TextMessage message = session.createTextMessage("m" + i);
                        message.setIntProperty("n", i);
                        producer.send(message);
                    }
                    Checks.same("m1", JmsClient.text(one.receive(JmsClient.WAIT)));
                    Message second = one.receive(JmsClient.WAIT);
                    Checks.same("m2", JmsClient.text(second));
                    Checks.same(topic, second.getJMSDestination());
                    Checks.same("m2", JmsClient.text(two.receive(JmsClient.WAIT)));
                    Checks.same(null, two.receive(JmsClient.NONE));
                });
    }

    void noLocal() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(client.run() + "nolocal");
                    MessageConsumer others = session.createConsumer(topic, null, true);
                    JmsClient.send(session, topic, "mine");
                    client.connected(
                            other -> {
                                Session its = other.createSession();
                                JmsClient.send(its, its.createTopic(client.run() + "nolocal"), "theirs");
                            });
                    Checks.same("theirs", JmsClient.text(others.receive(JmsClient.WAIT)));
                    Checks.same(null, others.receive(JmsClient.NONE));
                });
    }

    void durable() throws Exception {
        String id = client.run() + "client";
        String name = "kept";
        client.connected(
                id,
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(client.run() + "durable");
                    MessageConsumer first = session.createDurableSubscriber(topic, name);
                    JmsClient.send(session, topic, "one");
                    Checks.same("one", JmsClient.text(first.receive(JmsClient.WAIT)));
                    first.close();
                    JmsClient.send(session, topic, "two");
                });
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    JmsClient.send(session, session.createTopic(client.run() + "durable"), "three");
                });
        client.connected(
                id,
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(client.run() + "durable");
                    MessageConsumer again = session.createDurableSubscriber(topic, name);
                    Checks.same("two", JmsClient.text(again.receive(JmsClient.WAIT)));
                    Checks.same("three", JmsClient.text(again.receive(JmsClient.WAIT)));
                    again.close();
                    session.unsubscribe(name);
                    JmsClient.send(session, topic, "four");
                    MessageConsumer fresh = session.createDurableSubscriber(topic, name);
                    Checks.same(null, fresh.receive(JmsClient.NONE));
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

    void durableSelector() throws Exception {
        client.connected(
                client.run() + "selecting",
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(client.run() + "durable.selector");
                    MessageConsumer odd =
                            session.createDurableConsumer(topic, "odd", "n = 1 OR n = 3", false);
                    MessageProducer producer = session.createProducer(topic);
                    for (int i = 1; i <= 3; i++) {
                        TextMessage message = session.createTextMessage("m" + i);
                        message.setIntProperty("n", i);
                        producer.send(message);
                    }
                    Checks.same("m1", JmsClient.text(odd.receive(JmsClient.WAIT)));
                    Checks.same("m3", JmsClient.text(odd.receive(JmsClient.WAIT)));
                    Checks.same(null, odd.receive(JmsClient.NONE));
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
                    found.add(JmsClient.text(message));
                }
            }
        }
        Checks.same(null, one.receive(JmsClient.NONE));
        Checks.same(null, two.receive(JmsClient.NONE));
        Collections.sort(found);
        Checks.same(texts, found);
    }

    void shared() throws Exception {
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(client.run() + "shared");
                    MessageConsumer one = session.createSharedConsumer(topic, "group");
                    client.connected(
                            other -> {
                                Session its = other.createSession();
                                MessageConsumer two =
                                        its.createSharedConsumer(
                                                its.createTopic(client.run() + "shared"), "group");
                                JmsClient.send(session, topic, "a", "b", "c", "d");
                                each(one, two, List.of("a", "b", "c", "d"));
                            });
                });
    }

    void sharedDurable() throws Exception {
        String name = (client.run() + "sharedsub").replace('.', '-');
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(client.run() + "shared.durable");
                    MessageConsumer one = session.createSharedDurableConsumer(topic, name);
                    MessageConsumer two = session.createSharedDurableConsumer(topic, name);
                    JmsClient.send(session, topic, "a", "b", "c", "d");
                    each(one, two, List.of("a", "b", "c", "d"));
                    one.close();
                    two.close();
                    JmsClient.send(session, topic, "e");
                });
        client.connected(
                connection -> {
                    Session session = connection.createSession();
                    Topic topic = session.createTopic(client.run() + "shared.durable");
                    MessageConsumer again = session.createSharedDurableConsumer(topic, name);
                    Checks.same("e", JmsClient.text(again.receive(JmsClient.WAIT)));
                    again.close();
                    session.unsubscribe(name);
                });
    }
}
