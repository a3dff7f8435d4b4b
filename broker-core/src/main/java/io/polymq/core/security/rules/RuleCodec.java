package io.polymq.core.security.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Resource.Kind;
import io.polymq.core.security.rules.Rule.Effect;
import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/** Rules as JSON, for the metadata and the admin interface. Shared. */
public final class RuleCodec {

    private static final ObjectMapper JSON = new ObjectMapper();

    private RuleCodec() {}

    public static byte[] encode(Rule rule) {
        ObjectNode node = JSON.createObjectNode();
        node.put("effect", lower(rule.effect()));
        texts(node, "users", rule.who().users());
        texts(node, "groups", rule.who().groups());
        texts(node, "clients", rule.who().clientIds());
        texts(node, "addresses", rule.who().addresses());
        texts(node, "tenants", rule.who().tenants());
        texts(node, "actions", rule.actions().stream().map(RuleCodec::lower).toList());
        texts(node, "kinds", rule.kinds().stream().map(RuleCodec::lower).toList());
        node.put("match", rule.name().kind());
        node.put("name", rule.name().text());
        node.put("within", rule.within());
        node.put("note", rule.note());
        try {
            return JSON.writeValueAsBytes(node);
        } catch (IOException e) {
            throw new IllegalStateException("a tree of texts can be written", e);
        }
    }

    private static void texts(ObjectNode node, String key, Collection<?> values) {
        if (!values.isEmpty()) {
            ArrayNode array = node.putArray(key);
            values.stream().map(Object::toString).sorted().forEach(array::add);
        }
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** Fails with what is wrong with it. */
    public static Rule decode(String id, byte[] bytes) throws IOException {
        JsonNode node = JSON.readTree(bytes);
        Who who =
                new Who(
                        set(node, "users", t -> t),
                        set(node, "groups", t -> t),
                        set(node, "clients", t -> t),
                        set(node, "addresses", AddressRange::parse),
                        set(node, "tenants", t -> t));
        return new Rule(
                id,
                value(Effect.class, node.path("effect").asText()),
                who,
                set(node, "actions", t -> value(Action.class, t)),
                set(node, "kinds", t -> value(Kind.class, t)),
                NamePattern.of(node.path("match").asText("any"), node.path("name").asText()),
                node.path("within").asText(),
                node.path("note").asText());
    }

    /**
     * What to put in place of a rule that cannot be understood: one that denies everything to
     * everyone, unless it can only have been one that allows. Somebody may rely on its denying.
     */
    static Rule unreadable(String id, byte[] bytes) {
        boolean allowing = false;
        try {
            JsonNode node = JSON.readTree(bytes);
            allowing = node.path("effect").asText().equals(lower(Effect.ALLOW));
        } catch (IOException e) {
            allowing = false;
        }
        Who nobody = allowing ? Who.user("\0") : Who.EVERYONE;
        return new Rule(
                id,
                allowing ? Effect.ALLOW : Effect.DENY,
                nobody,
                Set.of(),
                Set.of(),
                NamePattern.ANY,
                "",
                "cannot be read; correct or delete it");
    }

    private static <E extends Enum<E>> E value(Class<E> type, String text) {
        try {
            return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no " + type.getSimpleName().toLowerCase(Locale.ROOT), e);
        }
    }

    private static <T> Set<T> set(JsonNode node, String key, Function<String, T> of) {
        Set<T> values = new HashSet<>();
        node.path(key).forEach(item -> values.add(of.apply(item.asText())));
        return values;
    }
}
