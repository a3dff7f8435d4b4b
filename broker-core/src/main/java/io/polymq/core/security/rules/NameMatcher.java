package io.polymq.core.security.rules;

import io.polymq.core.security.rules.Rule.Effect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A {@link NamePattern} with the names of one asker put in. Immutable.
 *
 * <p>A placeholder that no name can be put in for (an empty one; one with a {@code /} in a level of
 * a subject, which no level can hold) makes an allowing rule match nothing, and a denying one match
 * whatever name might have stood there.
 */
sealed interface NameMatcher {

    boolean matches(String name);

    /** Whether every subject that the filter matches is matched. */
    boolean covers(Filter filter);

    /** Whether some subject that the filter matches may be matched; true when it is not known. */
    boolean overlaps(Filter filter);

    static NameMatcher of(NamePattern pattern, Effect effect, Asker asker) {
        return switch (pattern) {
            case NamePattern.Any any -> new Everything();
            case NamePattern.Exact exact -> {
                String text = Placeholders.fill(exact.text(), asker, t -> t, t -> t);
                yield text == null ? unfilled(exact.text(), effect) : new Exactly(text);
            }
            case NamePattern.Prefix prefix -> {
                String text = Placeholders.fill(prefix.text(), asker, t -> t, t -> t);
                yield text == null ? unfilled(prefix.text(), effect) : new Beginning(text);
            }
            case NamePattern.Regex regex -> {
                String text = Placeholders.fill(regex.text(), asker, t -> t, Pattern::quote);
                yield text == null ? unfilled("", effect) : expression(text);
            }
            case NamePattern.Subjects subjects -> {
                Filter filter = filter(subjects, effect, asker);
                yield filter == null ? new Nothing() : new Filtered(filter);
            }
        };
    }

    private static NameMatcher unfilled(String text, Effect effect) {
        return effect == Effect.ALLOW
                ? new Nothing()
                : new Beginning(text.substring(0, Math.max(0, text.indexOf('%'))));
    }

    private static NameMatcher expression(String text) {
        boolean all = text.equals(".*") || text.equals("^.*$") || text.equals("^.*");
        return all
                ? new Everything()
                : new Found(Pattern.compile(text.isEmpty() ? "^$" : text, Pattern.DOTALL));
    }

    private static @Nullable Filter filter(
            NamePattern.Subjects subjects, Effect effect, Asker asker) {
        Filter written;
        try {
            written = subjects.dialect().parse(subjects.text());
        } catch (InvalidSubjectException e) {
            throw new IllegalStateException("a pattern is checked when it is made", e);
        }
        boolean skipsReserved = written.skipsReserved() && effect == Effect.ALLOW;
        if (!subjects.isPersonal()) {
            return written.withSkipsReserved(skipsReserved);
        }
        List<Filter.Level> levels = new ArrayList<>();
        for (Filter.Level level : written.levels()) {
            if (!(level instanceof Filter.Exact exact) || !Placeholders.in(exact.text())) {
                levels.add(level);
                continue;
            }
            String text =
                    hasSlash(exact.text(), asker)
                            ? null
                            : Placeholders.fill(
                                    exact.text(), asker, t -> t, t -> t.replace('.', '/'));
            if (text != null) {
                levels.add(new Filter.Exact(text));
            } else if (effect == Effect.DENY) {
                levels.add(new Filter.One());
            } else {
                return null;
            }
        }
        return Filter.of(levels, skipsReserved);
    }

    private static boolean hasSlash(String text, Asker asker) {
        return (text.contains("%u") && asker.user().indexOf('/') >= 0)
                || (text.contains("%c") && asker.clientId().indexOf('/') >= 0)
                || (text.contains("%t") && asker.tenant().indexOf('/') >= 0);
    }

    record Everything() implements NameMatcher {
        @Override
        public boolean matches(String name) {
            return true;
        }

        @Override
        public boolean covers(Filter filter) {
            return true;
        }

        @Override
        public boolean overlaps(Filter filter) {
            return true;
        }
    }

    record Nothing() implements NameMatcher {
        @Override
        public boolean matches(String name) {
            return false;
        }

        @Override
        public boolean covers(Filter filter) {
            return false;
        }

        @Override
        public boolean overlaps(Filter filter) {
            return false;
        }
    }

    record Exactly(String text) implements NameMatcher {
        @Override
        public boolean matches(String name) {
            return text.equals(name);
        }

        @Override
        public boolean covers(Filter filter) {
            Subject only = filter.subject();
            return only != null && text.equals(only.toString());
        }

        @Override
        public boolean overlaps(Filter filter) {
            return filter.matches(Subject.ofDotted(text));
        }
    }

    record Beginning(String text) implements NameMatcher {
        @Override
        public boolean matches(String name) {
            return name.startsWith(text);
        }

        @Override
        public boolean covers(Filter filter) {
            return head(filter).startsWith(text);
        }

        @Override
        public boolean overlaps(Filter filter) {
            String head = head(filter);
            return head.startsWith(text) || (text.startsWith(head) && !filter.isExact());
        }

        /** What every subject that the filter matches begins with. */
        private static String head(Filter filter) {
            StringBuilder head = new StringBuilder();
            List<Filter.Level> levels = filter.levels();
            for (int i = 0; i < levels.size(); i++) {
                if (!(levels.get(i) instanceof Filter.Exact exact)) {
                    return head.toString();
                }
                head.append(exact.text());
                boolean maybeLast =
                        i + 1 < levels.size() && levels.get(i + 1) instanceof Filter.Any;
                if (i + 1 < levels.size() && !maybeLast) {
                    head.append('.');
                }
            }
            return head.toString();
        }
    }

    record Found(Pattern expression) implements NameMatcher {
        @Override
        public boolean matches(String name) {
            return expression.matcher(name).find();
        }

        @Override
        public boolean covers(Filter filter) {
            Subject only = filter.subject();
            return only != null && matches(only.toString());
        }

        @Override
        public boolean overlaps(Filter filter) {
            Subject only = filter.subject();
            return only == null || matches(only.toString());
        }
    }

    record Filtered(Filter filter) implements NameMatcher {
        @Override
        public boolean matches(String name) {
            return filter.matches(Subject.ofDotted(name));
        }

        @Override
        public boolean covers(Filter other) {
            return filter.covers(other);
        }

        @Override
        public boolean overlaps(Filter other) {
            return filter.overlaps(other);
        }
    }
}
