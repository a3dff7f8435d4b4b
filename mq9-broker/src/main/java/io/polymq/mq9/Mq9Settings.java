package io.polymq.mq9;

import java.time.Duration;

/**
 * The broker's settings.
 *
 * @param mailboxTtl how long a mailbox lives that does not say, zero for ever
 * @param mailRetention how long a mail is kept, read or not, zero for ever
 * @param groupRetention how long the position of a group is kept that nobody uses, zero for as long
 *     as its mailbox
 * @param maxMessages how many mails one mailbox holds
 * @param maxReplyBytes about how large a reply may become before it is cut to fewer mails
 * @param maxWait the longest that a fetch may wait
 * @param agentLiveness how long an agent counts as alive after its last sign of life
 * @param agentTtl how long after it an agent is forgotten, zero for never
 * @param maxMailboxes how many mailboxes there are of all tenants together
 * @param maxAgents how many agents a tenant has
 */
public record Mq9Settings(
        Duration mailboxTtl,
        Duration mailRetention,
        Duration groupRetention,
        long maxMessages,
        int maxReplyBytes,
        Duration maxWait,
        Duration agentLiveness,
        Duration agentTtl,
        int maxMailboxes,
        int maxAgents) {}
