package io.polymq.core.queue;

import io.polymq.core.message.Receipt;
import java.util.ArrayList;
import java.util.List;

/** Writes down who died of what; fails as often as it is told to. */
final class Graves implements DeadLetter {

    final List<String> dead = new ArrayList<>();
    int failures;

    @Override
    public void dead(QueuedMessage message, Reason reason, Queue from, Receipt receipt) {
        receipt.expect();
        if (failures > 0) {
            failures--;
            receipt.done(new IllegalStateException("no"));
        } else {
            dead.add(Yard.text(message) + " " + reason);
            receipt.done(null);
        }
    }
}
