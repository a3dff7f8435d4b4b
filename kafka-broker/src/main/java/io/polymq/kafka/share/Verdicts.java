package io.polymq.kafka.share;

import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * What a member says of a run of offsets.
 *
 * @param last included
 * @param types one for all, or one for each offset
 */
record Verdicts(long first, long last, List<Byte> types) {

    static final byte GAP = 0;
    static final byte ACCEPT = 1;
    static final byte RELEASE = 2;
    static final byte REJECT = 3;
    static final byte RENEW = 4;

    private static final int MOST_OFFSETS = 1_000_000;

    byte type(long offset) {
        return types.get(types.size() == 1 ? 0 : (int) (offset - first));
    }

    /** Whether all of these can be acted upon. */
    static Errors check(List<Verdicts> all, boolean renewing, boolean mayRenew) {
        long next = 0;
        for (Verdicts one : all) {
            long count = one.last - one.first + 1;
            if (one.first < next
                    || count < 1
                    || count > MOST_OFFSETS
                    || one.types.isEmpty()
                    || one.types.size() > 1 && one.types.size() != count) {
                return Errors.INVALID_REQUEST;
            }
            for (byte type : one.types) {
                boolean known =
                        type >= GAP && (type <= REJECT || type == RENEW && renewing && mayRenew);
                if (!known) {
                    return Errors.INVALID_REQUEST;
                }
            }
            next = one.last + 1;
        }
        return Errors.NONE;
    }
}
