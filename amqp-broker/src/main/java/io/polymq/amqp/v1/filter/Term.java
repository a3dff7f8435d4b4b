package io.polymq.amqp.v1.filter;

import io.polymq.amqp.v1.message.Sections;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A part of a selector that has a value: {@link Boolean}, {@link Long}, {@link Double}, {@link
 * String}, or null for what is unknown. Unknown is neither true nor false, and what is made of it
 * is unknown unless the rest decides alone. Immutable.
 */
sealed interface Term {

    @Nullable Object in(Sections message);

    record Literal(@Nullable Object value) implements Term {
        @Override
        public @Nullable Object in(Sections message) {
            return value;
        }
    }

    record Field(Function<Sections, @Nullable Object> field) implements Term {
        @Override
        public @Nullable Object in(Sections message) {
            return Values.plain(field.apply(message));
        }
    }

    record Not(Term term) implements Term {
        @Override
        public @Nullable Object in(Sections message) {
            return term.in(message) instanceof Boolean value ? (Object) !value : null;
        }
    }

    record And(Term left, Term right) implements Term {
        @Override
        public @Nullable Object in(Sections message) {
            Object first = left.in(message);
            if (Boolean.FALSE.equals(first)) {
                return false;
            }
            Object second = right.in(message);
            if (Boolean.FALSE.equals(second)) {
                return false;
            }
            return Boolean.TRUE.equals(first) && Boolean.TRUE.equals(second) ? (Object) true : null;
        }
    }

    record Or(Term left, Term right) implements Term {
        @Override
        public @Nullable Object in(Sections message) {
            Object first = left.in(message);
            if (Boolean.TRUE.equals(first)) {
                return true;
            }
            Object second = right.in(message);
            if (Boolean.TRUE.equals(second)) {
                return true;
            }
            return Boolean.FALSE.equals(first) && Boolean.FALSE.equals(second)
                    ? (Object) false
                    : null;
        }
    }

    /** What to compare by. */
    enum Order {
        EQUAL,
        NOT_EQUAL,
        LESS,
        LESS_OR_EQUAL,
        GREATER,
        GREATER_OR_EQUAL
    }

    /** Values of types that do not go together compare as false, whatever is asked. */
    record Compare(Term left, Order order, Term right) implements Term {
        @Override
        public @Nullable Object in(Sections message) {
            Object first = left.in(message);
            Object second = right.in(message);
            if (first == null || second == null) {
                return null;
            }
            if (first instanceof Number one && second instanceof Number other) {
                int sign = Values.compare(one, other);
                return switch (order) {
                    case EQUAL -> sign == 0;
                    case NOT_EQUAL -> sign != 0;
                    case LESS -> sign == -1;
                    case LESS_OR_EQUAL -> sign == -1 || sign == 0;
                    case GREATER -> sign == 1;
                    case GREATER_OR_EQUAL -> sign == 1 || sign == 0;
                };
            }
            if (!first.getClass().equals(second.getClass())) {
                return false;
            }
            return switch (order) {
                case EQUAL -> first.equals(second);
                case NOT_EQUAL -> !first.equals(second);
                case LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL -> false;
            };
        }
    }

    record Like(Term term, LikePattern pattern) implements Term {
        @Override
        public @Nullable Object in(Sections message) {
            Object value = term.in(message);
            return value == null ? null : (Object) (value instanceof String s && pattern.fits(s));
        }
    }

    record In(Term term, Set<Object> values) implements Term {
        @Override
        public @Nullable Object in(Sections message) {
            Object value = term.in(message);
            return value == null ? null : (Object) values.contains(Values.key(value));
        }
    }

    record IsNull(Term term) implements Term {
        @Override
        public Object in(Sections message) {
            return term.in(message) == null;
        }
    }

    record Negative(Term term) implements Term {
        @Override
        public @Nullable Object in(Sections message) {
            return switch (term.in(message)) {
                case Long number -> -number;
                case Double number -> -number;
                case null, default -> null;
            };
        }
    }

    record Arithmetic(Term left, char operation, Term right) implements Term {
        @Override
        public @Nullable Object in(Sections message) {
            return left.in(message) instanceof Number one
                            && right.in(message) instanceof Number other
                    ? Values.calculate(one, operation, other)
                    : null;
        }
    }
}
