package io.polymq.mq9;

/** What the parts of this broker share. Immutable; any thread. */
record Mq9Parts(
        Mq9BrokerServerParams core, Mailboxes mailboxes, MailZones zones, Mq9Metrics metrics) {

    Mq9Settings settings() {
        return core.settings();
    }
}
