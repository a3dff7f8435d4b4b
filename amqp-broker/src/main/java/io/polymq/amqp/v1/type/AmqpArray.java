package io.polymq.amqp.v1.type;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Values of one type with one constructor in front of all. */
public record AmqpArray(List<@Nullable Object> items) {}
