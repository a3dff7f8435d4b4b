package io.polymq.core.security;

import io.polymq.config.AuthConfig;
import io.polymq.config.RuleConfig;
import io.polymq.config.UserConfig;
import io.polymq.config.schema.Secret;
import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Resource.Kind;
import io.polymq.core.security.rules.AddressRange;
import io.polymq.core.security.rules.NamePattern;
import io.polymq.core.security.rules.Rule;
import io.polymq.core.security.rules.Rule.Effect;
import io.polymq.core.security.rules.Who;
import io.polymq.core.security.users.PasswordHash;
import io.polymq.core.security.users.Passwords;
import io.polymq.core.security.users.User;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Users and rules that stand in the configuration; names the one that is wrong. */
final class AuthConfiguration {

    private AuthConfiguration() {}

    /** Takes a moment: passwords are hashed. */
    static List<User> users(AuthConfig config, Passwords passwords) {
        List<User> users = new ArrayList<>();
        for (UserConfig one : config.users()) {
            User user =
                    User.named(one.name())
                            .in(one.tenant())
                            .withGroups(Set.copyOf(one.groups()))
                            .asAdmin(one.admin());
            Secret password = one.password();
            Secret hash = one.passwordHash();
            if (password != null) {
                user = passwords.setInMemory(user, bytes(password));
            } else if (hash != null) {
                user = user.with(parsed(one.name(), hash), Map.of());
            }
            users.add(user);
        }
        Secret adminPassword = config.admin().password();
        String adminName = config.admin().user();
        if (adminPassword != null && users.stream().noneMatch(u -> u.name().equals(adminName))) {
            users.add(
                    passwords.setInMemory(
                            User.named(adminName).asAdmin(true), bytes(adminPassword)));
        }
        return users;
    }

    private static PasswordHash parsed(String user, Secret hash) {
        try {
            return PasswordHash.parse(hash.value());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "auth.users: password_hash of " + user + ": " + e.getMessage(), e);
        }
    }

    private static byte[] bytes(Secret secret) {
        return secret.value().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    /** One rule for each name of an entry. */
    static List<Rule> rules(AuthConfig config) {
        List<Rule> rules = new ArrayList<>();
        int number = 0;
        for (RuleConfig one : config.rules()) {
            number++;
            try {
                List<String> names = one.names().isEmpty() ? List.of("") : one.names();
                for (int i = 0; i < names.size(); i++) {
                    String id = "config-" + number + (names.size() > 1 ? "." + (i + 1) : "");
                    rules.add(rule(id, one, NamePattern.of(one.match(), names.get(i))));
                }
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "auth.rules, the " + number + ". one: " + e.getMessage(), e);
            }
        }
        return rules;
    }

    private static Rule rule(String id, RuleConfig one, NamePattern name) {
        Who who =
                new Who(
                        Set.copyOf(one.users()),
                        Set.copyOf(one.groups()),
                        Set.copyOf(one.clients()),
                        all(one.addresses(), AddressRange::parse),
                        Set.copyOf(one.tenants()));
        return new Rule(
                id,
                Effect.valueOf(upper(one.effect())),
                who,
                all(one.actions(), text -> Action.valueOf(upper(text))),
                all(one.kinds(), text -> Kind.valueOf(upper(text))),
                name,
                one.within(),
                one.note());
    }

    private static String upper(String text) {
        return text.toUpperCase(Locale.ROOT);
    }

    private static <T> Set<T> all(List<String> texts, Function<String, T> of) {
        Set<T> values = new HashSet<>();
        texts.forEach(text -> values.add(of.apply(text)));
        return values;
    }
}
