package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.GetResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Exchanges of every type and their bindings. With RabbitMQ's own Java client. */
class ExchangeTest extends ClientCase {

    @Test
    void anAutoDeleteExchangeGoesAfterItsLastBinding() throws Exception {
        channel.exchangeDeclare("auto-x", "fanout", false, true, null);
        String queue = queue();
        channel.queueBind(queue, "auto-x", "");
        channel.exchangeDeclarePassive("auto-x");
        channel.queueUnbind(queue, "auto-x", "");
        refused(
                "NOT_FOUND - no exchange 'auto-x' in vhost '/'",
                () -> channel.exchangeDeclarePassive("auto-x"));
    }

    // 35: headers and topics.

    @Test
    void headersExchangesKnowFourWaysToMatch() throws Exception {
        channel.exchangeDeclare("h", "headers", false, true, null);
        Map<String, String> queues = new java.util.HashMap<>();
        for (String how : List.of("all", "any", "all-with-x", "any-with-x")) {
            String queue = queue();
            queues.put(how, queue);
            channel.queueBind(queue, "h", "", args("x-match", how, "a", 1, "x-b", "2"));
        }
        publishWith("h", args("a", 1L));
        assertThat(got(queues.get("all"))).isEqualTo("m");
        assertThat(got(queues.get("any"))).isEqualTo("m");
        assertThat(got(queues.get("all-with-x"))).isEqualTo("nothing");
        assertThat(got(queues.get("any-with-x"))).isEqualTo("m");
        publishWith("h", args("x-b", "2"));
        assertThat(got(queues.get("all"))).isEqualTo("nothing");
        assertThat(got(queues.get("any"))).isEqualTo("nothing");
        assertThat(got(queues.get("any-with-x"))).isEqualTo("m");
        refused(
                "PRECONDITION_FAILED - Invalid x-match field value <<\"foo\">>; expected all, any,"
                        + " all-with-x, or any-with-x",
                () -> channel.queueBind(queues.get("all"), "h", "", args("x-match", "foo")));
    }

    private void publishWith(String exchange, Map<String, Object> headers) throws IOException {
        channel.basicPublish(
                exchange,
                "",
                new AMQP.BasicProperties.Builder().headers(headers).build(),
                bytes("m"));
    }

    @Test
    void aBindingWithoutArgumentsMatchesEverythingForAllAndNothingForAny() throws Exception {
        channel.exchangeDeclare("h2", "headers", false, true, null);
        String all = queue();
        String any = queue();
        channel.queueBind(all, "h2", "");
        channel.queueBind(any, "h2", "", args("x-match", "any"));
        publishWith("h2", args("z", 1));
        assertThat(got(all)).isEqualTo("m");
        assertThat(got(any)).isEqualTo("nothing");
    }

    @Test
    void topicWildcardsMatchWordsEmptyOnesToo() throws Exception {
        channel.exchangeDeclare("t", "topic");
        String[][] cases = {
            {"#", "", "yes"},
            {"#", "a.b", "yes"},
            {"*", "", "no"},
            {"*", "a", "yes"},
            {"a.#.b", "a.b", "yes"},
            {"a.#.b", "a.x.y.b", "yes"},
            {"a.*", "a.", "yes"},
            {"*.*", ".", "yes"},
            {"a.*", "a", "no"},
            {"#.#", "a", "yes"},
        };
        for (String[] one : cases) {
            String queue = queue();
            channel.queueBind(queue, "t", one[0]);
            channel.basicPublish("t", one[1], null, bytes("yes"));
            assertThat(got(queue))
                    .as("%s against %s", one[1], one[0])
                    .isEqualTo(one[2].equals("yes") ? "yes" : "nothing");
            channel.queueDelete(queue);
        }
    }

    // Other exchanges.

