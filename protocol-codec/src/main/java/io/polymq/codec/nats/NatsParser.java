package io.polymq.codec.nats;

import io.polymq.codec.nats.NatsProtocolException.Reason;

/**
 * Finds commands in what was read. Works on whole commands: one that is not all there is left
 * unread, and {@link #needed} tells how many bytes it takes at least, so that a large payload is
 * looked at again only when it has come.
 *
 * <p>Verbs in any case; arguments parted by runs of blanks and tabs; a bare line feed ends a
 * control line as well. One instance per connection, for its loop.
 */
public final class NatsParser {

    private static final int MAX_ARGUMENTS = 5;
    private static final int MAX_DIGITS = 9;

    private final int[] starts = new int[MAX_ARGUMENTS];
    private final int[] ends = new int[MAX_ARGUMENTS];
    private int arguments;
    private int maxControlLine;
    private int maxPayload;
    private int needed = 1;
    private boolean stopped;

    public NatsParser(int maxControlLine, int maxPayload) {
        limits(maxControlLine, maxPayload);
    }

    /** New limits, as the client's account has them. */
    public void limits(int controlLine, int payload) {
        maxControlLine = controlLine;
        maxPayload = payload;
    }

    /**
     * How many bytes, from the first that was left unread, must be there before it is worth parsing
     * again.
     */
    public int needed() {
        return needed;
    }

    /**
     * Called by a command's receiver: what stands behind this command is left for another reader.
     */
    public void stop() {
        stopped = true;
    }

    /**
     * Parses commands between two places.
     *
     * @return the place of the first byte that was not used
     * @throws NatsProtocolException when the connection must end; earlier commands have been handed
     *     over
     */
    public int parse(byte[] bytes, int from, int to, NatsCommands commands) {
        int at = from;
        stopped = false;
        needed = 1;
        while (at < to && !stopped) {
            int next = command(bytes, at, to, commands);
            if (next < 0) {
                break;
            }
            at = next;
        }
        return at;
    }

    /** One command; the place behind it, or -1 when it is not all there. */
    private int command(byte[] bytes, int at, int to, NatsCommands commands) {
        switch (bytes[at] | 0x20) {
            case 'p':
                if (at + 1 == to) {
                    return more(2);
                }
                switch (bytes[at + 1] | 0x20) {
                    case 'u':
                        return verb(bytes, at, to, "pub")
                                ? publish(bytes, at, at + 3, to, false, commands)
                                : -1;
                    case 'i':
                        return verb(bytes, at, to, "ping")
                                ? bare(bytes, at, to, commands, true)
                                : -1;
                    case 'o':
                        return verb(bytes, at, to, "pong")
                                ? bare(bytes, at, to, commands, false)
                                : -1;
                    default:
                        throw unknown();
                }
            case 'h':
                return verb(bytes, at, to, "hpub")
                        ? publish(bytes, at, at + 4, to, true, commands)
                        : -1;
            case 's':
                return verb(bytes, at, to, "sub") ? subscribe(bytes, at, to, commands) : -1;
            case 'u':
                return verb(bytes, at, to, "unsub") ? unsubscribe(bytes, at, to, commands) : -1;
            case 'c':
                return verb(bytes, at, to, "connect") ? connect(bytes, at, to, commands) : -1;
            case 'i':
                return verb(bytes, at, to, "info") ? ignored(bytes, at, to) : -1;
            default:
                return sign(bytes, at, to, commands);
        }
    }

    private int sign(byte[] bytes, int at, int to, NatsCommands commands) {
        if (bytes[at] == '+') {
            return verb(bytes, at, to, "+ok") ? ignored(bytes, at, to) : -1;
        }
        if (bytes[at] != '-') {
            throw unknown();
        }
        if (!verb(bytes, at, to, "-err")) {
            return -1;
        }
        int end = ignored(bytes, at, to);
        if (end >= 0) {
            commands.error();
        }
        return end;
    }

    /** Whether the verb stands there; false when the bytes end before it does. */
    private boolean verb(byte[] bytes, int at, int to, String verb) {
        int length = Math.min(verb.length(), to - at);
        for (int i = 0; i < length; i++) {
            char expected = verb.charAt(i);
            byte found = bytes[at + i];
            if (found != expected && (found | 0x20) != expected) {
                throw unknown();
            }
        }
        if (length < verb.length()) {
            needed = length + 1;
            return false;
        }
        return true;
    }

    private int bare(byte[] bytes, int at, int to, NatsCommands commands, boolean ping) {
        int end = line(bytes, at, at + 4, to);
        if (end < 0) {
            return -1;
        }
        if (ping) {
            commands.ping();
        } else {
            commands.pong();
        }
        return end;
    }

    private int ignored(byte[] bytes, int at, int to) {
        return line(bytes, at, at + 3, to);
    }

    private int connect(byte[] bytes, int at, int to, NatsCommands commands) {
        int end = line(bytes, at, at + 7, to);
        if (end < 0) {
            return -1;
        }
        int json = at + 7;
        int last = end;
        while (last > json && isBlankOrEnd(bytes[last - 1])) {
            last--;
        }
        while (json < last && isBlankOrEnd(bytes[json])) {
            json++;
        }
        commands.connect(bytes, json, last - json);
        return end;
    }

