package io.polymq.amqp.v1.type;

import org.jspecify.annotations.Nullable;

import java.util.List;

/** Values of one type with one constructor in front of all. */
public record AmqpArray(List<@Nullable Object> items) {}
