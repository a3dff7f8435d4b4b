package io.polymq.config;

import io.polymq.config.schema.Bytes;
import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Within;
import java.time.Duration;

/** {@code [mq9_runtime]}. */
@Doc("mq9: mailboxes and a registry for agents, on the connections of NATS.")
public record Mq9Config(
        @Doc("Whether it is served; it needs NATS.") @Default("true") boolean enabled,
        @Doc("How long a mailbox lives that does not say; 0 is for ever.")
                @Within(min = 0)
                @Default("24h")
                Duration mailboxTtl,
        @Doc("How long a mail is kept, read or not; 0 is as long as its mailbox.")
                @Within(min = 0)
                @Default("7d")
                Duration mailRetention,
        @Doc(
                        "How long the position of a group is kept that nobody uses; 0 is as long as"
                                + " its mailbox.")
                @Within(min = 0)
                @Default("30d")
                Duration groupRetention,
        @Doc(
                        "How many mails one mailbox holds. A full one gives up what all its groups"
                                + " have acknowledged, and refuses what is more.")
                @Within(min = 1)
                @Default("1000000")
                long maxMessages,
        @Doc("About how large a reply becomes before it carries fewer mails.")
                @Bytes
                @Within(min = 1_024, max = 67_108_864)
                @Default("1MiB")
                int maxReply,
        @Doc("The longest that a fetch may wait for mail.") @Within(min = 1) @Default("5m")
                Duration maxWait,
        @Doc("How long an agent counts as alive after its last report.")
                @Within(min = 1)
                @Default("60s")
                Duration agentLiveness,
        @Doc("How long after its last report an agent is forgotten; 0 is never.")
                @Within(min = 0)
                @Default("0s")
                Duration agentTtl,
        @Doc("How many mailboxes all tenants may have together.")
                @Within(min = 1)
                @Default("5000000")
                int maxMailboxes,
        @Doc("How many agents a tenant may register.") @Within(min = 1) @Default("1000000")
                int maxAgents) {

    public static final Mq9Config DEFAULT = Defaults.of(Mq9Config.class);
}
