package io.polymq.storage;

/** How far a shard's limits let its start move. Shared, stateless. */
final class RetentionLimit {

    private RetentionLimit() {}

    /**
     * The start that the limits ask for, a batch's edge; the start as it is when nothing has to go.
     *
     * @param bytes of the shard's batches, {@code records} in them
     */
    static long newStart(
            BatchRows rows,
            ShardSpec spec,
            long start,
            long end,
            long bytes,
            long records,
            long now) {
        long horizon =
                spec.retentionTime().isPositive()
                        ? now - spec.retentionTime().toMillis()
                        : Long.MIN_VALUE;
        long overBytes = spec.retentionBytes() > 0 ? bytes - spec.retentionBytes() : 0;
        long overRecords = spec.retentionRecords() > 0 ? records - spec.retentionRecords() : 0;
        long to = start;
        BatchRows.Row row = rows.atOrBefore(start);
        if (row == null || row.nextOffset() <= start) {
            row = rows.atOrAfter(start);
        }
        while (row != null && row.nextOffset() <= end) {
            boolean old = row.maxTimestamp() < horizon;
            if (!old && overBytes <= 0 && overRecords <= 0) {
                break;
            }
            long span = row.nextOffset() - Math.max(to, row.baseOffset());
            if (!old && overBytes <= 0 && overRecords < span) {
                // the limit on records cuts through the batch
                return Math.max(to, row.baseOffset()) + overRecords;
            }
            overBytes -= row.bytes();
            overRecords -= span;
            to = row.nextOffset();
            row = rows.atOrAfter(to);
        }
        return to;
    }
}
