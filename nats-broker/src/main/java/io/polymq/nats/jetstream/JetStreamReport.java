package io.polymq.nats.jetstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.consumer.Consumer;
import io.polymq.nats.jetstream.stream.Stream;
import java.time.Instant;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What {@code /jsz} tells: sums over all accounts, and as much detail as is asked for. Any thread;
 * waits for the accounts' zones.
 */
final class JetStreamReport {

    private static final long PATIENCE_SECONDS = 2;

    private final ServerIdentity identity;
    private final Collection<JetStreamAccount> accounts;

    JetStreamReport(ServerIdentity identity, Collection<JetStreamAccount> accounts) {
        this.identity = identity;
        this.accounts = accounts;
    }

    ObjectNode make(JsonNode options) {
        ObjectNode report = Fields.MAPPER.createObjectNode();
        report.put("server_id", identity.id());
        report.put("now", Fields.time(Instant.now()));
        report.putObject("config").put("max_memory", -1).put("max_storage", -1);
        ArrayNode details = Fields.MAPPER.createArrayNode();
        long[] sums = new long[10];
        String only = options.path("account").asText("");
        for (JetStreamAccount account : accounts) {
            if (only.isEmpty() || only.equals(account.tenant())) {
                ObjectNode detail = ask(account, options);
                details.add(detail);
                add(sums, detail);
            }
        }
        report.put("memory", sums[0]);
        report.put("storage", sums[1]);
        report.put("reserved_memory", sums[2]);
        report.put("reserved_storage", sums[3]);
        report.put("accounts", accounts.size());
        report.put("ha_assets", 0);
        ObjectNode api = report.putObject("api");
        api.put("level", identity.level());
        api.put("total", sums[4]);
        api.put("errors", sums[5]);
        report.put("streams", sums[6]);
        report.put("consumers", sums[7]);
        report.put("messages", sums[8]);
        report.put("bytes", sums[9]);
        boolean detailed =
                options.path("accounts").asBoolean()
                        || options.path("streams").asBoolean()
                        || options.path("consumers").asBoolean()
                        || !only.isEmpty();
        if (detailed) {
            details.forEach(detail -> ((ObjectNode) detail).remove("sums"));
            report.set("account_details", details);
        }
        return report;
    }

    private static void add(long[] sums, JsonNode detail) {
        JsonNode own = detail.path("sums");
        for (int i = 0; i < sums.length; i++) {
            sums[i] += own.path(i).asLong();
        }
    }

    private static ObjectNode ask(JetStreamAccount account, JsonNode options) {
        CompletableFuture<ObjectNode> detail = new CompletableFuture<>();
        if (!account.zone().offer(() -> detail.complete(detail(account, options)))) {
            return Fields.MAPPER.createObjectNode();
        }
        try {
            return detail.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Fields.MAPPER.createObjectNode();
        } catch (ExecutionException | TimeoutException busy) {
            return Fields.MAPPER.createObjectNode().put("name", account.tenant());
        }
    }

    /** In the account's zone. */
    private static ObjectNode detail(JetStreamAccount account, JsonNode options) {
        ObjectNode detail = Fields.MAPPER.createObjectNode();
        detail.put("name", account.tenant());
        detail.put("id", account.tenant());
        detail.put("memory", account.used(true));
        detail.put("storage", account.used(false));
        long messages = 0;
        long bytes = 0;
        boolean consumers = options.path("consumers").asBoolean();
        boolean streams = consumers || options.path("streams").asBoolean();
        ArrayNode list = Fields.MAPPER.createArrayNode();
        for (Stream stream : account.streams().values()) {
            messages += stream.index().messages();
            bytes += stream.index().bytes();
            if (streams) {
                list.add(stream(account, stream, options, consumers));
            }
        }
        if (streams) {
            detail.set("stream_detail", list);
        }
        ArrayNode sums = detail.putArray("sums");
        sums.add(account.used(true)).add(account.used(false));
        sums.add(account.reserved(true)).add(account.reserved(false));
        sums.add(account.requests()).add(account.errors());
        sums.add(account.streams().size()).add(account.consumerCount());
        sums.add(messages).add(bytes);
        return detail;
    }

    private static ObjectNode stream(
            JetStreamAccount account, Stream stream, JsonNode options, boolean consumers) {
        ObjectNode one = Fields.MAPPER.createObjectNode();
        one.put("name", stream.name());
        one.put("created", Fields.timeOfMillis(stream.created()));
        new StreamInfo(account).state(one.putObject("state"), stream, false, null, 0);
        if (options.path("config").asBoolean()) {
            one.set("config", stream.config().json());
        }
        if (consumers) {
            ArrayNode all = one.putArray("consumer_detail");
            for (Consumer consumer : account.consumers(stream.name()).values()) {
                ObjectNode info = consumer.info();
                if (!options.path("config").asBoolean()) {
                    info.remove("config");
                }
                all.add(info);
            }
        }
        return one;
    }
}
