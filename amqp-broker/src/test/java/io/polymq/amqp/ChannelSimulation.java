package io.polymq.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.GetResponse;
import io.polymq.amqp.QueuesModel.Held;
import io.polymq.amqp.QueuesModel.Taker;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Channels that publish, get, consume, settle, close, on queues that expire, overflow and
 * dead-letter in loops, one random step after the other; each is done to a model as well and what
 * the client sees is compared: which message, in which order, its redelivered flag, its deaths,
 * what is left.
 */
final class ChannelSimulation {

    private static final String WORK = "work";
    private static final String RETRY = "retry";
    private static final String DEAD = "dead";
    private static final String SHORT = "short";
    private static final String LOOP = "loop";
    private static final String LOOP_BACK = "loop-back";
    private static final int CHANNELS = 3;

    /** A delivery that is not settled, by its tag. */
    private record Unsettled(Held held, @Nullable Taker by) {}

    private static final class Open {
        Channel channel;
        final TreeMap<Long, Unsettled> unsettled = new TreeMap<>();
        @Nullable String consumes;
        String tag = "";
        BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();

        Open(Channel channel) {
            this.channel = channel;
        }
    }

    private final String prefix;
    private final boolean durable;
    private final Random random;
    private final Connection connection;
    private final Channel asking;
    private final QueuesModel model = new QueuesModel();
    private final List<Open> open = new ArrayList<>();
    private int published;

    ChannelSimulation(Connection connection, long seed, boolean durable) throws Exception {
        this.prefix = "sim-" + durable + "-" + seed + "-";
        this.durable = durable;
        this.random = new Random(seed);
        this.connection = connection;
        this.asking = connection.createChannel();
        asking.confirmSelect();
        declare(WORK, RETRY, false, -1);
        declare(RETRY, WORK, true, -1);
        declare(DEAD, null, false, -1);
        declare(SHORT, DEAD, false, 3);
        declare(LOOP, LOOP_BACK, true, -1);
        declare(LOOP_BACK, LOOP, true, -1);
        for (int i = 0; i < CHANNELS; i++) {
            open.add(new Open(connection.createChannel()));
        }
    }

    private void declare(String name, @Nullable String deadLetters, boolean expires, int most)
            throws Exception {
        Map<String, Object> arguments = new HashMap<>();
        if (deadLetters != null) {
            arguments.put("x-dead-letter-exchange", "");
            arguments.put("x-dead-letter-routing-key", prefix + deadLetters);
        }
        if (expires) {
            arguments.put("x-message-ttl", 1);
        }
        if (most >= 0) {
            arguments.put("x-max-length", most);
        }
        asking.queueDeclare(prefix + name, durable, !durable, false, arguments);
        model.queue(name, deadLetters, expires, most);
    }

    void run(int steps) throws Exception {
        for (int i = 0; i < steps; i++) {
            step();
            catchUp();
        }
        for (String queue : model.names()) {
            asking.queueDelete(prefix + queue);
        }
        for (Open one : open) {
            one.channel.close();
        }
        asking.close();
    }

