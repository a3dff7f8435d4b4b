package io.polymq.core.queue;

import io.polymq.core.message.Receipt;
import io.polymq.core.zone.Ticks;
import io.polymq.core.zone.ZoneThread;
import io.polymq.storage.ShardStore;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * A process that publishes, consumes and acknowledges, and says so line by line, until it is
 * killed: {@code P n} when a publish is safe, {@code D n flag} at a delivery, {@code A n} when an
 * acknowledgement is safe.
 */
final class KilledQueue {

    private KilledQueue() {}

    public static void main(String[] args) throws Exception {
        ShardStore store = Yard.onDisk(args[0], Path.of(args[1]));
        int first = Integer.parseInt(args[2]);
        boolean publishing = Boolean.parseBoolean(args[3]);
        ZoneThread thread = ZoneThread.start("killed", Ticks.SYSTEM);
        ShardQueues queues =
                new ShardQueues(
                        new ShardQueues.Params(
                                store,
                                List.of(thread.zone()),
                                List.of(),
                                Executors.newVirtualThreadPerTaskExecutor()));
        Queue queue = queues.open("t", "q", QueueSpec.DURABLE).join();
        queue.consume(
                new Queue.ConsumerSpec(publishing ? 200 : Integer.MAX_VALUE, 0, false, false, "c"),
                new Queue.Consumer() {
                    @Override
                    public boolean deliver(QueuedMessage message, Queue.Consumption by) {
                        String text = Yard.text(message);
                        say("D " + text + " " + message.redelivered());
                        if (!publishing || isAcknowledged(Integer.parseInt(text))) {
                            by.ack(message.offset(), receipt("A " + text, () -> {}));
                        }
                        by.credit(1);
                        return true;
                    }

                    @Override
                    public void cancelled(String reason) {
                        say("cancelled " + reason);
                    }
                });
        if (publishing) {
            publishFrom(first, queue);
        }
        say("ready");
        Thread.currentThread().join();
    }

    /** Until it is killed. */
    private static void publishFrom(int first, Queue queue) throws InterruptedException {
        Semaphore window = new Semaphore(100);
        int number = first;
        while (true) {
            window.acquire();
            int current = number++;
            queue.publish(Yard.message("" + current), receipt("P " + current, window::release));
        }
    }

    /** While it publishes, every third message is left unacknowledged. */
    static boolean isAcknowledged(int number) {
        return number % 3 != 0;
    }

    private static Receipt receipt(String what, Runnable then) {
        Receipt receipt =
                new Receipt(
                        failure -> {
                            say(failure == null ? what : "failed " + what + " " + failure);
                            then.run();
                        });
        receipt.expect();
        receipt.seal();
        return receipt;
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
