package io.polymq.nats.account;

import io.polymq.core.router.Router;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.subject.SubjectMappings;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A tenant under its NATS name, with its limits, its mappings and its counters. Shared. */
public final class Account {

    /** The account of everyone who names none; the broker's default tenant. */
    public static final String GLOBAL = "$G";

    /** The account in which the server speaks of itself. */
    public static final String SYSTEM = "$SYS";

    private final String name;
    private final Router.Space space;
    private volatile AccountOptions options;
    private volatile @Nullable SubjectMappings mappings;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicLong subscriptions = new AtomicLong();
    private final AtomicLong totalConnections = new AtomicLong();
    private final Traffic past = new Traffic();

    Account(Router.Space space, AccountOptions options) {
        this.name = options.name();
        this.space = space;
        this.options = options;
        this.mappings = SubjectMappings.of(options.mappings());
    }

    public String name() {
        return name;
    }

    /** The broker's name for it. */
    public String tenant() {
        return space.tenant();
    }

    public Router.Space space() {
        return space;
    }

    public AccountOptions options() {
        return options;
    }

    /** What the configuration says of it now. */
    void changed(AccountOptions now) {
        options = now;
        mappings = SubjectMappings.of(now.mappings());
    }

    public @Nullable SubjectMappings mappings() {
        return mappings;
    }

    /** False when it has as many as it may; each true is followed by one {@link #left}. */
    public boolean entered() {
        int limit = options.limits().maxConnections();
        if (connections.incrementAndGet() > limit && limit >= 0) {
            connections.decrementAndGet();
            return false;
        }
        totalConnections.incrementAndGet();
        return true;
    }

    public void left() {
        connections.decrementAndGet();
    }

    /** Whether there are more than there may be now; then one of them has {@link #left}. */
    public boolean leftAsTooMany() {
        int limit = options.limits().maxConnections();
        int now = connections.get();
        while (limit >= 0 && now > limit) {
            if (connections.compareAndSet(now, now - 1)) {
                return true;
            }
            now = connections.get();
        }
        return false;
    }

    /** False when it has as many as it may; each true is followed by one {@link #unsubscribed}. */
    public boolean subscribed() {
        int limit = options.limits().maxSubscriptions();
        if (subscriptions.incrementAndGet() > limit && limit >= 0) {
            subscriptions.decrementAndGet();
            return false;
        }
        return true;
    }

    public void unsubscribed(int count) {
        subscriptions.addAndGet(-count);
    }

    public int connections() {
        return connections.get();
    }

    public long totalConnections() {
        return totalConnections.get();
    }

    public long subscriptions() {
        return subscriptions.get();
    }

    /** What its closed connections have sent and received. */
    public Traffic past() {
        return past;
    }

    @Override
    public String toString() {
        return name;
    }
}
