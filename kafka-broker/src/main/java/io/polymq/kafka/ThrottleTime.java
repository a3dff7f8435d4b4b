package io.polymq.kafka;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Puts how long a client has to wait into whatever it is answered. The generated messages have the
 * field but no type in common that does. Stateless.
 */
final class ThrottleTime {

    private static final ClassValue<Optional<MethodHandle>> SETTERS =
            new ClassValue<>() {
                @Override
                protected Optional<MethodHandle> computeValue(Class<?> type) {
                    try {
                        return Optional.of(
                                MethodHandles.publicLookup()
                                        .findVirtual(
                                                type,
                                                "setThrottleTimeMs",
                                                MethodType.methodType(type, int.class))
                                        .asType(
                                                MethodType.methodType(
                                                        void.class, ApiMessage.class, int.class)));
                    } catch (NoSuchMethodException | IllegalAccessException e) {
                        return Optional.empty();
                    }
                }
            };

    private ThrottleTime() {}

    static void set(ApiMessage message, int millis) {
        MethodHandle setter = SETTERS.get(message.getClass()).orElse(null);
        if (setter == null) {
            return;
        }
        try {
            setter.invokeExact(message, millis);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("setters do not fail", e);
        }
    }
}
