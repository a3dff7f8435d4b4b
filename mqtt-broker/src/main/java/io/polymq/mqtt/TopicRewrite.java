package io.polymq.mqtt;

import io.polymq.codec.mqtt.TopicRules;
import io.polymq.core.security.Principal;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Rules that change the topic of a publish or the filter of a subscription; the first that fits
 * holds. What comes out is checked and authorised like anything that a client wrote. Shared,
 * immutable.
 */
final class TopicRewrite {

    private final List<Rule> publishes = new ArrayList<>();
    private final List<Rule> subscribes = new ArrayList<>();

    private record Rule(Filter source, Pattern pattern, String template) {}

    TopicRewrite(List<String> rules) {
        for (String rule : rules) {
            String[] parts = rule.trim().split("\\s+");
            if (parts.length != 4) {
                throw new IllegalArgumentException(
                        "a rewrite is \"publish|subscribe|all FILTER REGEX TEMPLATE\", not \""
                                + rule
                                + '"');
            }
            Rule made = rule(parts);
            switch (parts[0]) {
                case "publish" -> publishes.add(made);
                case "subscribe" -> subscribes.add(made);
                case "all" -> {
                    publishes.add(made);
                    subscribes.add(made);
                }
                default ->
                        throw new IllegalArgumentException(
                                "a rewrite is for publish, subscribe or all, not " + parts[0]);
            }
        }
    }

    private static Rule rule(String[] parts) {
        try {
            return new Rule(Dialect.MQTT.parse(parts[1]), Pattern.compile(parts[2]), parts[3]);
        } catch (InvalidSubjectException | PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "a rewrite of " + parts[1] + " cannot be read: " + e.getMessage(), e);
        }
    }

    boolean rewritesPublishes() {
        return !publishes.isEmpty();
    }

    /** The topic that is published to instead; the same when no rule fits. */
    Subject publish(Subject subject, String clientId, Principal principal) {
        String topic = new String(subject.slashed(), java.nio.charset.StandardCharsets.UTF_8);
        for (Rule rule : publishes) {
            if (!rule.source().matches(subject)) {
                continue;
            }
            Matcher matcher = rule.pattern().matcher(topic);
            if (matcher.find()) {
                String changed = expand(rule.template(), matcher, clientId, principal.user());
                return TopicRules.isName(changed) ? Subject.ofSlashed(changed) : subject;
            }
        }
        return subject;
    }

    /** The filter that is subscribed to instead. */
    String subscribe(String filter, String clientId, Principal principal) {
        Subject asSubject = Subject.ofSlashed(filter);
        for (Rule rule : subscribes) {
            if (!rule.source().matches(asSubject)) {
                continue;
            }
            Matcher matcher = rule.pattern().matcher(filter);
            if (matcher.find()) {
                return expand(rule.template(), matcher, clientId, principal.user());
            }
        }
        return filter;
    }

    /** Fills in what was matched and who it is; wildcards in a name are not let in. */
    private static String expand(String template, Matcher matcher, String clientId, String user) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < template.length(); i++) {
            char c = template.charAt(i);
            char next = i + 1 < template.length() ? template.charAt(i + 1) : ' ';
            if (c == '$' && Character.isDigit(next)) {
                int group = next - '0';
                String text = group <= matcher.groupCount() ? matcher.group(group) : "";
                out.append(text == null ? "" : text);
                i++;
            } else if (c == '%' && (next == 'c' || next == 'u')) {
                out.append(Placeholders.safe(next == 'c' ? clientId : user));
                i++;
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
