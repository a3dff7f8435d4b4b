package io.polymq.core.schema;

import org.jspecify.annotations.Nullable;

/** A schema made ready. Shared by all threads. */
interface PayloadCheck {

    /** What is wrong with the payload, null when nothing is. Never throws for what it contains. */
    @Nullable String fault(byte[] payload, int offset, int length);
}
