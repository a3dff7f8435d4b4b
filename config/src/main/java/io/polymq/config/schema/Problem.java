package io.polymq.config.schema;

/**
 * One thing that is wrong, in one sentence.
 *
 * @param path the key, dotted; empty when the whole file is meant
 */
public record Problem(Origin origin, String path, String message) {

    @Override
    public String toString() {
        return path.isEmpty() ? origin + ": " + message : origin + ": " + path + " " + message;
    }
}
