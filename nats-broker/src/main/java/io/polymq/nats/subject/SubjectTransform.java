package io.polymq.nats.subject;

import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Turns subjects that a source filter matches into others. The destination names the source's
 * wildcards by {@code $1} or {@code {{wildcard(1)}}} or runs them through a function: partition,
 * split, splitFromLeft, splitFromRight, sliceFromLeft, sliceFromRight, left, right, random.
 * Immutable.
 */
public final class SubjectTransform {

    private static final Pattern FUNCTION =
            Pattern.compile("\\{\\{\\s*([a-zA-Z]+)\\s*\\((.*)\\)\\s*}}");
    private static final Pattern REFERENCE = Pattern.compile("\\$(\\d+)");

    private final String source;
    private final String destination;
    private final Filter filter;
    private final String[] sourceTokens;
    private final List<TransformToken> tokens;
    private final boolean rest;

    private SubjectTransform(
            String source, String destination, Filter filter, List<TransformToken> tokens) {
        this.source = source;
        this.destination = destination;
        this.filter = filter;
        this.sourceTokens = source.split("\\.", -1);
        this.tokens = List.copyOf(tokens);
        this.rest = endsWithRest(sourceTokens);
    }

    /**
     * @param source a filter; empty is everything
     * @throws IllegalArgumentException with a sentence when the two make no transform
     */
    public static SubjectTransform of(String source, String destination) {
        return make(source.isEmpty() ? ">" : source, destination, false);
    }

    /**
     * One whose destination can be turned back into its source: wildcards only, each of them used.
     * A {@code *} in the destination is the next wildcard.
     */
    public static SubjectTransform reversible(String source, String destination) {
        return make(source, numbered(destination), true);
    }

    private static SubjectTransform make(String source, String destination, boolean strict) {
        Filter filter;
        try {
            filter = Dialect.NATS.parse(source);
            Dialect.NATS.parse(destination.replaceAll("\\{\\{.*?}}", "x"));
        } catch (InvalidSubjectException e) {
            throw new IllegalArgumentException(
                    "\"" + source + "\" to \"" + destination + "\": invalid subject", e);
        }
        int wildcards = 0;
        for (String token : source.split("\\.", -1)) {
            wildcards += token.equals("*") ? 1 : 0;
        }
        String[] parts = destination.split("\\.(?![^{]*}})", -1);
        boolean rest = endsWithRest(source.split("\\.", -1));
        if (rest != endsWithRest(parts)) {
            throw new IllegalArgumentException(
                    "\"" + source + "\" to \"" + destination + "\": both end in > or neither does");
        }
        List<TransformToken> tokens = new ArrayList<>();
        int used = 0;
        for (int i = 0; i < parts.length - (rest ? 1 : 0); i++) {
            if (parts[i].equals("*")) {
                throw new IllegalArgumentException(
                        "the destination \"" + destination + "\" has a wildcard");
            }
            TransformToken token = token(parts[i]);
            for (int wildcard : token.wildcards()) {
                if (wildcard < 0 || wildcard >= wildcards) {
                    throw new IllegalArgumentException(
                            "wildcard index out of range in \"" + parts[i] + '"');
                }
            }
            if (strict
                    && !(token instanceof TransformToken.Literal
                            || token instanceof TransformToken.Wildcard)) {
                throw new IllegalArgumentException(
                        "\"" + parts[i] + "\": only wildcards can be turned back");
            }
            used += token.wildcards().size();
            tokens.add(token);
        }
        if (strict && used < wildcards) {
            throw new IllegalArgumentException(
                    "not all wildcards of \"" + source + "\" are used in \"" + destination + '"');
        }
        return new SubjectTransform(source, destination, filter, tokens);
    }

    private static boolean endsWithRest(String[] tokens) {
        return tokens[tokens.length - 1].equals(">");
    }

    private static TransformToken token(String part) {
        Matcher reference = REFERENCE.matcher(part);
        if (reference.matches()) {
            return new TransformToken.Wildcard(number(reference.group(1)) - 1);
        }
        if (!part.startsWith("{{") || !part.endsWith("}}")) {
            return new TransformToken.Literal(part);
        }
        Matcher function = FUNCTION.matcher(part);
        if (!function.matches()) {
            throw new IllegalArgumentException("\"" + part + "\" is no mapping function");
        }
        String[] arguments = function.group(2).split(",", -1);
        String name = function.group(1).toLowerCase(Locale.ROOT);
        return switch (name) {
            case "wildcard" -> new TransformToken.Wildcard(only(arguments, part) - 1);
            case "partition" -> partition(arguments);
            case "random" -> new TransformToken.Random(only(arguments, part));
            case "split" ->
                    new TransformToken.Split(first(arguments, part), delimiter(arguments, part));
            case "splitfromleft", "splitfromright" ->
                    new TransformToken.Cut(
                            first(arguments, part), second(arguments, part), name.endsWith("left"));
            case "slicefromleft", "slicefromright" ->
                    new TransformToken.Slice(
                            first(arguments, part), second(arguments, part), name.endsWith("left"));
            case "left", "right" ->
                    new TransformToken.Side(
                            first(arguments, part), second(arguments, part), name.equals("left"));
            default ->
                    throw new IllegalArgumentException("unknown mapping function \"" + part + '"');
        };
    }

