package io.polymq.core.security.rules;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All rules at one moment, found by whom they mean, and a bounded cache of what they come to for
 * those who ask. Shared; a change of rules makes a new set.
 */
public final class RuleSet {

    private static final int ASKERS = 20_000;

    private final Map<String, List<Rule>> byUser = new HashMap<>();
    private final List<Rule> others = new ArrayList<>();
    private final boolean allowsByDefault;
    private final int size;
    private final boolean clientIdMatters;
    private final boolean addressMatters;
    private final Map<Asker, AskerRules> askers = new ConcurrentHashMap<>();

    /**
     * @param allowsByDefault what holds where no rule speaks
     */
    public RuleSet(Collection<Rule> rules, boolean allowsByDefault) {
        this.allowsByDefault = allowsByDefault;
        this.size = rules.size();
        boolean clients = false;
        boolean addresses = false;
        for (Rule rule : rules) {
            if (rule.who().users().isEmpty()) {
                others.add(rule);
            } else {
                for (String user : rule.who().users()) {
                    byUser.computeIfAbsent(user, u -> new ArrayList<>()).add(rule);
                }
            }
            clients |= !rule.who().clientIds().isEmpty() || rule.name().text().contains("%c");
            addresses |= !rule.who().addresses().isEmpty();
        }
        this.clientIdMatters = clients;
        this.addressMatters = addresses;
    }

    public int size() {
        return size;
    }

    /** What the rules come to for this one; those who differ in nothing that matters share it. */
    public AskerRules of(Asker asker) {
        Asker key =
                new Asker(
                        asker.user(),
                        asker.tenant(),
                        asker.groups(),
                        clientIdMatters ? asker.clientId() : "",
                        addressMatters ? asker.address() : null);
        AskerRules known = askers.get(key);
        if (known != null) {
            return known;
        }
        if (askers.size() >= ASKERS) {
            askers.clear();
        }
        return askers.computeIfAbsent(key, this::resolve);
    }

    private AskerRules resolve(Asker asker) {
        List<Rule> mine = new ArrayList<>();
        for (Rule rule : byUser.getOrDefault(asker.user(), List.of())) {
            if (rule.who().includes(asker)) {
                mine.add(rule);
            }
        }
        for (Rule rule : others) {
            if (rule.who().includes(asker)) {
                mine.add(rule);
            }
        }
        return new AskerRules(mine, asker, allowsByDefault);
    }
}
