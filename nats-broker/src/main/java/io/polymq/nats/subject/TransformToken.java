package io.polymq.nats.subject;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One token of a transform's destination. Wildcards are counted from 0 here, from 1 in what people
 * write. Immutable.
 */
sealed interface TransformToken {

    /** The wildcards of the source that it looks at. */
    default List<Integer> wildcards() {
        return List.of();
    }

    /**
     * Writes the token.
     *
     * @param tokens the source's tokens at its wildcards
     * @param subject the whole subject
     */
    void write(List<String> tokens, String subject, StringBuilder to);

    /** As it stands there. */
    record Literal(String text) implements TransformToken {
        @Override
        public void write(List<String> tokens, String subject, StringBuilder to) {
            to.append(text);
        }
    }

    /** What a wildcard stood for. */
    record Wildcard(int index) implements TransformToken {
        @Override
        public List<Integer> wildcards() {
            return List.of(index);
        }

        @Override
        public void write(List<String> tokens, String subject, StringBuilder to) {
            to.append(tokens.get(index));
        }
    }

    /**
     * A number below {@code buckets}, the same for the same tokens; of the whole subject when it
     * names none.
     */
    record Partition(int buckets, List<Integer> wildcards) implements TransformToken {

        private static final int FNV_OFFSET = 0x811c9dc5;
        private static final int FNV_PRIME = 0x01000193;

        @Override
        public void write(List<String> tokens, String subject, StringBuilder to) {
            int hash = FNV_OFFSET;
            if (wildcards.isEmpty()) {
                hash = hash(hash, subject);
            }
            for (int wildcard : wildcards) {
                hash = hash(hash, tokens.get(wildcard));
            }
            to.append(buckets == 0 ? 0 : Integer.remainderUnsigned(hash, buckets));
        }

        private static int hash(int begun, String text) {
            int hash = begun;
            for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
                hash = (hash ^ (b & 0xff)) * FNV_PRIME;
            }
            return hash;
        }
    }

    /** A number below {@code buckets}, by chance. */
    record Random(int buckets) implements TransformToken {
        @Override
        public void write(List<String> tokens, String subject, StringBuilder to) {
            to.append(buckets <= 0 ? 0 : ThreadLocalRandom.current().nextInt(buckets));
        }
    }

    /** A token taken apart at a delimiter; empty pieces are left out. */
    record Split(int index, String delimiter) implements TransformToken {
        @Override
        public List<Integer> wildcards() {
            return List.of(index);
        }

        @Override
        public void write(List<String> tokens, String subject, StringBuilder to) {
            boolean first = true;
            String token = tokens.get(index);
            for (int from = 0; from <= token.length(); ) {
                int end = token.indexOf(delimiter, from);
                end = end < 0 ? token.length() : end;
                if (end > from) {
                    to.append(first ? "" : ".").append(token, from, end);
                    first = false;
                }
                from = end + delimiter.length();
            }
        }
    }

    /** A token cut in two, so many characters from one side. */
    record Cut(int index, int length, boolean fromLeft) implements TransformToken {
        @Override
        public List<Integer> wildcards() {
            return List.of(index);
        }

        @Override
        public void write(List<String> tokens, String subject, StringBuilder to) {
            String token = tokens.get(index);
            if (length <= 0 || length >= token.length()) {
                to.append(token);
                return;
            }
            int at = fromLeft ? length : token.length() - length;
            to.append(token, 0, at).append('.').append(token, at, token.length());
        }
    }

    /** A token cut into pieces of one length, counted from one side. */
    record Slice(int index, int length, boolean fromLeft) implements TransformToken {
        @Override
        public List<Integer> wildcards() {
            return List.of(index);
        }

        @Override
        public void write(List<String> tokens, String subject, StringBuilder to) {
            String token = tokens.get(index);
            if (length <= 0 || length >= token.length()) {
                to.append(token);
                return;
            }
            int odd = fromLeft ? 0 : token.length() % length;
            int end = odd == 0 ? length : odd;
            to.append(token, 0, end);
            for (int from = end; from < token.length(); from = end) {
                end = Math.min(token.length(), from + length);
                to.append('.').append(token, from, end);
            }
        }
    }

    /** So many characters of a token, from one side. */
    record Side(int index, int length, boolean left) implements TransformToken {
        @Override
        public List<Integer> wildcards() {
            return List.of(index);
        }

        @Override
        public void write(List<String> tokens, String subject, StringBuilder to) {
            String token = tokens.get(index);
            if (length <= 0 || length >= token.length()) {
                to.append(token);
            } else if (left) {
                to.append(token, 0, length);
            } else {
                to.append(token, token.length() - length, token.length());
            }
        }
    }
}