    @Test
    void alternateExchangesTakeWhatNobodyWants() throws Exception {
        channel.exchangeDeclare("alt", "fanout", false, true, null);
        channel.exchangeDeclare("main", "direct", false, false, args("alternate-exchange", "alt"));
        String wanted = queue();
        String rest = queue();
        channel.queueBind(wanted, "main", "w");
        channel.queueBind(rest, "alt", "");
        channel.basicPublish("main", "w", null, bytes("a"));
        channel.basicPublish("main", "z", true, null, bytes("b"));
        assertThat(got(wanted)).isEqualTo("a");
        assertThat(got(rest)).isEqualTo("b");
        assertThat(got(rest)).isEqualTo("nothing");
        channel.exchangeDelete("main");
    }

    @Test
    void exchangesBoundToExchangesRouteOnAndCyclesEnd() throws Exception {
        channel.exchangeDeclare("e-a", "fanout", false, true, null);
        channel.exchangeDeclare("e-b", "topic", false, true, null);
        channel.exchangeBind("e-b", "e-a", "");
        channel.exchangeBind("e-a", "e-b", "#");
        String queue = queue();
        channel.queueBind(queue, "e-b", "k.*");
        channel.queueBind(queue, "e-a", "");
        channel.basicPublish("e-a", "k.1", null, bytes("x"));
        assertThat(got(queue)).isEqualTo("x");
        assertThat(got(queue)).isEqualTo("nothing");
        channel.exchangeUnbind("e-a", "e-b", "#");
        channel.exchangeUnbind("e-b", "e-a", "");
    }

    @Test
    void aConsistentHashExchangeSpreadsByWeightAndKeepsAKeyTogether() throws Exception {
        channel.exchangeDeclare("hash", "x-consistent-hash", false, true, null);
        String one = queue();
        String two = queue();
        channel.queueBind(one, "hash", "1");
        channel.queueBind(two, "hash", "3");
        for (int i = 0; i < 400; i++) {
            channel.basicPublish("hash", "key" + i % 100, null, bytes("x"));
        }
        channel.basicGet("", true);
        long first = channel.messageCount(one);
        long second = channel.messageCount(two);
        assertThat(first + second).isEqualTo(399);
        assertThat(second).isGreaterThan(first);
        assertThat(first).isPositive();
        refused(
                "PRECONDITION_FAILED - The binding key must be an integer: <<\"foo\">>",
                () -> channel.queueBind(one, "hash", "foo"));
    }

    @Test
    void aDelayedMessageComesLater() throws Exception {
        channel.exchangeDeclare(
                "later", "x-delayed-message", false, false, args("x-delayed-type", "direct"));
        String queue = queue();
        channel.queueBind(queue, "later", "k");
        channel.confirmSelect();
        channel.basicPublish(
                "later",
                "k",
                new AMQP.BasicProperties.Builder().headers(args("x-delay", 100)).build(),
                bytes("late"));
        channel.basicPublish("later", "k", null, bytes("now"));
        assertThat(channel.waitForConfirms(10_000)).isTrue();
        assertThat(got(queue)).isEqualTo("now");
        GetResponse late = awaited(queue);
        assertThat(text(late.getBody())).isEqualTo("late");
        assertThat(late.getEnvelope().getExchange()).isEqualTo("later");
        assertThat(late.getProps().getHeaders()).containsEntry("x-delay", -100L);
        channel.exchangeDelete("later");
    }

    @Test
    void recentHistoryIsGivenToNewQueues() throws Exception {
        channel.exchangeDeclare(
                "recent", "x-recent-history", false, false, args("x-recent-history-length", 2));
        for (int i = 0; i < 3; i++) {
            channel.basicPublish("recent", "k", null, bytes("r" + i));
        }
        String queue = queue();
        channel.queueBind(queue, "recent", "");
        assertThat(got(queue)).isEqualTo("r1");
        assertThat(got(queue)).isEqualTo("r2");
        channel.exchangeDelete("recent");
    }
}
