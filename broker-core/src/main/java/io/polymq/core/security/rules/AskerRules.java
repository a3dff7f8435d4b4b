package io.polymq.core.security.rules;

import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Coverage;
import io.polymq.core.security.Security.Decision;
import io.polymq.core.security.Security.Resource;
import io.polymq.core.security.Security.Resource.Kind;
import io.polymq.core.security.rules.Rule.Effect;
import io.polymq.core.subject.Filter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The rules that mean one asker, with its names put in, and a bounded cache of answers. Shared. */
public final class AskerRules {

    private static final int ANSWERS = 2_048;

    private record Resolved(Rule rule, NameMatcher name) {
        boolean isAbout(Action action, Kind kind, String within) {
            return rule.isAbout(action) && rule.isAbout(kind) && rule.isWithin(within);
        }
    }

    private record Question(Action action, Resource resource) {}

    private final List<Resolved> denying = new ArrayList<>();
    private final List<Resolved> allowing = new ArrayList<>();
    private final boolean allowsByDefault;
    private final Map<Question, Decision> answers = new ConcurrentHashMap<>();

    AskerRules(List<Rule> rules, Asker asker, boolean allowsByDefault) {
        this.allowsByDefault = allowsByDefault;
        for (Rule rule : rules) {
            NameMatcher name = NameMatcher.of(rule.name(), rule.effect(), asker);
            (rule.effect() == Effect.DENY ? denying : allowing).add(new Resolved(rule, name));
        }
    }

    /** From the cache, or worked out. */
    public Decision decide(Action action, Resource resource) {
        Question question = new Question(action, resource);
        Decision known = answers.get(question);
        if (known == null) {
            known = workOut(action, resource);
            if (answers.size() >= ANSWERS) {
                answers.clear();
            }
            answers.put(question, known);
        }
        return known;
    }

    int answers() {
        return answers.size();
    }

    private Decision workOut(Action action, Resource resource) {
        Resolved denied = first(denying, action, resource);
        if (denied != null) {
            return new Decision(false, denied.rule().toString(), true);
        }
        Resolved allowed = first(allowing, action, resource);
        return allowed != null ? new Decision(true, allowed.rule().toString(), true) : byDefault();
    }

    private Decision byDefault() {
        return allowsByDefault
                ? new Decision(true, "no rule speaks of it, and that allows it")
                : new Decision(false, "no rule allows it");
    }

    private static @Nullable Resolved first(
            List<Resolved> rules, Action action, Resource resource) {
        for (Resolved one : rules) {
            if (one.isAbout(action, resource.kind(), resource.within())
                    && one.name().matches(resource.name())) {
                return one;
            }
        }
        return null;
    }

    /**
     * Whether a name of that kind is allowed: by default, or by a rule that no denying one cancels
     * altogether.
     */
    public boolean allowsSome(Action action, Kind kind) {
        for (Resolved denied : denying) {
            if (denied.isAbout(action, kind, "")
                    && denied.rule().name() instanceof NamePattern.Any) {
                return false;
            }
        }
        if (allowsByDefault) {
            return true;
        }
        for (Resolved allowed : allowing) {
            if (allowed.isAbout(action, kind, "") && !isCancelled(allowed, action, kind)) {
                return true;
            }
        }
        return false;
    }

    private boolean isCancelled(Resolved allowed, Action action, Kind kind) {
        NamePattern name = allowed.rule().name();
        if (name.isPersonal()) {
            return false;
        }
        for (Resolved denied : denying) {
            NamePattern against = denied.rule().name();
            boolean covers =
                    switch (against) {
                        case NamePattern.Exact exact ->
                                name instanceof NamePattern.Exact
                                        && exact.text().equals(name.text());
                        case NamePattern.Prefix prefix ->
                                (name instanceof NamePattern.Exact
                                                || name instanceof NamePattern.Prefix)
                                        && name.text().startsWith(prefix.text());
                        case NamePattern.Any _ -> true;
                        case NamePattern.Subjects _, NamePattern.Regex _ -> false;
                    };
            if (covers && denied.isAbout(action, kind, "")) {
                return true;
            }
        }
        return false;
    }

    /** How much of a filter's subjects may be read. */
    public Coverage coverage(Filter filter, String within) {
        boolean holes = false;
        for (Resolved one : denying) {
            if (one.isAbout(Action.READ, Kind.SUBJECT, within)) {
                if (one.name().covers(filter)) {
                    return Coverage.NONE;
                }
                holes |= one.name().overlaps(filter);
            }
        }
        boolean granted = allowsByDefault;
        for (Resolved one : allowing) {
            granted |= one.isAbout(Action.READ, Kind.SUBJECT, within) && one.name().covers(filter);
        }
        if (!granted) {
            return Coverage.NONE;
        }
        return holes ? Coverage.EXCEPT : Coverage.ALL;
    }

    /** The rule that {@link #coverage} comes from, in words. */
    public Decision why(Filter filter, String within) {
        for (Resolved one : denying) {
            if (one.isAbout(Action.READ, Kind.SUBJECT, within) && one.name().overlaps(filter)) {
                return new Decision(false, one.rule().toString(), true);
            }
        }
        for (Resolved one : allowing) {
            if (one.isAbout(Action.READ, Kind.SUBJECT, within) && one.name().covers(filter)) {
                return new Decision(true, one.rule().toString(), true);
            }
        }
        return allowsByDefault
                ? byDefault()
                : new Decision(false, "no rule allows all that the filter matches");
    }
}
