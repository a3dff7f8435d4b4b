package io.polymq.kafka;

import io.polymq.storage.Durability;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardStore;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A store that dies after so many appends: what was appended before is there and acknowledged, of
 * anything later nobody ever hears. Whoever opens what is beneath finds what a killed process would
 * have left.
 */
final class DyingStore {

    private final ShardStore beneath;
    private final AtomicInteger left;
    private final Map<Shard, Shard> wrapped = new ConcurrentHashMap<>();
    private volatile boolean dead;

    DyingStore(ShardStore beneath, int appends) {
        this.beneath = beneath;
        this.left = new AtomicInteger(appends);
    }

    boolean isDead() {
        return dead;
    }

    ShardStore store() {
        return proxy(ShardStore.class, this::onStore);
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private Object onStore(Object proxy, Method method, Object[] arguments) throws Throwable {
        Object result = call(beneath, method, arguments);
        return switch (method.getName()) {
            case "open" -> ((Optional<?>) result).map(shard -> wrap((Shard) shard));
            case "create" -> ((CompletableFuture<?>) result).thenApply(s -> wrap((Shard) s));
            default -> result;
        };
    }

    private Shard wrap(Shard shard) {
        return wrapped.computeIfAbsent(
                shard,
                of ->
                        proxy(
                                Shard.class,
                                (proxy, method, arguments) ->
                                        onShard(of, proxy, method, arguments)));
    }

    private Object onShard(Shard shard, Object proxy, Method method, Object[] arguments)
            throws Throwable {
        if (method.isDefault()) {
            return InvocationHandler.invokeDefault(proxy, method, arguments);
        }
        if (method.getName().equals("append")) {
            if (dead || left.getAndDecrement() <= 0) {
                dead = true;
                return null;
            }
            // What is acknowledged is safe, so the level does not matter here.
            arguments[1] = Durability.SYNC;
        }
        return call(shard, method, arguments);
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }
}
