package io.polymq.nats.jetstream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.subject.Subject;
import io.polymq.nats.NatsHeaderCodec;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.ApiException;
import io.polymq.nats.jetstream.stream.HeaderBlock;
import java.util.Arrays;

/**
 * Leads a request to whoever answers it. What nobody knows gets no answer, as nats-server has it.
 * Shard zone.
 */
final class Api {

    private static final String REQUIRED_LEVEL = "Nats-Required-Api-Level";
    private static final int PREFIX_TOKENS = 2;

    private final JetStreamAccount account;
    private final StreamApi streams;
    private final ConsumerApi consumers;
    private final MessageApi messages;
    private final Snapshots snapshots;
    private final Message lent = new Message();
    private long total;
    private long errors;

    Api(JetStreamAccount account) {
        this.account = account;
        this.streams = new StreamApi(account);
        this.consumers = new ConsumerApi(account);
        this.messages = new MessageApi(account);
        this.snapshots = new Snapshots(account);
    }

    long reserved(boolean memory) {
        return streams.reserved(memory);
    }

    long total() {
        return total;
    }

    long errors() {
        return errors;
    }

    Snapshots snapshots() {
        return snapshots;
    }

    void take(KeptMessage kept) {
        Message message = kept.lendTo(lent);
        Subject reply = message.replyTo();
        String[] all = kept.subject().toString().split("\\.", -1);
        // $JS.API, or $JS, the domain, and API
        int prefix = all[1].equals("API") ? PREFIX_TOKENS : PREFIX_TOKENS + 1;
        String[] tokens = Arrays.copyOfRange(all, prefix, all.length);
        Call call = new Call(account, kept.subject(), reply, kept.payload(), tokens);
        try {
            checkLevel(message, call);
            route(call);
        } catch (ApiException refused) {
            errors++;
            call.refuse(refused);
        }
        total++; // its own answer does not count it
    }

    private void checkLevel(Message message, Call call) {
        if (!message.isNativeTo(NatsHeaderCodec.INSTANCE) || message.headerLength() == 0) {
            return;
        }
        byte[] headers =
                Arrays.copyOfRange(
                        message.header(),
                        message.headerOffset(),
                        message.headerOffset() + message.headerLength());
        String level = HeaderBlock.first(headers, REQUIRED_LEVEL);
        if (level != null && !isServed(level)) {
            call.as(kind(call));
            throw ApiError.REQUIRED_API_LEVEL.exception();
        }
    }

    private boolean isServed(String level) {
        try {
            return Integer.parseInt(level.strip()) <= account.identity().level();
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static String kind(Call call) {
        return call.tokens() > 1
                ? (call.token(0) + '_' + call.token(1)).toLowerCase(java.util.Locale.ROOT)
                : "account_info";
    }

    private void route(Call call) {
        switch (call.token(0)) {
            case "INFO" -> {
                if (call.tokens() == 1) {
                    info(call.as("account_info"));
                }
            }
            case "STREAM" -> {
                if (!clustered(call) && !streams.take(call) && !messages.take(call)) {
                    snapshots.take(call);
                }
            }
            case "CONSUMER" -> {
                if (call.token(1).equals("LEADER") && call.tokens() == 5) {
                    call.as("consumer_leader_stepdown");
                    throw ApiError.CLUSTER_REQUIRED.exception();
                }
                consumers.take(call);
            }
            case "DIRECT" -> messages.direct(call);
            default -> {}
        }
    }

    /** What only a cluster can do. */
    private static boolean clustered(Call call) {
        if (call.tokens() != 4) {
            return false;
        }
        switch (call.token(1)) {
            case "PEER" -> call.as("stream_remove_peer");
            case "LEADER" -> call.as("stream_leader_stepdown");
            default -> {
                return false;
            }
        }
        throw ApiError.CLUSTER_REQUIRED.exception();
    }

    private void info(Call call) {
        call.requireEmpty();
        AccountLimits limits = account.limits();
        ObjectNode answer = call.answer();
        answer.put("memory", account.used(true));
        answer.put("storage", account.used(false));
        answer.put("reserved_memory", streams.reserved(true));
        answer.put("reserved_storage", streams.reserved(false));
        answer.put("streams", account.streams().size());
        answer.put("consumers", account.consumerCount());
        ObjectNode most = answer.putObject("limits");
        most.put("max_memory", limits.maxMemory());
        most.put("max_storage", limits.maxStorage());
        most.put("max_streams", limits.maxStreams());
        most.put("max_consumers", limits.maxConsumers());
        most.put("max_ack_pending", limits.maxAckPending());
        most.put("memory_max_stream_bytes", limits.memoryMaxStreamBytes());
        most.put("storage_max_stream_bytes", limits.storageMaxStreamBytes());
        most.put("max_bytes_required", limits.maxBytesRequired());
        if (!account.domain().isEmpty()) {
            answer.put("domain", account.domain());
        }
        ObjectNode api = answer.putObject("api");
        api.put("level", account.identity().level());
        api.put("total", total);
        api.put("errors", errors);
        call.send(answer);
    }
}