    private void step() throws Exception {
        Open one = open.get(random.nextInt(CHANNELS));
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3 -> publish(WORK, 1 + random.nextInt(4));
            case 4 -> publish(SHORT, 1 + random.nextInt(5));
            case 5 -> publish(LOOP, 1);
            case 6, 7, 8 -> get(one, WORK);
            case 9 -> get(one, SHORT);
            case 10 -> get(one, DEAD);
            case 11, 12 -> ack(one);
            case 13, 14 -> nack(one, true);
            case 15 -> nack(one, false);
            case 16 -> closeAndOpen(one);
            case 17 -> recover(one);
            case 18 -> consumeOrCancel(one);
            default -> rarely();
        }
    }

    private void rarely() throws Exception {
        String queue = random.nextBoolean() ? SHORT : DEAD;
        if (random.nextInt(4) == 0) {
            same("purged of " + queue, model.purge(queue), purge(queue));
        }
    }

    private int purge(String queue) throws Exception {
        return asking.queuePurge(prefix + queue).getMessageCount();
    }

    private void publish(String queue, int number) throws Exception {
        for (int i = 0; i < number; i++) {
            int id = published++;
            AMQP.BasicProperties properties =
                    new AMQP.BasicProperties.Builder().deliveryMode(durable ? 2 : 1).build();
            asking.basicPublish(
                    "",
                    prefix + queue,
                    properties,
                    Integer.toString(id).getBytes(StandardCharsets.UTF_8));
            model.publish(queue, id);
        }
        asking.waitForConfirmsOrDie(10_000);
    }

    private void get(Open by, String queue) throws Exception {
        Held expected = model.get(queue);
        GetResponse got = by.channel.basicGet(prefix + queue, false);
        if (expected == null || got == null) {
            same("a get from " + queue, expected == null, got == null);
            return;
        }
        check(expected, got.getEnvelope(), got.getProps(), got.getBody());
        same("left in " + queue, model.ready(queue), got.getMessageCount());
        by.unsettled.put(got.getEnvelope().getDeliveryTag(), new Unsettled(expected, null));
    }

    private static void check(
            Held expected, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
        same(
                "the message",
                expected.id,
                Integer.parseInt(new String(body, StandardCharsets.UTF_8)));
        same("redelivered of " + expected.id, expected.redelivered, envelope.isRedeliver());
        Map<String, Integer> deaths = new TreeMap<>();
        Map<String, Object> headers = properties.getHeaders();
        if (headers != null && headers.get("x-death") instanceof List<?> entries) {
            for (Object entry : entries) {
                Map<?, ?> death = (Map<?, ?>) entry;
                String queue = death.get("queue").toString();
                deaths.put(
                        queue.substring(queue.indexOf('-', queue.indexOf('-', 4) + 1) + 1)
                                + '/'
                                + death.get("reason"),
                        ((Number) death.get("count")).intValue());
            }
        }
        same("deaths of " + expected.id, expected.deaths, deaths);
    }

    private static void same(String what, Object expected, Object found) {
        if (!expected.equals(found)) {
            throw new AssertionError(what + ": expected " + expected + ", found " + found);
        }
    }

    /** One of them, or all up to one. */
    private Map<Long, Unsettled> some(Open one, long tag, boolean multiple) {
        Map<Long, Unsettled> taken =
                multiple
                        ? new TreeMap<>(one.unsettled.headMap(tag, true))
                        : Map.of(tag, one.unsettled.get(tag));
        taken.keySet().forEach(one.unsettled::remove);
        return taken;
    }

    private long anyTag(Open one) {
        List<Long> tags = List.copyOf(one.unsettled.keySet());
        return tags.get(random.nextInt(tags.size()));
    }

    private void ack(Open one) throws Exception {
        if (one.unsettled.isEmpty()) {
            return;
        }
        long tag = anyTag(one);
        boolean multiple = random.nextBoolean();
        one.channel.basicAck(tag, multiple);
        for (Unsettled settled : some(one, tag, multiple).values()) {
            free(settled);
        }
        settleOn(one);
    }

    private void free(Unsettled settled) {
        if (settled.by() != null) {
            model.settled(settled.held(), settled.by());
        }
    }

    private void nack(Open one, boolean requeue) throws Exception {
        if (one.unsettled.isEmpty()) {
            return;
        }
        long tag = anyTag(one);
        Unsettled chosen = one.unsettled.get(tag);
        // Back in a full queue it is dropped or delivered again: what comes first is chance.
        if (requeue && chosen.by() != null && model.isFull(chosen.held().queue)) {
            return;
        }
        // One that is consumed comes back at once: several would leave the order to chance.
        boolean multiple = random.nextBoolean() && one.consumes == null && consumed() == 0;
        one.channel.basicNack(tag, multiple, requeue);
        Map<Long, Unsettled> taken = some(one, tag, multiple);
        if (requeue) {
            back(taken);
        } else {
            for (Unsettled settled : taken.values()) {
                model.reject(settled.held());
                free(settled);
            }
        }
        settleOn(one);
    }

    private long consumed() {
        return open.stream().filter(one -> one.consumes != null).count();
    }

    /** A consumer has room for more only when what it held is back, and cut to the length. */
    private void back(Map<Long, Unsettled> taken) {
        model.giveBack(taken.values().stream().map(Unsettled::held).toList());
        taken.values().forEach(this::free);
    }

    /** The broker has read what was sent on the channel. */
    private static void settleOn(Open one) throws Exception {
        one.channel.basicQos(0);
    }

    private void closeAndOpen(Open one) throws Exception {
        stopConsuming(one);
        one.channel.close();
        Map<Long, Unsettled> taken = new TreeMap<>(one.unsettled);
        one.unsettled.clear();
        back(taken);
        one.channel = connection.createChannel();
    }

    private void recover(Open one) throws Exception {
        stopConsuming(one);
        one.channel.basicRecover(true);
        Map<Long, Unsettled> taken = new TreeMap<>(one.unsettled);
        one.unsettled.clear();
        back(taken);
    }

    private void consumeOrCancel(Open one) throws Exception {
        if (one.consumes != null) {
            stopConsuming(one);
            return;
        }
        String queue = random.nextBoolean() ? WORK : SHORT;
        if (model.taker(queue) != null) {
            return;
        }
        int prefetch = 1 + random.nextInt(4);
        one.channel.basicQos(prefetch);
        one.deliveries = new LinkedBlockingQueue<>();
        BlockingQueue<Delivery> into = one.deliveries;
        model.consume(queue, prefetch);
        one.tag =
                one.channel.basicConsume(
                        prefix + queue, false, (tag, delivery) -> into.add(delivery), tag -> {});
        one.consumes = queue;
    }

    private void stopConsuming(Open one) throws Exception {
        if (one.consumes != null) {
            one.channel.basicCancel(one.tag);
            model.cancel(one.consumes);
            one.consumes = null;
        }
    }

    /** Until the broker is where the model is. */
    private void catchUp() throws Exception {
        for (Open one : open) {
            Taker taker = one.consumes == null ? null : model.taker(one.consumes);
            while (taker != null && !taker.expected.isEmpty()) {
                Held expected = taker.expected.removeFirst();
                Delivery delivery = one.deliveries.poll(10, TimeUnit.SECONDS);
                if (delivery == null) {
                    throw new AssertionError("message " + expected.id + " was not delivered");
                }
                check(
                        expected,
                        delivery.getEnvelope(),
                        delivery.getProperties(),
                        delivery.getBody());
                one.unsettled.put(
                        delivery.getEnvelope().getDeliveryTag(), new Unsettled(expected, taker));
            }
        }
        for (String queue : model.names()) {
            long until = System.nanoTime() + 10_000_000_000L;
            int ready = count(queue);
            while (ready != model.ready(queue)) {
                if (System.nanoTime() > until) {
                    same("ready in " + queue, model.ready(queue), ready);
                }
                Thread.onSpinWait();
                ready = count(queue);
            }
        }
    }

    private int count(String queue) throws Exception {
        return asking.queueDeclarePassive(prefix + queue).getMessageCount();
    }
}
