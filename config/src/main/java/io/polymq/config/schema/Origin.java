package io.polymq.config.schema;

/**
 * Where a value was written.
 *
 * @param source a file's name, {@code --set}, or an environment variable
 * @param line counted from 1; 0 when the source has no lines
 */
public record Origin(String source, int line) {

    public static final Origin BUILT_IN = new Origin("built in", 0);

    @Override
    public String toString() {
        return line > 0 ? source + ":" + line : source;
    }
}
