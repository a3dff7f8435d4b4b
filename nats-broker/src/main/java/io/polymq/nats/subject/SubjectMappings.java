package io.polymq.nats.subject;

import io.polymq.core.subject.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * An account's mappings: the first source that matches a published subject decides, and one of its
 * destinations is chosen by weight. Immutable.
 */
public final class SubjectMappings {

    private static final int WHOLE = 100;

    /** One destination with its share of a hundred. */
    public record Destination(String subject, int weight) {}

    /** One mapping as it is written. */
    public record Mapping(String source, List<Destination> destinations) {
        public Mapping {
            destinations = List.copyOf(destinations);
        }
    }

    private record Choice(SubjectTransform transform, int upTo) {}

    private record Rule(List<Choice> choices) {

        boolean matches(Subject subject) {
            return choices.getFirst().transform().filter().matches(subject);
        }
    }

    private final List<Rule> rules;

    private SubjectMappings(List<Rule> rules) {
        this.rules = rules;
    }

    /** Null when there are none. */
    public static @Nullable SubjectMappings of(List<Mapping> mappings) {
        if (mappings.isEmpty()) {
            return null;
        }
        List<Rule> rules = new ArrayList<>();
        for (Mapping mapping : mappings) {
            rules.add(rule(mapping));
        }
        return new SubjectMappings(List.copyOf(rules));
    }

    private static Rule rule(Mapping mapping) {
        List<Choice> choices = new ArrayList<>();
        int total = 0;
        boolean toItself = false;
        for (Destination destination : mapping.destinations()) {
            if (destination.weight() < 0 || destination.weight() > WHOLE) {
                throw new IllegalArgumentException(
                        "the weight of " + destination.subject() + " is not within 0 and 100");
            }
            total += destination.weight();
            choices.add(
                    new Choice(
                            SubjectTransform.of(mapping.source(), destination.subject()), total));
            toItself |= destination.subject().equals(mapping.source());
        }
        if (total > WHOLE) {
            throw new IllegalArgumentException(
                    "the weights of " + mapping.source() + " are more than 100 together");
        }
        // What is left of a hundred goes where it always went; who lists the source itself wants
        // loss.
        if (total < WHOLE && !toItself) {
            choices.add(
                    new Choice(
                            SubjectTransform.of(
                                    mapping.source(), SubjectTransform.numbered(mapping.source())),
                            WHOLE));
        }
        return new Rule(List.copyOf(choices));
    }

    /**
     * What a published subject becomes: itself when no mapping matches, nothing when its weights
     * leave a part out and chance chose it.
     */
    public Optional<Subject> apply(Subject subject) {
        for (Rule rule : rules) {
            if (rule.matches(subject)) {
                return choose(rule.choices(), subject);
            }
        }
        return Optional.of(subject);
    }

    private static Optional<Subject> choose(List<Choice> choices, Subject subject) {
        int drawn = ThreadLocalRandom.current().nextInt(WHOLE);
        for (Choice choice : choices) {
            if (drawn < choice.upTo()) {
                String mapped = choice.transform().apply(subject.toString());
                return mapped == null
                        ? Optional.of(subject)
                        : Optional.of(Subject.ofDotted(mapped));
            }
        }
        return Optional.empty();
    }
}
