import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import org.apache.qpid.jms.JmsConnectionFactory;

/**
 * Qpid JMS, connected for one check after the other.
 *
 * @param run begins the names of this run
 */
record JmsClient(JmsConnectionFactory factory, String run) {

    static final long WAIT = 10_000;
    static final long NONE = 300;

    static JmsClient of(String host, String port) {
        return new JmsClient(
                new JmsConnectionFactory("guest", "guest", "amqp://" + host + ":" + port),
                "jms" + Long.toString(System.nanoTime(), 36) + ".");
    }

    interface Use {
        void with(Connection connection) throws Exception;
    }

    void connected(String id, Use use) throws Exception {
        try (Connection connection = factory.createConnection()) {
            if (id != null) {
                connection.setClientID(id);
            }
            connection.start();
            use.with(connection);
        }
    }

    void connected(Use use) throws Exception {
        connected(null, use);
    }

    static String text(Message message) throws JMSException {
        return message == null ? null : ((TextMessage) message).getText();
    }

    static void send(Session session, jakarta.jms.Destination to, String... texts)
            throws JMSException {
        try (MessageProducer producer = session.createProducer(to)) {
            for (String text : texts) {
                producer.send(session.createTextMessage(text));
            }
        }
    }
}