    private static TransformToken partition(String[] arguments) {
        List<Integer> wildcards = new ArrayList<>();
        for (int i = 1; i < arguments.length; i++) {
            wildcards.add(number(arguments[i].strip()) - 1);
        }
        return new TransformToken.Partition(number(arguments[0].strip()), wildcards);
    }

    private static int only(String[] arguments, String part) {
        if (arguments.length != 1) {
            throw new IllegalArgumentException("wrong number of arguments in \"" + part + '"');
        }
        return number(arguments[0].strip());
    }

    private static int first(String[] arguments, String part) {
        if (arguments.length != 2) {
            throw new IllegalArgumentException("wrong number of arguments in \"" + part + '"');
        }
        return number(arguments[0].strip()) - 1;
    }

    private static int second(String[] arguments, String part) {
        if (arguments.length != 2) {
            throw new IllegalArgumentException("wrong number of arguments in \"" + part + '"');
        }
        return number(arguments[1].strip());
    }

    private static String delimiter(String[] arguments, String part) {
        String delimiter = arguments.length == 2 ? arguments[1].strip() : "";
        if (delimiter.isEmpty() || delimiter.contains(" ") || delimiter.contains(".")) {
            throw new IllegalArgumentException(
                    "\"" + part + "\" needs a delimiter, no blank or dot");
        }
        return delimiter;
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException('"' + text + "\" is no number of a mapping", e);
        }
    }

    /** Every {@code *} becomes the next {@code $n}. */
    public static String numbered(String subject) {
        StringBuilder text = new StringBuilder();
        int count = 0;
        for (String token : subject.split("\\.", -1)) {
            text.append(text.isEmpty() ? "" : ".")
                    .append(token.equals("*") ? "$" + ++count : token);
        }
        return text.toString();
    }

    public String source() {
        return source;
    }

    public String destination() {
        return destination;
    }

    /** What it applies to. */
    public Filter filter() {
        return filter;
    }

    /** The subject that this one becomes; null when the source does not match it. */
    public @Nullable String apply(String subject) {
        String[] given = subject.split("\\.", -1);
        if (rest ? given.length < sourceTokens.length : given.length != sourceTokens.length) {
            return null;
        }
        List<String> wildcards = new ArrayList<>(4);
        for (int i = 0; i < sourceTokens.length; i++) {
            if (sourceTokens[i].equals("*")) {
                wildcards.add(given[i]);
            } else if (!(rest && i == sourceTokens.length - 1)
                    && !sourceTokens[i].equals(given[i])) {
                return null;
            }
        }
        StringBuilder to = new StringBuilder(subject.length() + destination.length());
        for (TransformToken token : tokens) {
            to.append(to.isEmpty() ? "" : ".");
            token.write(wildcards, subject, to);
        }
        for (int i = sourceTokens.length - 1; rest && i < given.length; i++) {
            to.append(to.isEmpty() ? "" : ".").append(given[i]);
        }
        return to.toString();
    }

    /** For reversible ones: from destinations back to sources. */
    public SubjectTransform reversed() {
        StringBuilder from = new StringBuilder();
        List<Integer> order = new ArrayList<>();
        for (TransformToken token : tokens) {
            from.append(from.isEmpty() ? "" : ".");
            switch (token) {
                case TransformToken.Literal literal -> from.append(literal.text());
                case TransformToken.Wildcard wildcard -> {
                    order.add(wildcard.index());
                    from.append('*');
                }
                default -> throw new IllegalStateException("not reversible: " + this);
            }
        }
        StringBuilder to = new StringBuilder();
        int wildcard = 0;
        for (String token : sourceTokens) {
            to.append(to.isEmpty() ? "" : ".");
            to.append(token.equals("*") ? "$" + (order.indexOf(wildcard++) + 1) : token);
        }
        if (rest) {
            from.append(from.isEmpty() ? ">" : ".>");
        }
        return make(from.toString(), to.toString(), false);
    }

    @Override
    public String toString() {
        return source + " -> " + destination;
    }
}
