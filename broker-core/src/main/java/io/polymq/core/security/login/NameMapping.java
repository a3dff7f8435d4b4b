package io.polymq.core.security.login;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Makes users' names of the names in certificates, by rules as Kafka's {@code
 * ssl.principal.mapping.rules} has them: the first one that fits decides. Immutable.
 */
final class NameMapping {

    private static final Pattern RULE =
            Pattern.compile("RULE:((?:[^/\\\\]|\\\\.)*)/((?:[^/\\\\]|\\\\.)*)/([LU]?)");

    private record Rule(@Nullable Pattern fits, String replacement, String letters) {}

    private final List<Rule> rules;

    private NameMapping(List<Rule> rules) {
        this.rules = rules;
    }

    /** Without rules every name stays as it is. Refuses what is no rule. */
    static NameMapping of(List<String> texts) {
        List<Rule> rules = new ArrayList<>();
        for (String text : texts) {
            Matcher parts = RULE.matcher(text);
            if (text.equals("DEFAULT")) {
                rules.add(new Rule(null, "", ""));
            } else if (parts.matches()) {
                rules.add(new Rule(pattern(parts.group(1)), parts.group(2), parts.group(3)));
            } else {
                throw new IllegalArgumentException(
                        "auth.certificate.mapping: '"
                                + text
                                + "' is neither DEFAULT nor RULE:expression/replacement/[L|U]");
            }
        }
        return new NameMapping(List.copyOf(rules));
    }

    private static Pattern pattern(String text) {
        try {
            return Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "auth.certificate.mapping: '" + text + "': " + e.getDescription(), e);
        }
    }

    /** Null when no rule fits. */
    @Nullable String apply(String name) {
        if (rules.isEmpty()) {
            return name;
        }
        for (Rule rule : rules) {
            Pattern fits = rule.fits();
            if (fits == null) {
                return name;
            }
            Matcher matcher = fits.matcher(name);
            if (matcher.matches()) {
                String mapped = name.replaceAll(fits.pattern(), rule.replacement());
                return switch (rule.letters()) {
                    case "L" -> mapped.toLowerCase(Locale.ENGLISH);
                    case "U" -> mapped.toUpperCase(Locale.ENGLISH);
                    default -> mapped;
                };
            }
        }
        return null;
    }
}
