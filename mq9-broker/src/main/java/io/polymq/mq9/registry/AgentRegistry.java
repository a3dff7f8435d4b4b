package io.polymq.mq9.registry;

import io.polymq.meta.CachedView;
import io.polymq.meta.NodeCache;
import io.polymq.meta.Transaction;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All agents: in metadata, and indexed in memory. Signs of life are in memory only; after a restart
 * everyone counts as just heard of. What is registered is found as soon as the registration is
 * answered. Shared; may wait for metadata: virtual threads.
 */
public final class AgentRegistry {

    private static final String PREFIX = "mq9/agent/";
    private static final long SWEEP_MILLIS = 5_000;
    private static final int MAX_BYTES = 256 << 10;
    private static final int DEEPEST = 10_000;

    /**
     * @param mostAgents of one tenant
     * @param liveness how long one counts as alive after a sign of life
     * @param ttl how long after it one is forgotten, zero for never
     */
    public record Limits(int mostAgents, Duration liveness, Duration ttl) {}

    /**
     * What is looked for.
     *
     * @param text words, null for none
     * @param meaning asked by meaning when it is not null, whatever the text
     * @param alive whether only those that gave a sign of life lately
     * @param page the first is 1
     */
    public record Search(
            String tenant,
            @Nullable String text,
            @Nullable String meaning,
            boolean alive,
            int limit,
            int page) {}

    /** One that was found; the score is 0 in a plain list. */
    public record Hit(Agent agent, boolean alive, long lastReport, String report, float score) {}

    /**
     * @param total how many fit, on all pages
     */
    public record Found(List<Hit> hits, int total) {}

    private final NodeCache metadata;
    private final Embedder embedder;
    private final InstantSource clock;
    private final Limits limits;
    private final AgentJson json = new AgentJson();
    private final CachedView<Agent> view;
    private final Map<String, TenantAgents> tenants = new ConcurrentHashMap<>();
    private final CompletableFuture<Void> loaded = new CompletableFuture<>();
    private final AtomicLong sweptAt = new AtomicLong();

    public AgentRegistry(
            NodeCache metadata, Embedder embedder, InstantSource clock, Limits limits) {
        this.metadata = metadata;
        this.embedder = embedder;
        this.clock = clock;
        this.limits = limits;
        this.view = metadata.view(PREFIX, json::read);
    }

    /** Indexes all; searches wait for it. */
    public void load() {
        try {
            view.listen((key, before, after) -> changed(before, after));
            view.ready().join();
            for (CachedView.Versioned<Agent> known : view.all().values()) {
                Agent agent = known.value();
                TenantAgents.Entry there = tenant(agent.tenant()).find(agent.name());
                if (there == null || !there.agent().equals(agent)) {
                    index(agent);
                }
            }
            loaded.complete(null);
        } catch (RuntimeException failure) {
            loaded.completeExceptionally(failure);
        }
    }

    /**
     * Until it is what is registered now: a newer one, or its end, may have been heard meanwhile.
     */
    private void index(Agent known) {
        Agent indexed;
        do {
            indexed = view.get(known.key());
            changed(known, indexed);
        } while (view.get(known.key()) != indexed);
    }

    private void changed(@Nullable Agent before, @Nullable Agent after) {
        if (after != null) {
            tenant(after.tenant()).put(after, clock.millis());
        } else if (before != null) {
            tenant(before.tenant()).remove(before.name());
        }
    }

    private TenantAgents tenant(String name) {
        return tenants.computeIfAbsent(name, absent -> new TenantAgents(embedder));
    }

    public int size() {
        return view.size();
    }

    /** In place of what was registered under that name, by the same user or an administrator. */
    public CompletableFuture<Void> register(Agent agent, boolean admin) {
        CachedView.Versioned<Agent> known = view.versioned(agent.key());
        String refusal = refusal(agent.name(), known == null ? null : known.value(), agent, admin);
        if (refusal == null
                && known == null
                && tenant(agent.tenant()).size() >= limits.mostAgents()) {
            refusal = "there are " + limits.mostAgents() + " agents already";
        }
        byte[] bytes = json.write(agent);
        if (refusal == null && bytes.length > MAX_BYTES) {
            refusal = "an agent may take " + MAX_BYTES + " bytes";
        }
        if (refusal != null) {
            return CompletableFuture.failedFuture(new RegistryException(refusal));
        }
        return metadata.store()
                .put(PREFIX + agent.key(), bytes)
                .thenCompose(view::reached)
                .thenAccept(
                        shown -> {
                            TenantAgents.Entry entry = tenant(agent.tenant()).find(agent.name());
                            if (entry != null) {
                                entry.reported(clock.millis(), entry.report());
                            }
                        });
    }

