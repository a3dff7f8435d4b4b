import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.springframework.amqp.AmqpRejectAndDontRequeueException;
import org.springframework.amqp.core.Binding;
import org.springframework.amqp.core.BindingBuilder;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.core.QueueBuilder;
import org.springframework.amqp.core.TopicExchange;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.connection.CorrelationData;
import org.springframework.amqp.rabbit.core.RabbitAdmin;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.DirectMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;

/** Spring AMQP's template, administration and listener containers: java -cp JARS Spring.java HOST PORT. */
public class Spring {

    static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    public static void main(String[] args) throws Exception {
        CachingConnectionFactory factory =
                new CachingConnectionFactory(args[0], Integer.parseInt(args[1]));
        factory.setPublisherConfirmType(CachingConnectionFactory.ConfirmType.CORRELATED);
        factory.setPublisherReturns(true);
        try {
            RabbitAdmin admin = new RabbitAdmin(factory);
            RabbitTemplate template = new RabbitTemplate(factory);
            template.setMandatory(true);
            confirmsAndReturns(template);
            listen(admin, template, new SimpleMessageListenerContainer(factory), "simple");
            listen(admin, template, new DirectMessageListenerContainer(factory), "direct");
            sendAndReceive(admin, template, factory);
        } finally {
            factory.destroy();
        }
        System.exit(0);
    }

    static void confirmsAndReturns(RabbitTemplate template) throws Exception {
        CorrelationData lost = new CorrelationData("1");
        template.convertAndSend("", "spring-no-such-queue", "x", lost);
        check(lost.getFuture().get(10, TimeUnit.SECONDS).isAck(), "an unroutable message is confirmed");
        check(lost.getReturned() != null, "an unroutable message comes back");
        check(lost.getReturned().getReplyCode() == 312, "NO_ROUTE");
    }

    static void listen(
            RabbitAdmin admin,
            RabbitTemplate template,
            AbstractMessageListenerContainer container,
            String kind)
            throws Exception {
        TopicExchange exchange = new TopicExchange("spring-" + kind);
        Queue dead = QueueBuilder.durable("spring-dead-" + kind).quorum().build();
        Queue queue =
                QueueBuilder.durable("spring-" + kind)
                        .deadLetterExchange("")
                        .deadLetterRoutingKey(dead.getName())
                        .build();
        Binding binding = BindingBuilder.bind(queue).to(exchange).with("orders.#");
        admin.declareExchange(exchange);
        admin.declareQueue(dead);
        admin.declareQueue(queue);
        admin.declareBinding(binding);
        admin.purgeQueue(queue.getName(), false);

        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        container.setQueues(queue);
        container.setPrefetchCount(5);
        container.setDefaultRequeueRejected(true);
        container.setMessageListener(
                (MessageListener)
                        message -> {
                            String text = new String(message.getBody());
                            if (text.equals("bad")) {
                                throw new AmqpRejectAndDontRequeueException("bad");
                            }
                            if (text.equals("once") && !message.getMessageProperties().isRedelivered()) {
                                throw new IllegalStateException("again, please");
                            }
                            received.add(text);
                        });
        container.afterPropertiesSet();
        container.start();
        for (int i = 0; i < 50; i++) {
            template.convertAndSend(exchange.getName(), "orders.eu", "m" + i);
        }
        template.convertAndSend(exchange.getName(), "orders", "bad");
        template.convertAndSend(exchange.getName(), "orders.us.ca", "once");
        for (int i = 0; i < 50; i++) {
            check(("m" + i).equals(received.poll(10, TimeUnit.SECONDS)), "message " + i);
        }
        check("once".equals(received.poll(10, TimeUnit.SECONDS)), "a requeued message");
        Message letter = template.receive(dead.getName(), 10_000);
        check(letter != null && "bad".equals(new String(letter.getBody())), "a dead letter");
        List<Map<String, ?>> deaths = letter.getMessageProperties().getXDeathHeader();
        check("rejected".equals(deaths.get(0).get("reason")), "its reason");
        container.stop();
        check(admin.deleteQueue(queue.getName()) && admin.deleteQueue(dead.getName()), "deleted");
        admin.deleteExchange(exchange.getName());
    }

    static void sendAndReceive(RabbitAdmin admin, RabbitTemplate template, CachingConnectionFactory factory) {
        Queue requests = new Queue("spring-requests", false, false, true);
        admin.declareQueue(requests);
        DirectMessageListenerContainer container = new DirectMessageListenerContainer(factory);
        container.setQueues(requests);
        container.setMessageListener(
                new org.springframework.amqp.rabbit.listener.adapter.MessageListenerAdapter(
                        new Object() {
                            @SuppressWarnings("unused")
                            public String handleMessage(String text) {
                                return "re: " + text;
                            }
                        }));
        container.afterPropertiesSet();
        container.start();
        template.setMandatory(false);
        template.setReplyTimeout(10_000);
        check("re: hi".equals(template.convertSendAndReceive("", requests.getName(), "hi")), "an answer");
        container.stop();
    }
}
