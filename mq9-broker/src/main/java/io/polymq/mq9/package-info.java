/**
 * mq9: mailboxes for agents and a registry in which they find each other. Requests are JSON on
 * subjects below {@code $mq9.AI.}, taken from NATS connections through {@link
 * io.polymq.core.service.SubjectService} and from the MCP endpoint of the admin port. Zone: a
 * mailbox's state belongs to one shard zone; what it is made of (topic, queues, metadata) is the
 * core's. Not here: NATS, HTTP, storage.
 */
@NullMarked
package io.polymq.mq9;

import org.jspecify.annotations.NullMarked;
