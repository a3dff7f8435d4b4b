package io.polymq.mq9;

import io.polymq.codec.nats.NatsHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of a SEND ask for, checked. Immutable.
 *
 * @param key null for none
 * @param delaySeconds 0 for none
 */
record SendOptions(byte @Nullable [] key, int delaySeconds) {

    static final SendOptions NONE = new SendOptions(null, 0);

    private static final int MAX_KEY_BYTES = 1024;
    private static final int MAX_TAGS = 64;
    private static final int MAX_TAG_LENGTH = 256;
    private static final long MAX_SECONDS = 10L * 366 * 86_400;

    /**
     * @throws Mq9Exception when a header cannot be heeded
     */
    static SendOptions parse(byte[] header, int offset, int length) {
        NatsHeaders block = length == 0 ? null : NatsHeaders.parse(header, offset, length);
        if (block == null) {
            return NONE;
        }
        String key = block.first(Mq9HeaderCodec.KEY);
        byte[] keyBytes =
                key == null || key.isEmpty() ? null : key.getBytes(StandardCharsets.UTF_8);
        if (keyBytes != null && keyBytes.length > MAX_KEY_BYTES) {
            throw new Mq9Exception("mq9-key may have " + MAX_KEY_BYTES + " bytes");
        }
        checkTags(tags(block.first(Mq9HeaderCodec.TAGS)));
        checked(Mq9HeaderCodec.TTL, block);
        return new SendOptions(keyBytes, (int) checked(Mq9HeaderCodec.DELAY, block));
    }

    /** The parts of a comma list, trimmed, empty ones left out. */
    static List<String> tags(@Nullable String list) {
        if (list == null) {
            return List.of();
        }
        List<String> tags = new ArrayList<>();
        for (String tag : list.split(",")) {
            String trimmed = tag.strip();
            if (!trimmed.isEmpty()) {
                tags.add(trimmed);
            }
        }
        return tags;
    }

    static List<String> checkTags(List<String> tags) {
        if (tags.size() > MAX_TAGS) {
            throw new Mq9Exception("a message may have " + MAX_TAGS + " tags");
        }
        for (String tag : tags) {
            if (tag.length() > MAX_TAG_LENGTH) {
                throw new Mq9Exception("a tag may have " + MAX_TAG_LENGTH + " characters");
            }
        }
        return tags;
    }

    private static long checked(String name, NatsHeaders block) {
        String text = block.first(name);
        if (text == null) {
            return 0;
        }
        long seconds = seconds(text);
        if (seconds < 0) {
            throw new Mq9Exception(
                    name + " must be a number of seconds up to " + MAX_SECONDS + ": " + text);
        }
        return seconds;
    }

    /** -1 when it is no number of seconds, or more than ten years. */
    static long seconds(String text) {
        String digits = text.strip();
        if (digits.isEmpty()
                || digits.length() > 9
                || digits.chars().anyMatch(c -> c < '0' || c > '9')) {
            return -1;
        }
        long seconds = Long.parseLong(digits);
        return seconds > MAX_SECONDS ? -1 : seconds;
    }
}