    private int subscribe(byte[] bytes, int at, int to, NatsCommands commands) {
        int end = arguments(bytes, at, at + 3, to);
        if (end < 0) {
            return -1;
        }
        switch (arguments) {
            case 2 -> commands.subscribe(bytes, starts[0], length(0), 0, 0, starts[1], length(1));
            case 3 ->
                    commands.subscribe(
                            bytes, starts[0], length(0), starts[1], length(1), starts[2],
                            length(2));
            default -> throw badArguments("SUB");
        }
        return end;
    }

    private int unsubscribe(byte[] bytes, int at, int to, NatsCommands commands) {
        int end = arguments(bytes, at, at + 5, to);
        if (end < 0) {
            return -1;
        }
        if (arguments < 1 || arguments > 2) {
            throw badArguments("UNSUB");
        }
        int max = arguments == 2 ? number(bytes, 1) : 0;
        commands.unsubscribe(bytes, starts[0], length(0), Math.max(0, max));
        return end;
    }

    private int publish(
            byte[] bytes, int at, int behindVerb, int to, boolean headers, NatsCommands commands) {
        int body = arguments(bytes, at, behindVerb, to);
        if (body < 0) {
            return -1;
        }
        int sizes = headers ? 2 : 1;
        boolean reply = arguments == sizes + 2;
        if (!reply && arguments != sizes + 1) {
            throw badArguments(headers ? "HPUB" : "PUB");
        }
        int total = number(bytes, arguments - 1);
        int header = headers ? number(bytes, arguments - 2) : -1;
        if (total < 0 || headers && header < 0 || header > total) {
            throw badArguments("sizes");
        }
        if (total > maxPayload) {
            throw new NatsProtocolException(
                    Reason.PAYLOAD_TOO_LARGE,
                    "a payload of " + total + " B where " + maxPayload + " are allowed");
        }
        int end = body + total + 2;
        if (end > to) {
            checkPayloadEnd(bytes, body + total, to);
            return more(Math.max(to + 1, body + total + 1) - at);
        }
        checkPayloadEnd(bytes, body + total, end);
        commands.publish(
                bytes,
                starts[0],
                length(0),
                reply ? starts[1] : 0,
                reply ? length(1) : 0,
                body,
                header,
                total,
                plainTail(body) && header != 0 ? starts[1] : -1);
        return end;
    }

    private static void checkPayloadEnd(byte[] bytes, int end, int to) {
        if (end < to && bytes[end] != '\r' || end + 1 < to && bytes[end + 1] != '\n') {
            throw unknown();
        }
    }

    /**
     * Whether the arguments behind the subject are parted by one byte each and the line ends with
     * CRLF.
     */
    private boolean plainTail(int body) {
        for (int i = 1; i < arguments; i++) {
            if (starts[i] != ends[i - 1] + 1) {
                return false;
            }
        }
        return body == ends[arguments - 1] + 2;
    }

    /** Splits the rest of a control line into arguments; the place behind the line, or -1. */
    private int arguments(byte[] bytes, int line, int from, int to) {
        if (from < to && bytes[from] != ' ' && bytes[from] != '\t') {
            throw unknown();
        }
        int count = 0;
        int start = -1;
        for (int i = from; i < to; i++) {
            byte b = bytes[i];
            if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
                if (start < 0) {
                    start = i;
                }
                continue;
            }
            if (start >= 0) {
                count = argument(count, start, i);
                start = -1;
            }
            if (b == '\n') {
                if (i - line > maxControlLine) {
                    throw lineTooLong();
                }
                arguments = count;
                return i + 1;
            }
        }
        if (to - line > maxControlLine) {
            throw lineTooLong();
        }
        return more(to - line + 1);
    }

    private int argument(int count, int start, int end) {
        if (count == MAX_ARGUMENTS) {
            throw badArguments("too many");
        }
        starts[count] = start;
        ends[count] = end;
        return count + 1;
    }

    /** The place behind the line that goes on at {@code from}, or -1 when its end has not come. */
    private int line(byte[] bytes, int line, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == '\n') {
                if (i - line > maxControlLine) {
                    throw lineTooLong();
                }
                return i + 1;
            }
        }
        if (to - line > maxControlLine) {
            throw lineTooLong();
        }
        return more(to - line + 1);
    }

    private int length(int argument) {
        return ends[argument] - starts[argument];
    }

    /** At most nine digits; -1 for anything else. */
    private int number(byte[] bytes, int argument) {
        if (length(argument) > MAX_DIGITS) {
            return -1;
        }
        int value = 0;
        for (int i = starts[argument]; i < ends[argument]; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    private int more(int bytes) {
        needed = bytes;
        return -1;
    }

    private static boolean isBlankOrEnd(byte b) {
        return b == ' ' || b == '\t' || b == '\r' || b == '\n';
    }

    private static NatsProtocolException unknown() {
        return new NatsProtocolException(Reason.UNKNOWN_OPERATION, "unknown operation");
    }

    private static NatsProtocolException lineTooLong() {
        return new NatsProtocolException(Reason.CONTROL_LINE_TOO_LONG, "control line too long");
    }

    private static NatsProtocolException badArguments(String what) {
        return new NatsProtocolException(Reason.BAD_ARGUMENTS, "bad arguments: " + what);
    }
}
