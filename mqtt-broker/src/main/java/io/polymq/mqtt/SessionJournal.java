package io.polymq.mqtt;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import org.jspecify.annotations.Nullable;

final class SessionJournal {
    void queued(Session s, OutgoingWindow.Entry e, KeptMessage m, @Nullable Receipt receipt) {}

    void load(Session s, OutgoingWindow.Entry e) {}

    void finished(Session s, OutgoingWindow.Entry e) {}

    void released(Session s, OutgoingWindow.Entry e, @Nullable MqttConnection to) {}

    void received(Session s, int id, KeptMessage m, Receipt r) {}

    void handedOver(Session s, int id) {}
}