    private static @Nullable String refusal(
            String name, @Nullable Agent known, Agent by, boolean admin) {
        return known == null || admin || known.owner().equals(by.owner())
                ? null
                : "agent " + name + " is registered by another user";
    }

    /** Nothing happens when there is no such agent. */
    public CompletableFuture<Void> unregister(
            String tenant, String name, String user, boolean admin) {
        Agent known = find(tenant, name);
        if (known == null) {
            return CompletableFuture.completedFuture(null);
        }
        if (!admin && !known.owner().equals(user)) {
            return CompletableFuture.failedFuture(
                    new RegistryException(
                            "agent " + known.name() + " is registered by another user"));
        }
        return delete(known);
    }

    private CompletableFuture<Void> delete(Agent agent) {
        String key = PREFIX + agent.key();
        return metadata.store()
                .commit(Transaction.of(List.of(), List.of(new Transaction.Delete(key))))
                .thenCompose(
                        outcome ->
                                view.get(agent.key()) == null
                                        ? CompletableFuture.completedFuture(null)
                                        : view.reached(outcome.revision()));
    }

    /** By its name, or else by its mailbox. */
    private @Nullable Agent find(String tenant, String name) {
        Agent known = view.get(tenant + '/' + name);
        if (known != null) {
            return known;
        }
        TenantAgents.Entry byMailbox = tenant(tenant).findByMailbox(name);
        return byMailbox == null ? null : byMailbox.agent();
    }

    /**
     * A sign of life.
     *
     * @throws RegistryException when there is no such agent, or it is another user's
     */
    public void report(String tenant, String name, String info, String user, boolean admin) {
        loaded.join();
        Agent known = find(tenant, name);
        if (known == null) {
            throw new RegistryException("agent not found: " + name);
        }
        if (!admin && !known.owner().equals(user)) {
            throw new RegistryException("agent " + known.name() + " is registered by another user");
        }
        TenantAgents.Entry entry = tenant(tenant).find(known.name());
        if (entry != null) {
            entry.reported(clock.millis(), info);
        }
    }

    public Found discover(Search search) {
        loaded.join();
        long now = clock.millis();
        Predicate<TenantAgents.Entry> wanted =
                entry -> !isOver(entry, now) && (!search.alive() || isAlive(entry, now));
        TenantAgents agents = tenant(search.tenant());
        long first = (search.page() - 1L) * search.limit();
        int from = (int) Math.min(first, Integer.MAX_VALUE / 2);
        TenantAgents.Page page;
        if (search.meaning() != null) {
            page =
                    agents.byMeaning(
                            search.meaning(), wanted, Math.min(from, DEEPEST), search.limit());
        } else if (search.text() != null) {
            page = agents.byText(search.text(), wanted, Math.min(from, DEEPEST), search.limit());
        } else {
            page = agents.list(wanted, from, search.limit());
        }
        return new Found(
                page.entries().stream()
                        .map(
                                one ->
                                        new Hit(
                                                one.entry().agent(),
                                                isAlive(one.entry(), now),
                                                one.entry().lastReport(),
                                                one.entry().report(),
                                                one.score()))
                        .toList(),
                page.total());
    }

    private boolean isAlive(TenantAgents.Entry entry, long now) {
        return now - entry.lastReport() <= limits.liveness().toMillis();
    }

    private boolean isOver(TenantAgents.Entry entry, long now) {
        long own = entry.agent().ttlSeconds();
        long seconds = own < 0 ? limits.ttl().toSeconds() : own;
        return seconds > 0 && (now - entry.lastReport()) / 1000 >= seconds;
    }

    /** Unregisters those that have been silent for too long. */
    public void expire() {
        long now = clock.millis();
        long last = sweptAt.get();
        if (now - last < SWEEP_MILLIS || !loaded.isDone() || !sweptAt.compareAndSet(last, now)) {
            return;
        }
        for (TenantAgents agents : tenants.values()) {
            for (TenantAgents.Entry entry : agents.all()) {
                if (isOver(entry, now)) {
                    delete(entry.agent());
                }
            }
        }
    }
}
