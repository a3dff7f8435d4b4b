package io.polymq.amqp.v1.type;

import org.jspecify.annotations.Nullable;

/** A value with a descriptor in front, which says what it means. */
public record Described(@Nullable Object descriptor, @Nullable Object value) {}
