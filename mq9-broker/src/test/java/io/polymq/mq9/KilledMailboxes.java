package io.polymq.mq9;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * Runs in a process of its own until it is killed: agents send each other mail and acknowledge what
 * they fetch, and every answer becomes a line. {@code S box number} a mail was kept, {@code F box
 * number} it was handed to the box's group, {@code A box id} an acknowledgement of everything up to
 * that number and priority is done.
 */
final class KilledMailboxes {

    static final int BOXES = 40;
    private static final List<String> PRIORITIES = List.of("critical", "urgent", "normal");
    private static final int ROUND = 40;

    private KilledMailboxes() {}

    public static void main(String[] args) {
        Path folder = Path.of(args[0]);
        int next = Integer.parseInt(args[1]);
        boolean sending = Boolean.parseBoolean(args[2]);
        Random random = new Random(next);
        try (Mq9Rig rig = Mq9Rig.onDisk(folder)) {
            for (int i = 0; i < BOXES; i++) {
                rig.ask("$mq9.AI.MAILBOX.CREATE", "{\"name\":\"box" + i + "\",\"ttl\":0}");
            }
            for (int number = next; ; number += ROUND) {
                if (sending) {
                    sendRound(rig, number, random);
                }
                for (int i = 0; i < 10; i++) {
                    fetch(rig, random.nextInt(BOXES), random);
                }
            }
        }
    }

    private static void sendRound(Mq9Rig rig, int from, Random random) {
        List<CompletableFuture<?>> sent = new ArrayList<>();
        for (int i = 0; i < ROUND; i++) {
            int number = from + i;
            int box = number % BOXES;
            String priority = PRIORITIES.get(random.nextInt(PRIORITIES.size()));
            sent.add(
                    rig.begin(
                                    "$mq9.AI.MSG.SEND.box" + box,
                                    Map.of("mq9-priority", priority),
                                    Integer.toString(number).getBytes(StandardCharsets.UTF_8))
                            .thenAccept(
                                    reply -> {
                                        if (reply.path("error").asText("x").isEmpty()) {
                                            line("S " + box + ' ' + number);
                                        }
                                    }));
        }
        sent.forEach(CompletableFuture::join);
    }

    private static void fetch(Mq9Rig rig, int box, Random random) {
        JsonNode reply = rig.fetch("box" + box, "g", body -> body.put("num_msgs", 20));
        List<JsonNode> mails = new ArrayList<>();
        reply.path("messages").forEach(mails::add);
        for (JsonNode mail : mails) {
            line("F " + box + ' ' + mail.path("payload").asText() + ' ' + rank(mail));
        }
        if (!mails.isEmpty() && random.nextInt(4) > 0) {
            JsonNode last = mails.get(random.nextInt(mails.size()));
            if (rig.ack("box" + box, "g", last.path("msg_id").asLong())
                    .path("error")
                    .asText("x")
                    .isEmpty()) {
                line("A " + box + ' ' + last.path("payload").asText() + ' ' + rank(last));
            }
        }
    }

    private static int rank(JsonNode mail) {
        return PRIORITIES.indexOf(mail.path("priority").asText());
    }

    private static synchronized void line(String text) {
        System.out.println(text);
        System.out.flush();
    }
}
