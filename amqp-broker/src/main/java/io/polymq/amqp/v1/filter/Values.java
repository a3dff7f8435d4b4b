package io.polymq.amqp.v1.filter;

import io.polymq.amqp.v1.type.Character32;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.amqp.v1.type.Unsigned;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Values of messages as selectors know them: texts, truth, exact and approximate numbers. */
final class Values {

    private Values() {}

    /** Null for what selectors have no type for. */
    static @Nullable Object plain(@Nullable Object value) {
        return switch (value) {
            case Boolean flag -> flag;
            case String text -> text;
            case Long number -> number;
            case Double number -> number;
            case Float number -> number.doubleValue();
            case Integer number -> number.longValue();
            case Short number -> number.longValue();
            case Byte number -> number.longValue();
            case Unsigned number ->
                    number.fitsLong()
                            ? (Object) number.value()
                            : (Object) number.toBigInteger().doubleValue();
            case Symbol symbol -> symbol.text();
            case Character32 character -> character.toString();
            case UUID uuid -> uuid.toString();
            case Instant time -> time.toEpochMilli();
            case null, default -> null;
        };
    }

    /** -1, 0, 1; 2 when one of them is no number at all. */
    static int compare(Number one, Number other) {
        if (one instanceof Long first && other instanceof Long second) {
            return Long.compare(first, second);
        }
        double first = one.doubleValue();
        double second = other.doubleValue();
        return first < second ? -1 : first > second ? 1 : first == second ? 0 : 2;
    }

    /** Equal numbers have equal keys, whatever their types. */
    static Object key(Object value) {
        return value instanceof Double number && number == number.longValue()
                ? (Object) number.longValue()
                : value;
    }

    static @Nullable Object calculate(Number one, char operation, Number other) {
        if (one instanceof Long first && other instanceof Long second) {
            return switch (operation) {
                case '+' -> first + second;
                case '-' -> first - second;
                case '*' -> first * second;
                case '/' -> second == 0 ? null : (Object) (first / second);
                default -> second == 0 ? null : (Object) (first % second);
            };
        }
        double first = one.doubleValue();
        double second = other.doubleValue();
        return switch (operation) {
            case '+' -> first + second;
            case '-' -> first - second;
            case '*' -> first * second;
            case '/' -> first / second;
            default -> first % second;
        };
    }
}
